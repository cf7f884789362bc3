"""A meeting as pages show it, and the words of its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.case.model import Step
from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.services.actions import ActionRow

ATTENDANCE: Mapping[str, str] = {
    "attended": "Attended",
    "apologies": "Sent apologies",
    "report": "Sent a report",
    "absent": "Absent",
}
PLANNED, HELD, CALLED_OFF = "planned", "held", "called_off"


@dataclass(frozen=True)
class InviteeRow:
    """Somebody asked to come. `person` is the account's name; `reachable` says whether a message can reach them.

    `needed`: the procedure wants them there. `left_out`: why they are not asked.
    """

    id: int
    key: str | None
    label: str
    person: str | None
    account_id: int | None
    role: str | None
    email: str | None
    clauses: tuple[str, ...]
    force: str
    needed: bool
    when: str
    invited_at: datetime | None
    attendance: str | None
    left_out: str | None
    reachable: bool
    signs_in: bool

    @property
    def name(self) -> str:
        """How the minutes name them."""
        return f"{self.person} ({self.label})" if self.person and self.person != self.label else self.label


@dataclass(frozen=True)
class ItemRow:
    """An item of the agenda."""

    id: int
    key: str | None
    title: str
    clauses: tuple[str, ...]
    force: str
    left_out: str | None
    discussion: str
    decision: str


@dataclass(frozen=True)
class CaseRow:
    """A child's case on the list. `child` is "Restricted record" and nothing is said where the caller may not know."""

    case_id: int
    reference: str
    child: str | None
    visible: bool
    open: bool
    reason: str
    discussion: str
    decision: str


@dataclass(frozen=True)
class StepTask:
    """A task of the procedure that a meeting serves. `why_not` says why the caller does not do it here."""

    id: int
    name: str
    step: str
    case_id: int
    reference: str
    role_label: str
    due: datetime | None
    whole_day: bool
    external: bool
    why_not: str | None


@dataclass(frozen=True)
class MinutesLimit:
    """By when the minutes are with those who came, how that was worked out, and which clauses say so."""

    due: datetime
    steps: tuple[Step, ...]
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class MeetingRow:
    """A meeting in a list."""

    id: int
    case_id: int
    reference: str
    child: str | None
    label: str
    state: str
    starts_at: datetime
    place: str
    chair: str
    minutes_due: datetime | None
    minutes_sent: datetime | None
    late: bool
    open_actions: int


@dataclass(frozen=True)
class MeetingView:
    """A meeting with everything its page shows. `kind` is None for one that the procedure does not know."""

    id: int
    case_id: int
    reference: str
    child: str | None
    child_id: int | None
    case_closed: bool
    pack: Pack
    kind: MeetingKind | None
    label: str
    state: str
    starts_at: datetime
    place: str
    online: str
    chair: str
    chair_id: int | None
    purpose: str
    convened_by: str
    convened_at: datetime
    held_at: datetime | None
    called_off: str | None
    invitees: tuple[InviteeRow, ...]
    agenda: tuple[ItemRow, ...]
    cases: tuple[CaseRow, ...]
    actions: tuple[ActionRow, ...]
    tasks: tuple[StepTask, ...]
    minutes: str
    limit: MinutesLimit | None
    approved_at: datetime | None
    approved_by: str | None
    sent_at: datetime | None
    sent_by: str | None
    sent_how: str | None
    version: int
    may_change: bool

    @property
    def asked(self) -> tuple[InviteeRow, ...]:
        """Those who are to come."""
        return tuple(one for one in self.invitees if one.left_out is None)

    @property
    def items(self) -> tuple[ItemRow, ...]:
        """What is to be talked about."""
        return tuple(item for item in self.agenda if item.left_out is None)

    @property
    def missed(self) -> tuple[InviteeRow, ...]:
        """Those whom the procedure wants there and who did not come, or are not asked."""
        return tuple(
            one
            for one in self.invitees
            if one.needed
            and (
                one.left_out is not None
                or (self.state == HELD and one.attendance not in ("attended", "report"))
            )
        )

    @property
    def unwritten(self) -> tuple[InviteeRow, ...]:
        """Those who are asked but to whom no message can be sent."""
        return tuple(one for one in self.asked if not one.reachable and one.invited_at is None)
