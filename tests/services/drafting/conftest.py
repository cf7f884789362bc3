"""Owners of the procedure and quality assurance of the small council, at their desks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from engine.check.verify import verify
from engine.services.desk import Desk
from engine.services.drafting import drafts, review, saving
from engine.services.quality import signing, verifications
from tests.conftest import Office

REGISTER = "clauses.yaml"


@dataclass
class People:
    """Who takes part in a change of the procedure."""

    office: Office
    owner: Desk
    qa: Desk
    head: Desk

    def draft(self, title: str = "Longer limit", more: bytes = b"# more\n", path: str = REGISTER) -> int:
        """Begin a draft that adds something at the end of a file; return its number."""
        draft = drafts.create(self.owner, title)
        self.save(draft, more, path)
        return draft

    def save(self, draft: int, more: bytes, path: str = REGISTER) -> None:
        view = drafts.view(self.owner, draft)
        content = view.files.get(path, b"") + more
        saving.save(self.owner, draft, {path: content}, {path: view.digest(path)}, why="A change")

    def verified(self, draft: int) -> None:
        """Keep what a short verification of a draft's candidate finds."""
        pack = drafts.view(self.owner, draft).inspection.pack
        assert pack is not None
        verifications.keep(self.qa, verify(pack, jobs=1, most=20))

    def signed(self, draft: int) -> str:
        """Put a draft forward, have it verified and signed; return the hash of its version."""
        digest = review.put_forward(self.owner, draft)
        self.verified(draft)
        signing.sign(self.qa, verifications.version(self.qa, digest), "Read it", stands_for_it=True)
        return digest


@pytest.fixture
def people(session: Session, office: Office) -> People:
    office.set_up(session)

    def desk(name: str, role: str) -> Desk:
        return office.desk(session, office.person(session, name, role))

    return People(
        office,
        desk("olu", "process_owner"),
        desk("quin", "quality_assurance"),
        desk("hana", "publishing_authority"),
    )
