"""A version of a council's procedure with three checks of the tests' own, sound or with a planted fault, verified.

The fault: the return interview is due a day too late. One check notices it, one holds, one can never apply.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.check.comparison import Circumstances
from engine.check.comparison.ready import TUESDAY
from engine.check.comparison.same_child import story_of
from engine.check.verify import verify
from engine.pack.files import files_of
from engine.pack.model import Pack
from engine.pack.read import read_files
from engine.services import procedures
from engine.services.quality import verifications
from tests.webforms.site import NOW, PACKS, Site

BROKEN, HOLDS, VACUOUS = "interview-in-time", "officer-works", "never-comes"
BROKEN_CLAUSE, HELD_CLAUSE, VACUOUS_CLAUSE = "3.4-1", "3.1", "3.2"
CHECKS = """
- check: interview-in-time
  clauses: ["3.4-1"]
  says: "The interview is due within 72 hours of the return."
  when: hold_return_interview is raised
  then: hold_return_interview
  by: 72h after returned

- check: officer-works
  clauses: ["3.1"]
  says: "Every notification is worked through by the officer."
  then: process_notification
  of: missing_coordinator

# of a duty that this council does not know
- check: never-comes
  clauses: ["3.2"]
  says: "Once the register is written, the officer works through the notification."
  when: update_missing_register is raised
  then: process_notification
"""


@cache
def pack(council: str = "nottinghamshire", *, faulty: bool = True) -> Pack:
    """Return the council's procedure with the three checks, by default with the fault."""
    files = files_of(Path(PACKS) / council)
    explained = "" if faulty else '  vacuous: "No register is kept here."\n'
    files["checks.yaml"] = (CHECKS + explained).encode()
    if faulty:
        for name, content in files.items():
            if name.endswith(".bpmn") and "interview" in name:
                files[name] = content.replace(b"PT72H", b"PT96H")
    found = read_files(files, council)
    return replace(found, effective=min(found.effective, NOW.date()))


@cache
def document(council: str = "nottinghamshire", *, faulty: bool = True) -> dict[str, Any]:
    """Return what a short verification of it finds."""
    explored = pack(council, faulty=faulty)
    began = story_of(
        Circumstances(TUESDAY, {"child.legal_status": "looked_after"}, timedelta(hours=26), 1), explored
    )
    return verify(explored, jobs=1, most=120, stories=[began])


def put_in_force(site: Site, session: Session, *, faulty: bool = True, verified: bool = True) -> str:
    """Publish the version for today and keep its verification; return its hash."""
    desk = site.desk(session)
    wanted = replace(pack(site.council, faulty=faulty), effective=NOW.date())
    procedures.publish(desk, wanted)
    if verified:
        verifications.keep(desk, document(site.council, faulty=faulty))
    session.commit()
    return wanted.hash
