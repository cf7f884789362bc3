"""A small pack to verify: a notification with a limit, a director who must know after 24 hours, an interview."""

from __future__ import annotations

from functools import lru_cache

from engine.pack.model import Pack
from engine.pack.read import read_files
from tests.case.diagrams import files

PROCEDURE = """
    start s message=reported
    and fork
    user screen duty=screen_notification clauses=1.1 due="= notification.received_at + duration(\\"PT4H\\")"
    end screened
    sub away
    start as in=away
    catch day in=away timer="= episode.reported_at + duration(\\"PT24H\\")"
    xor care in=away default=long
    user tell in=away duty=notify_director clauses=1.2 due="= episode.reported_at + duration(\\"PT48H\\")"
    end ae in=away
    boundary back on=away message=returned
    user talk duty=hold_return_interview clauses=1.3 due="= return.returned_at + duration(\\"PT72H\\")"
    end over
    end stayed
    s -> fork -> screen -> screened
    fork -> away -> stayed
    as -> day -> care -> long
    care -> tell if="= child.legal_status = \\"looked_after\\" and child.age < 16"
    catch long in=away when_true="= not(episode.still_away)"
    tell -> long -> ae
    back -> talk -> over
"""

CLAUSES = b"".join(
    f"""
- id: "{name}"
  place: "p. 1"
  paraphrase: "{says}"
  kind: {kind}
  force: must
  actor: social_worker
  scope: case
  obligations: [{obligation}]
""".encode()
    for name, says, kind, obligation in (
        ("1.1", "Notifications are screened within four hours.", "task", "screen_notification"),
        ("1.2", "The director hears of a looked after child after a day.", "notification", "notify_director"),
        ("1.3", "The interview is held within 72 hours.", "task", "hold_return_interview"),
        ("1.4", "Somebody looks at the plan.", "task", "update_plan"),
    )
)

CHECKS = """
- check: screened
  clauses: ["1.1"]
  says: "A notification is screened within four hours of its receipt."
  then: screen_notification
  of: social_worker
  by: 4h after received
- check: director-told
  clauses: ["1.2"]
  says: "The director hears of a looked after child under 16 who is away for 24 hours."
  given: {child.legal_status: looked_after, child.age: "< 16"}
  when: still missing 24h after reported
  then: notify_director
  by: 48h after reported
- check: director-not-told
  clauses: ["1.2"]
  says: "Of other children the director need not hear."
  given: {child.legal_status: [none, child_in_need]}
  never: notify_director
- check: interview
  clauses: ["1.3"]
  says: "The return interview is held within 72 hours of the return."
  when: returned
  then: hold_return_interview
  by: 72h after returned
- check: never-comes
  clauses: ["1.3"]
  says: "After the plan was looked at somebody talks to the child."
  when: update_plan is done
  then: hold_return_interview
"""


@lru_cache(maxsize=64)
def pack(*changed: tuple[str, str], checks: str = CHECKS, form: str | None = None) -> Pack:
    """Return the pack, with each old text of its diagram replaced by a new one, and with a form `talk` where given."""
    diagram = PROCEDURE
    for old, new in changed:
        assert old in diagram, f"the diagram has no {old}"
        diagram = diagram.replace(old, new)
    extra = {"clauses.yaml": CLAUSES, "checks.yaml": checks.encode()}
    if form is not None:
        extra["forms/talk.json"] = form.encode()
    return read_files(files(diagram, extra))
