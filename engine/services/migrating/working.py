"""The work of a plan, as a job: trying every case, bringing them over, and bringing them back.

Each case has a transaction of its own, so that a crash leaves every case wholly on one version or the other; the job
goes on where it was, because what was done stands beside each case. A case that moved since it was tried is tried again
when its turn comes.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.case.codec import StateError
from engine.case.migrating import Finding, Matching, Migrated, Refused, match
from engine.case.model import CaseError
from engine.errors import HomewardError
from engine.services import access
from engine.services.acting import locked as locked_case
from engine.services.background import DONE, FAILED, RUNNING, TOLD_EVERY, at_intervals
from engine.services.desk import Conflict, Desk, InvalidAnswers, once, record
from engine.services.migrating import plan as plans
from engine.services.migrating.going_over import Over, go_over, return_to, try_over
from engine.services.timers import Worker
from engine.store.casefile import CaseFile
from engine.store.packs import pack_of
from engine.store.queue import defer
from engine.store.tables import CaseRecord, CaseState, MigrationPlan, PackVersion, PlannedCase

LOG = logging.getLogger("homeward.migrations")
JOB, LINES = "migrate_cases", "migration"
"""The job, and its queue and lock: one plan is at work at a time."""
BEGINS = {
    plans.VALIDATING: frozenset({plans.MADE, plans.VALIDATED, FAILED, DONE}),
    RUNNING: frozenset({plans.VALIDATED, FAILED}),
    plans.REVERSING: frozenset({DONE, FAILED, plans.VALIDATED}),
}
"""What a plan may be asked to do, by the states in which it may."""
ENDS = {
    plans.VALIDATING: plans.VALIDATED,
    RUNNING: DONE,
    plans.REVERSING: plans.REVERSED,
}
LONGEST_REASON = 1000


def ask(desk: Desk, plan_id: int, do: str, *, reason: str = "", key: str | None = None) -> None:
    """Ask a worker to try a plan (validating), to carry it out (running) or to reverse it, with a reason.

    Raises NotFound, InvalidAnswers, and Conflict where the plan is not at that point or at work already.
    """
    access.require(desk.caller, plans.ACTION)
    plan = plans.locked(desk, plan_id)
    if not once(desk, key, f"{do} migration plan {plan_id}", reason).first:
        return
    row = plans.view(desk, plan_id).row
    if row.under_way:
        raise Conflict("this plan is at work already: wait for it to end")
    again = row.lost and row.state == do
    if not again and row.state not in BEGINS[do]:
        raise Conflict("this cannot be done with the plan as it stands")
    if do == RUNNING and not (row.counts.get("ready") or row.counts.get("failed")):
        raise Conflict("no case is ready to go over: try the plan first")
    if do == plans.REVERSING and not row.counts.get("migrated"):
        raise Conflict("no case has gone over by this plan")
    if do == plans.REVERSING and (not reason.strip() or len(reason) > LONGEST_REASON):
        raise InvalidAnswers({"reason": f"Say in at most {LONGEST_REASON} characters why the cases go back"})
    now = desk.now()
    plan.state, plan.heard_at, plan.percent, plan.says, plan.problem = do, now, 0, None, None
    plan.finished_at = None
    told = {"reason": reason.strip()} if reason.strip() else {}
    plan.summary = {**plan.summary, **told, "by": desk.caller.account}
    desk.session.flush()
    defer(desk.session, JOB, {"council": desk.caller.council, "plan": plan_id}, queue=LINES, lock=LINES)
    record(desk, f"migration_{do}", {"plan": plan_id, **told})


def carry_out(worker: Worker, council: str, plan_id: int) -> bool:
    """Do what a plan was asked to do, case by case; False where nothing was asked or another worker did it."""
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        plan = session.get(MigrationPlan, plan_id, with_for_update=True)
        if plan is None or plan.state not in plans.UNDER_WAY:
            return False
        plan.heard_at = desk.now()
        do, account, reason = plan.state, plan.summary.get("by"), plan.summary.get("reason", "")
        source, target = plan.source_id, plan.target_id
        try:
            matching = plans.matching_of(desk, plan_id)
        except HomewardError as error:
            plan.state, plan.problem = FAILED, str(error)
            session.commit()
            return True
        if do == plans.VALIDATING:
            _forget(desk, plan_id)
        numbers = _numbers(desk, plan_id, source, do)
        session.commit()
    _Work(worker, council, plan_id, matching, (source, target), account, reason).all(do, numbers)
    return True


def _forget(desk: Desk, plan_id: int) -> None:
    """Let go of what an earlier trial found; what became of cases stays."""
    found = (PlannedCase.plan_id == plan_id, PlannedCase.state.in_(("ready", "refused", "failed")))
    desk.session.execute(sa.delete(PlannedCase).where(*found))


def _numbers(desk: Desk, plan_id: int, source: int, do: str) -> list[int]:
    """Return the cases at which the work has to look, in order."""
    if do == plans.VALIDATING:
        wanted = sa.select(CaseRecord.id).where(
            CaseRecord.pack_id == source, CaseRecord.status != "closed", CaseRecord.voided_at.is_(None)
        )
        return list(desk.session.scalars(wanted.order_by(CaseRecord.id)))
    states = ("ready", "failed") if do == RUNNING else ("migrated",)
    rows = sa.select(PlannedCase.case_id).where(PlannedCase.plan_id == plan_id, PlannedCase.state.in_(states))
    return list(desk.session.scalars(rows.order_by(PlannedCase.case_id)))


class _Work:
    """A plan at work."""

    def __init__(
        self,
        worker: Worker,
        council: str,
        plan: int,
        matching: Matching,
        versions: tuple[int, int],
        account: int | None,
        reason: str,
    ) -> None:
        self.worker, self.council, self.plan, self.matching = worker, council, plan, matching
        self.source, self.target = versions
        self.account, self.reason = account, reason

    def all(self, do: str, numbers: list[int]) -> None:
        """Look at each case in a transaction of its own, tell how far it is, and end."""
        one: Callable[[Desk, int], None] = {
            plans.VALIDATING: self.try_one,
            RUNNING: self.bring_one,
            plans.REVERSING: self.return_one,
        }[do]
        began = time.monotonic()
        heard = at_intervals(TOLD_EVERY, self._far, at_once=False)
        for done, case_id in enumerate(numbers, start=1):
            self._one(one, case_id, last="migrated" if do == plans.REVERSING else "failed")
            heard(done / len(numbers), f"{done} of {len(numbers)} cases")
        seconds = round(time.monotonic() - began, 1)
        with self.worker.sessions() as session:
            desk = self.worker.desk(session, self.council)
            row = session.get_one(MigrationPlan, self.plan, with_for_update=True)
            left = do == plans.REVERSING and self._left(desk)
            row.state, row.percent, row.says = (DONE if left else ENDS[do]), 100, None
            row.finished_at = row.heard_at = desk.now()
            row.summary = {**row.summary, f"{do}_seconds": seconds, f"{do}_cases": len(numbers)}
            record(
                desk,
                f"migration_{ENDS[do]}",
                {"plan": self.plan, "cases": len(numbers), **self._counts(desk)},
            )
            session.commit()

    def _left(self, desk: Desk) -> bool:
        return bool(self._counts(desk).get("migrated"))

    def _counts(self, desk: Desk) -> dict[str, int]:
        found = Counter(
            desk.session.scalars(sa.select(PlannedCase.state).where(PlannedCase.plan_id == self.plan))
        )
        return dict(found)

    def _one(self, act: Callable[[Desk, int], None], case_id: int, *, last: str) -> None:
        try:
            with self.worker.sessions() as session:
                act(self.worker.desk(session, self.council), case_id)
                session.commit()
        except sa.exc.OperationalError:
            raise  # the database is lost: the job is given to another worker
        except Exception as error:
            if not isinstance(error, HomewardError):
                LOG.exception("case %s could not go over", case_id)
            words = str(error) if isinstance(error, HomewardError) else f"A fault of the program: {error}"
            with self.worker.sessions() as session:
                desk = self.worker.desk(session, self.council)
                self._keep(desk, case_id, last, [Finding(None, words, refuses=True)])
                session.commit()

    def _far(self, percent: int, says: str) -> None:
        self._note(percent=percent, says=says)

    def _note(self, **values: Any) -> None:
        with self.worker.sessions() as session:
            desk = self.worker.desk(session, self.council)
            session.execute(
                sa.update(MigrationPlan)
                .where(MigrationPlan.id == self.plan)
                .values(heard_at=desk.now(), **values)
            )
            session.commit()

    def _keep(self, desk: Desk, case_id: int, state: str, findings: Any, **more: Any) -> None:
        reasons = [[one.element, one.words, one.refuses] for one in findings]
        values = {"state": state, "reasons": reasons, "at": desk.now(), **more}
        desk.session.execute(
            insert(PlannedCase)
            .values(plan_id=self.plan, case_id=case_id, **values)
            .on_conflict_do_update(index_elements=["plan_id", "case_id"], set_=values)
        )

    # --- one case

    def try_one(self, desk: Desk, case_id: int) -> None:
        """Bring a case over in memory, and keep whether it can go."""
        file = _read(desk, case_id)
        if file is None or file.pack_id != self.source:
            return
        try:
            moved: Migrated = try_over(file, self.matching, desk.now())
        except Refused as refused:
            self._keep(desk, case_id, "refused", refused.findings)
        except (StateError, CaseError) as error:
            self._keep(desk, case_id, "refused", [Finding(None, str(error), refuses=True)])
        else:
            self._keep(desk, case_id, "ready", moved.findings)

    def bring_one(self, desk: Desk, case_id: int) -> None:
        """Bring a case over, unless it has gone over or closed since it was tried."""
        files = locked_case(desk, case_id)
        file = next(file for file in files if file.id == case_id)
        if self._state(desk, case_id) not in {"ready", "failed"}:
            return
        if file.pack_id != self.source or file.status == "closed":
            words = "The case has closed since, or runs on another version: it stays as it is."
            self._keep(desk, case_id, "refused", [Finding(None, words, refuses=True)])
            return
        try:
            over = go_over(
                desk, files, file, self.matching, self.target, plan=self.plan, account=self.account
            )
        except Refused as refused:
            self._keep(desk, case_id, "refused", refused.findings)
            return
        self._keep(desk, case_id, "migrated", over.findings, act=over.act, before=over.before)

    def return_one(self, desk: Desk, case_id: int) -> None:
        """Bring a case back: as it stood, or by the mapping the other way round where something happened since."""
        files = locked_case(desk, case_id)
        file = next(file for file in files if file.id == case_id)
        planned = desk.session.get(PlannedCase, (self.plan, case_id), populate_existing=True)
        if planned is None or planned.state != "migrated" or planned.before is None or planned.act is None:
            return
        if file.pack_id != self.target:
            words = "The case has gone over to yet another version since: reverse that first."
            self._keep(desk, case_id, "migrated", [Finding(None, words, refuses=True)])
            return
        over = Over(planned.act, planned.before)
        if file.acts == over.act:
            return_to(
                desk,
                files,
                file,
                self.matching,
                self.source,
                over,
                plan=self.plan,
                reason=self.reason,
                account=self.account,
            )
            self._keep(desk, case_id, "reversed", [])
            return
        if file.status == "closed":
            words = "The case was closed on the new version: it stays there."
            self._keep(desk, case_id, "migrated", [Finding(None, words, refuses=True)])
            return
        back = match(self.matching.new, self.matching.old, self.matching.inverse)
        try:
            done = go_over(desk, files, file, back, self.source, plan=self.plan, account=self.account)
        except Refused as refused:
            self._keep(desk, case_id, "migrated", refused.findings)
            return
        self._keep(desk, case_id, "reversed", done.findings)

    def _state(self, desk: Desk, case_id: int) -> str | None:
        return desk.session.scalar(
            sa.select(PlannedCase.state).where(
                PlannedCase.plan_id == self.plan, PlannedCase.case_id == case_id
            )
        )


def _read(desk: Desk, case_id: int) -> CaseFile | None:
    """Return a case as it is stored, without a lock: nothing of it is written."""
    row = desk.session.execute(
        sa.select(CaseRecord, CaseState.state, CaseState.version, PackVersion.hash)
        .join(CaseState, CaseState.case_id == CaseRecord.id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(CaseRecord.id == case_id)
    ).first()
    if row is None:
        return None
    case = row.CaseRecord
    return CaseFile(
        id=case.id,
        child_id=case.child_id,
        pack_id=case.pack_id,
        reference=case.reference,
        status=case.status,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        acts=case.acts,
        version=row.version,
        pack=pack_of(desk.session, case.pack_id, row.hash),
        state=row.state,
    )
