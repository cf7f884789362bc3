"""The small council with two versions of its procedure, cases on the older one, and an owner who brings them over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.pack.read import read_files
from engine.services import cases, migrating, tasks
from engine.services.desk import Caller, Desk
from engine.services.timers import Worker
from engine.store.packs import add_version, in_force
from engine.store.tables import Task
from tests.conftest import Office
from tests.pack.building import small_pack

NOTIFIED = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}
FILE = "missing-episode.bpmn"
TIMER = """
    <bpmn:boundaryEvent id="not_worked_through" name="Nobody has worked through it" attachedToRef="process_notification"
                        cancelActivity="false">
      <bpmn:outgoing>flow_chase</bpmn:outgoing>
      <bpmn:timerEventDefinition id="not_worked_through_timer">
        <bpmn:timeDate xsi:type="bpmn:tFormalExpression">= now + duration("PT3H")</bpmn:timeDate>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:userTask id="chase" name="Ask after the notification"><bpmn:incoming>flow_chase</bpmn:incoming>
      <bpmn:outgoing>flow_chased</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="chased" name="Asked"><bpmn:incoming>flow_chased</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="flow_chase" sourceRef="not_worked_through" targetRef="chase" />
    <bpmn:sequenceFlow id="flow_chased" sourceRef="chase" targetRef="chased" />
"""
LANE = "        <bpmn:flowNodeRef>process_notification</bpmn:flowNodeRef>\n"
MORE_LANE = LANE + "".join(
    f"        <bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>\n"
    for name in ("not_worked_through", "chase", "chased")
)
START = '    <bpmn:startEvent id="child_reported"'


def with_timer(text: str) -> str:
    return text.replace(LANE, MORE_LANE).replace(START, TIMER + START)


def renamed(text: str) -> str:
    return (
        text.replace('"process_notification" name', '"work_through" name')
        .replace(">process_notification<", ">work_through<")
        .replace('Ref="process_notification"', 'Ref="work_through"')
    )


@dataclass
class Council:
    """The council at work, each act committed."""

    office: Office
    worker: Worker
    owner: Caller
    officer: Caller

    def do(self, act: Callable[[Desk], Any], caller: Caller | None = None) -> Any:
        with self.worker.sessions() as session:
            done = act(self.office.desk(session, caller))
            session.commit()
            return done

    def version(self, *edits: Callable[[str], str]) -> int:
        """Store another version, which differs in the diagram of an absence; return its number."""
        files = small_pack()
        for edit in edits:
            changed = edit(files[FILE].decode()).encode()
            assert changed != files[FILE]
            files[FILE] = changed
        return int(self.do(lambda desk: add_version(desk.session, read_files(files), desk.now()).id))

    def first(self) -> int:
        return int(self.do(lambda desk: in_force(desk.session, NOTIFIED.date())[0]))

    def report(self, *, worked_through: bool = False) -> int:
        """Start a case; worked through, it waits for 24 hours to pass."""
        case_id = int(self.do(lambda desk: cases.start(desk, self.office.child(desk.session), facts=FACTS)))
        if worked_through:
            self.do(lambda desk: tasks.submit(desk, self.task(desk, case_id), {"risk.vulnerable": True}))
        return case_id

    def task(self, desk: Desk, case_id: int) -> int:
        return (
            desk.session.scalars(sa.select(Task.id).where(Task.case_id == case_id).order_by(Task.id)).first()
            or 0
        )

    def plan(self, target: int, mapping: dict[str, str] | None = None) -> int:
        source = self.first()
        made = int(self.do(lambda desk: migrating.make(desk, source, target, "A new limit"), self.owner))
        if mapping:
            self.do(lambda desk: migrating.map_elements(desk, made, mapping), self.owner)
        return made

    def work(self, plan: int, do: str, reason: str = "") -> migrating.PlanRow:
        """Ask for something and let the worker do it; return how the plan stands."""
        self.do(lambda desk: migrating.ask(desk, plan, do, reason=reason), self.owner)
        assert migrating.carry_out(self.worker, self.owner.council, plan)
        return self.row(plan)

    def row(self, plan: int) -> migrating.PlanRow:
        return self.do(lambda desk: migrating.view(desk, plan), self.owner).row  # type: ignore[no-any-return]

    def lines(self, plan: int, **wanted: Any) -> tuple[migrating.CaseLine, ...]:
        return self.do(lambda desk: migrating.lines(desk, plan, **wanted), self.owner).rows  # type: ignore[no-any-return]

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Return the rows of a table, to be held against others."""
        return self.do(  # type: ignore[no-any-return]
            lambda desk: [
                tuple(row)
                for row in desk.session.execute(sa.text(f"SELECT {columns} FROM {table} ORDER BY 1, 2"))
            ]
        )


@pytest.fixture
def council(sessions: sessionmaker[Session], office: Office) -> Council:
    with sessions() as session:
        office.set_up(session)
        owner = office.person(session, "olu", "process_owner")
        officer = office.person(session, "ola", "missing_coordinator")
        session.commit()
    return Council(office, Worker(sessions, office.clock, office.library, office.settings), owner, officer)
