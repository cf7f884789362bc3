"""Calling people to an urgent task, and telling who leads when nobody answers: the words, and where they go.

No text here names a child: a call holds the case's reference, the limit, and a link.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.clock import local
from engine.services import access, notices
from engine.services.desk import Desk
from engine.store.tables import Account, AccountRole, AccountTeam, Incident

MANAGERS_TOLD = 12
"""At most so many people are told that nobody answered: an address for everybody is nobody's."""

NOBODY = "summons"
"""The kind of an incident that tells of an urgent task which nobody on duty answers."""


def calling(
    desk: Desk, task: int, reference: str, due: datetime | None, answer_by: datetime
) -> tuple[str, str]:
    """Return subject and body of the message that calls somebody to an urgent task."""
    limit = "" if due is None else f"It has to be done by {_words(due)}.\n\n"
    subject = f"Urgent: accept a task by {local(answer_by):%H:%M} (case {reference})"
    body = (
        f"An urgent task in case {reference} has come to you, because you are on duty.\n\n"
        f"{limit}Accept it by {_words(answer_by)}, or the next person on the rota is called:\n\n"
        f"{desk.settings.base_url}/tasks/{task}\n"
    )
    return subject, body


def nobody_there(
    desk: Desk, task: int, case: int, reference: str, role: str, team: str, *, asked: int
) -> None:
    """Show that an urgent task has nobody: an incident, and a message to who leads. `asked` people did not answer."""
    now = desk.now()
    why = (
        f"none of the {asked} people who were called accepted it"
        if asked > 1
        else "the person who was called did not accept it"
        if asked == 1
        else "the rota has nobody on duty"
    )
    message = f"an urgent task in case {reference} has nobody: {why}"
    desk.session.execute(
        sa.insert(Incident).values(
            case_id=case,
            kind=NOBODY,
            message=message,
            act={"task": task, "role": role, "team": team},
            opened_at=now,
            last_at=now,
        )
    )
    subject = f"Urgent: nobody has taken a task (case {reference})"
    body = (
        f"There is {message}.\n\nIt waits in the team's queue. Take it, or give it to somebody:\n\n"
        f"{desk.settings.base_url}/tasks/{task}\n"
    )
    for account in managers(desk, role, team):
        notices.order(
            desk,
            f"unanswered/{task}/{asked}/{account}",
            f"account:{account}",
            "unanswered",
            subject,
            body,
            case=case,
        )


def not_routed(desk: Desk, case: int, reference: str, error: Exception) -> None:
    """Show that the tasks of an act stayed in their teams' queues, because choosing a person failed."""
    now = desk.now()
    desk.session.execute(
        sa.insert(Incident).values(
            case_id=case,
            kind="routing",
            message=f"tasks of case {reference} could be given to nobody: {type(error).__name__}: {error}",
            act={},
            opened_at=now,
            last_at=now,
        )
    )


def managers(desk: Desk, role: str, team: str) -> tuple[int, ...]:
    """Return the accounts that lead a role's people: those of its team, else every team manager, else all who lead."""
    rows = desk.session.execute(
        sa.select(AccountRole.account_id, AccountRole.role)
        .join(Account, Account.id == AccountRole.account_id)
        .where(Account.disabled_at.is_(None), AccountRole.role != role)
        .order_by(AccountRole.account_id)
    ).all()
    leading = [(account, held) for account, held in rows if access.leads(held)]
    in_team = set(desk.session.scalars(sa.select(AccountTeam.account_id).where(AccountTeam.team == team)))
    for found in (
        [account for account, _ in leading if account in in_team],
        [account for account, held in leading if held == "team_manager"],
        [account for account, _ in leading],
    ):
        if found:
            return tuple(dict.fromkeys(found))[:MANAGERS_TOLD]
    return ()


def _words(moment: datetime) -> str:
    there = local(moment)
    return f"{there:%H:%M} on {there:%A} {there.day} {there:%B}"
