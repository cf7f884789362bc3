"""A version signed off by a named person: for one hash, and only while nothing contradicts it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.services.desk import InvalidAnswers, NotAllowed
from engine.services.quality import signing, verifications
from engine.store.tables import SignOff
from tests import verified
from tests.services.quality.conftest import DeskOf
from tests.webforms.site import Site

QA = "quality-assurance"


def test_a_version_that_breaks_a_check_cannot_be_signed_off(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session)
        desk = desk_of(session, QA)
        version = verifications.version(desk)
        assert [told.split()[0] for told in signing.obstacles(version)] == ["1", "1"]
        with pytest.raises(InvalidAnswers, match="1 check is broken"):
            signing.sign(desk, version, "", stands_for_it=True)


def test_nothing_that_was_never_verified_is_signed_off(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, faulty=False, verified=False)
        desk = desk_of(session, QA)
        with pytest.raises(InvalidAnswers, match="not been verified"):
            signing.sign(desk, verifications.version(desk), "", stands_for_it=True)


def test_a_sign_off_names_who_when_and_what_was_found(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        digest = verified.put_in_force(site, session, faulty=False)
        desk = desk_of(session, QA)
        version = verifications.version(desk)
        with pytest.raises(InvalidAnswers, match="Tick the box"):
            signing.sign(desk, version, "", stands_for_it=False)
        assert any("no check" in told for told in signing.cautions(version))
        signing.sign(desk, version, "Read all of it", stands_for_it=True)
        session.commit()
        standing = signing.standing(desk, version)
        assert standing.signed and standing.by is not None
        assert (standing.by.name, standing.by.hash, standing.by.note) == (
            desk.caller.name,
            digest,
            "Read all of it",
        )
        assert standing.by.at == site.clock.now()
        assert standing.by.summary["broken"] == 0 and standing.by.summary["uncovered"] > 0


def test_a_changed_version_has_no_sign_off(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, faulty=False)
        desk = desk_of(session, QA)
        signing.sign(desk, verifications.version(desk), "", stands_for_it=True)
        site.clock.advance(timedelta(minutes=5))
        verified.put_in_force(site, session, faulty=True)
        changed = verifications.version(desk_of(session, QA))
        standing = signing.standing(desk, changed)
        assert not standing.signed and not standing.history
        assert [(row.kind, row.hash) for row in standing.others] == [
            ("signed", verified.pack(faulty=False).hash)
        ]


def test_a_sign_off_that_a_later_verification_contradicts_is_overtaken(site: Site, desk_of: DeskOf) -> None:
    broken = dict(verified.document(faulty=False))
    broken["checks"] = [{**check, "verdict": "broken"} for check in broken["checks"]]
    with site.session() as session:
        verified.put_in_force(site, session, faulty=False)
        desk = desk_of(session, QA)
        signing.sign(desk, verifications.version(desk), "", stands_for_it=True)
        verifications.keep(site.desk(session), broken)
        standing = signing.standing(desk, verifications.version(desk))
        assert standing.overtaken and not standing.signed and standing.by is not None


def test_a_sign_off_is_taken_back_with_a_reason_and_both_stay(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, faulty=False)
        desk = desk_of(session, QA)
        version = verifications.version(desk)
        with pytest.raises(InvalidAnswers, match="not signed off"):
            signing.take_back(desk, version, "A mistake")
        signing.sign(desk, version, "", stands_for_it=True)
        with pytest.raises(InvalidAnswers, match="why"):
            signing.take_back(desk, version, " ")
        signing.take_back(desk, version, "The text was another edition")
        session.commit()
        standing = signing.standing(desk, version)
        assert not standing.signed and [row.kind for row in standing.history] == ["taken_back", "signed"]
        signing.sign(desk, version, "", stands_for_it=True)
        assert signing.standing(desk, version).signed
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.update(SignOff).values(name="Somebody else"))


def test_only_quality_assurance_signs(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, faulty=False)
        owner = desk_of(session, "process-owner")
        version = verifications.version(owner)
        assert signing.standing(owner, version).by is None
        with pytest.raises(NotAllowed):
            signing.sign(owner, version, "", stands_for_it=True)
