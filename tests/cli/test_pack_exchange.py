"""`homeward pack export`, `import` and `publish`: a pack leaves the database and comes back byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from engine.check.verify import verify
from engine.cli import homeward
from engine.pack import archive
from engine.pack.read import read_files
from engine.services.drafting import drafts, review
from engine.services.quality import signing, verifications
from engine.store.database import Addresses
from tests.conftest import SMALL, Office

REGISTER = "clauses.yaml"


@pytest.fixture
def office(
    office: Office, sessions: sessionmaker[Session], database: Addresses, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", database.app)
    monkeypatch.setenv("HOMEWARD_PROCESSES", str(SMALL))
    with sessions() as session:
        office.set_up(session)
    return office


def run(*words: object) -> Result:
    return CliRunner().invoke(homeward, ["pack", *map(str, words)])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_version_leaves_as_a_folder_and_as_a_zip_with_the_same_files(
    office: Office, tmp_path: Path
) -> None:
    stored = dict(office.library.get("small").files)
    assert run("export", "small", "--to", tmp_path / "out").exit_code == 0
    assert contents(tmp_path / "out") == stored
    again = run("export", "small", "--to", tmp_path / "out")
    assert again.exit_code != 0 and "not empty" in str(again.exception)
    assert run("export", "small", "--to", tmp_path / "out", "--force").exit_code == 0
    digest = office.library.get("small").hash[:10]
    assert run("export", "small", "--version", digest, "--to", tmp_path / "out.zip").exit_code == 0
    assert archive.read((tmp_path / "out.zip").read_bytes()) == stored


def test_a_vocabulary_beside_the_folder_is_not_written_twice(office: Office, tmp_path: Path) -> None:
    (tmp_path / "vocabulary.yaml").write_bytes((SMALL / "vocabulary.yaml").read_bytes())
    assert run("export", "small", "--to", tmp_path / "small").exit_code == 0
    assert contents(tmp_path / "small") == contents(SMALL / "small")


def test_a_folder_comes_in_as_a_draft_is_signed_and_published(
    office: Office, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    run("export", "small", "--to", tmp_path / "small")
    register = tmp_path / "small" / REGISTER
    register.write_bytes(register.read_bytes() + b"# more\n")
    result = run("import", tmp_path / "small", "--title", "By hand", "--json")
    assert result.exit_code == 0, result.output + str(result.exception)
    told = json.loads(result.output)
    assert told["changed"] == [REGISTER] and told["faults"] == []
    early = run("publish", "small", "--draft", told["draft"], "--note", "More")
    assert early.exit_code != 0 and "not been put forward" in str(early.exception)
    with sessions() as session:
        desk = office.desk(session)
        digest = review.put_forward(desk, told["draft"])
        verifications.keep(
            desk, verify(read_files(drafts.view(desk, told["draft"]).pack_files), jobs=1, most=20)
        )
        quin = desk.acting_as(office.person(session, "quin", "quality_assurance"))
        signing.sign(quin, verifications.version(quin, digest), "", stands_for_it=True)
        session.commit()
    result = run("publish", "small", "--draft", told["draft"], "--note", "More")
    assert result.exit_code == 0 and digest[:8] in result.output
    run("export", "small", "--version", digest[:12], "--to", tmp_path / "new.zip")
    taken = archive.read((tmp_path / "new.zip").read_bytes())
    assert taken[REGISTER] == register.read_bytes() and "CHANGELOG.md" in taken


def test_a_zip_comes_over_a_draft_and_removes_only_when_told(
    office: Office, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    run("export", "small", "--to", tmp_path / "small")
    draft = json.loads(run("import", _changed(tmp_path / "small"), "--title", "By hand", "--json").output)[
        "draft"
    ]
    (tmp_path / "part.zip").write_bytes(archive.written({"procedure.yaml": b"id: small\n"}))
    result = run("import", tmp_path / "part.zip", "--draft", draft)
    assert result.exit_code == 0 and "fault:" in result.output
    with sessions() as session:
        assert REGISTER in drafts.view(office.desk(session), draft).files
    run("import", tmp_path / "part.zip", "--draft", draft, "--remove")
    with sessions() as session:
        assert drafts.view(office.desk(session), draft).files.keys() == {"procedure.yaml", "vocabulary.yaml"}


def _changed(folder: Path) -> Path:
    (folder / REGISTER).write_bytes((folder / REGISTER).read_bytes() + b"# more\n")
    return folder


def test_what_cannot_be_brought_in_is_said_plainly(office: Office, tmp_path: Path) -> None:
    (tmp_path / "evil.zip").write_bytes(b"PK\x03\x04nothing")
    result = run("import", tmp_path / "evil.zip", "--title", "Evil", "--council", "small")
    assert result.exit_code != 0 and "damaged" in str(result.exception)
    assert run("import", tmp_path / "evil.zip").exit_code == 2
    assert run("publish", "small", "--draft", 1, "--note", "x", "--effective", "soon").exit_code != 0
