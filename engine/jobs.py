"""The worker: a loop that sweeps timers, and the job queue (Procrastinate) beside it.

Timers are no jobs: a job scheduled for a far day slows every fetch of its queue, and a lock on it blocks
whatever comes later. The sweep looks at one index every two seconds instead. A worker that loses its database
ends with a status other than 0, so that whatever supervises it starts it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import procrastinate
import sqlalchemy as sa
from procrastinate.connector import BaseAsyncConnector
from procrastinate.manager import JobManager

from engine.services import (
    attachments,
    children,
    conformance,
    delivery,
    housekeeping,
    intake,
    migrating,
    periodic,
    reminders,
    together,
)
from engine.services.assignment import away, summons, waking
from engine.services.channels import NotAccepted, channel
from engine.services.desk import Desk
from engine.services.drafting import checking, drafts
from engine.services.outside import requests as outside_requests
from engine.services.previewing import previews
from engine.services.quality import verifications
from engine.services.timers import Worker, sweep
from engine.store.database import normal_url
from engine.store.embedded import APP
from engine.store.queue import WORK
from engine.store.tables import Council

LOG = logging.getLogger("homeward.worker")
STALLED = 60.0
"""Seconds without a sign of life from its worker before a job is given to another."""
PERIODS_EVERY = 60.0
LOST = 3
"""The exit status of a worker that cannot go on."""
GRACE = 20.0
"""Seconds that running jobs have to end when the worker is asked to stop."""


def job_queue(worker: Worker, connector: BaseAsyncConnector | None = None) -> procrastinate.App:
    """Return the queue with every job that we have; `connector` is the live one where left out."""
    app = procrastinate.App(connector=connector or _connector(worker))
    retried = procrastinate.RetryStrategy(max_attempts=8, wait=5, exponential_wait=2)

    @app.task(name="deliver_notices", queue=WORK, retry=retried)
    def deliver_notices(council: str | None = None) -> int:
        """Send the notices that are due."""
        with worker.sessions() as session:
            return delivery.deliver_due(
                lambda code: worker.desk(worker.sessions(), code),
                session,
                channel(worker.settings),
                worker.clock.now(),
            )

    @app.periodic(cron="* * * * *", periodic_id="deliver_notices")
    @app.task(name="deliver_notices_again", queue=WORK, queueing_lock="deliver_notices_again")
    def deliver_notices_again(timestamp: int) -> int:
        """Send what could not be sent before, and whatever its job did not reach; people outside are reminded first."""
        take_back_undelivered(worker)
        _in_every_council(worker, outside_requests.remind_due)
        return int(deliver_notices())

    @app.task(name="carry_joint_duties", queue=WORK, retry=retried)
    def carry_joint_duties(council: str, case: int) -> int:
        """End in the cases of children missing together what somebody has done for all of them."""
        with worker.sessions() as session:
            carried = together.carry_joint_duties(worker.desk(session, council), case)
            session.commit()
            return carried

    @app.task(name=verifications.JOB, queue=verifications.LINES, retry=retried)
    def verify_procedure(council: str, verification: int) -> bool:
        """Explore a version of a council's procedure and keep what was found."""
        return verifications.carry_out(worker, council, verification, verifications.explored(worker))

    @app.periodic(cron="* * * * *", periodic_id="handle_reports")
    @app.task(name="handle_reports", queue=WORK, queueing_lock="handle_reports", retry=retried)
    def handle_reports(timestamp: int) -> None:
        """Handle the rows of notification files that a crash or a full request left behind."""
        _in_every_council(worker, intake.handle_waiting_rows)

    @app.periodic(cron="17 2 * * *", periodic_id="tidy")
    @app.task(name="tidy", queue=WORK, queueing_lock="tidy")
    def tidy(timestamp: int) -> None:
        """Clear away what nothing asks for any more."""
        _in_every_council(worker, housekeeping.tidy)
        _in_every_council(worker, attachments.sweep)

    @app.periodic(cron="43 1 * * *", periodic_id="judge_cases")
    @app.task(name="judge_cases", queue=WORK, queueing_lock="judge_cases")
    def judge_cases(timestamp: int) -> int:
        """Hold the cases that have changed, or whose limits may have passed, against their clauses."""
        return judge_every_council(worker)

    @app.periodic(cron="7 3 * * *", periodic_id="verify_new_versions")
    @app.task(name="verify_new_versions", queue=WORK, queueing_lock="verify_new_versions", retry=retried)
    def verify_new_versions(timestamp: int) -> None:
        """Ask for a verification of each version in force that nobody has had verified."""
        _in_every_council(worker, verifications.ask_where_none)

    @app.periodic(cron="2 0,23 * * *", periodic_id="refresh_ages")
    @app.task(name="refresh_ages", queue=WORK, queueing_lock="refresh_ages", retry=retried)
    def refresh_ages(timestamp: int) -> None:
        """Bring ages up to date after midnight, in winter and in summer: an age decides who must be told."""
        _in_every_council(worker, children.refresh_ages)

    @app.periodic(cron="* * * * *", periodic_id="retry_stalled")
    @app.task(name="retry_stalled", queue="upkeep", queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
        """Give jobs whose worker died to another."""
        manager: JobManager = context.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            LOG.warning("job %s lost its worker: it is queued again", job.id)
            await manager.retry_job(job)

    _reminding(app, worker, retried)
    _drafting(app, worker, retried)
    _migrating(app, worker, retried)
    return app


def _reminding(app: procrastinate.App, worker: Worker, retried: procrastinate.RetryStrategy) -> None:
    @app.periodic(cron="* * * * *", periodic_id="remind")
    @app.task(name="remind", queue=WORK, queueing_lock="remind", retry=retried)
    def remind(timestamp: int) -> None:
        """Tell people of their limits as each has chosen."""
        _in_every_council(worker, reminders.remind)


def _drafting(app: procrastinate.App, worker: Worker, retried: procrastinate.RetryStrategy) -> None:
    @app.task(name=drafts.READY, queue=drafts.LINES)
    def make_ready_to_check(council: str) -> None:
        """Start what is copied to check a draft that somebody has just begun."""
        with worker.sessions() as session:
            checking.keep_ready(worker.desk(session, council))

    @app.task(name=checking.JOB, queue=drafts.LINES, retry=retried)
    def check_draft(council: str, draft: int) -> bool:
        """Verify what the change of a draft puts in question."""
        return checking.carry_out(worker, council, draft)

    @app.task(name=previews.JOB, queue=previews.LINES, retry=retried)
    def preview_draft(council: str, preview: int) -> bool:
        """Work out what a draft would change in real cases."""
        return previews.carry_out(worker, council, preview)


def _migrating(app: procrastinate.App, worker: Worker, retried: procrastinate.RetryStrategy) -> None:
    @app.task(name=migrating.JOB, queue=migrating.LINES, retry=retried)
    def migrate_cases(council: str, plan: int) -> bool:
        """Try a plan by which cases go over to another version, carry it out or reverse it."""
        return migrating.carry_out(worker, council, plan)


def _in_every_council(worker: Worker, act: Callable[[Desk], Any]) -> None:
    with worker.sessions() as session:
        codes = session.scalars(sa.select(Council.code).order_by(Council.id)).all()
    for code in codes:
        with worker.sessions() as session:
            act(worker.desk(session, code))
            session.commit()


def take_back_undelivered(worker: Worker) -> None:
    """Ask the way out what it could not deliver, and hold those notices in every council."""
    way_out = channel(worker.settings)
    try:
        undelivered = way_out.came_back() if way_out is not None else {}
    except NotAccepted as error:
        LOG.warning("nothing is known of what came back: %s", error)
        return
    if undelivered:
        _in_every_council(worker, lambda desk: delivery.take_back(desk, undelivered))


def judge_every_council(worker: Worker) -> int:
    """Judge what is due in every council, a few cases a transaction; return how many batches there were."""
    with worker.sessions() as session:
        codes = session.scalars(sa.select(Council.code).order_by(Council.id)).all()
    batches = 0
    for code in codes:
        last: int | None = 0
        while last is not None:
            with worker.sessions() as session:
                last = conformance.judge_due(worker.desk(session, code), last)
                session.commit()
            batches += last is not None
    return batches


def _connector(worker: Worker) -> BaseAsyncConnector:
    url = sa.make_url(normal_url(worker.settings.database_url or ""))
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = "-c timezone=UTC" + ("" if url.username == APP else f" -c role={APP}")
    return procrastinate.PsycopgConnector(
        conninfo=conninfo, kwargs={"options": options}, min_size=1, max_size=6
    )


class Loop:
    """The sweep, again and again in a thread of its own; `failure` holds what ended it."""

    def __init__(self, worker: Worker, done: Callable[[], object]) -> None:
        self.worker = worker
        self.failure: BaseException | None = None
        self.stopping = threading.Event()
        self._done = done
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end after the batch at hand, and wait for that."""
        self.stopping.set()
        self._thread.join(GRACE)

    def _run(self) -> None:
        periods = 0.0
        every = self.worker.settings.sweep_every.total_seconds()
        try:
            while not self.stopping.is_set():
                began = time.monotonic()
                swept = sweep(self.worker, stop=self.stopping.is_set)
                summons.sweep(self.worker)
                if began - periods >= PERIODS_EVERY or periods == 0.0:
                    periodic.start_due(self.worker)
                    _in_every_council(self.worker, away.keep_time)
                    _in_every_council(self.worker, summons.close_settled)
                    _in_every_council(self.worker, waking.call_to_urgent)
                    _in_every_council(self.worker, checking.keep_ready)
                    periods = began
                with self.worker.sessions() as session:
                    detail = {"fired": swept.fired, "failed": swept.failed, "skipped": swept.skipped}
                    housekeeping.beat(session, self._name, self.worker.clock.now(), detail)
                    session.commit()
                if swept.fired or swept.failed:
                    LOG.info("fired the timers of %d cases, %d failed", swept.fired, swept.failed)
                self.stopping.wait(max(0.05, every - (time.monotonic() - began)))
        except BaseException as error:
            self.failure = error
            LOG.exception("the sweep ended")
        finally:
            self._done()


async def work(worker: Worker, *, concurrency: int = 4) -> None:
    """Run the worker until it is asked to stop (SIGTERM, SIGINT).

    When the database is lost or the sweep fails, the process ends at once with status 3: there is nothing to put
    in order, and waiting for connections that are gone would only keep the next worker from starting.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    sweeper = Loop(worker, partial(loop.call_soon_threadsafe, ended.set))
    app = job_queue(worker)
    async with app.open_async():
        jobs = asyncio.create_task(
            app.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                delete_jobs="successful",
                shutdown_graceful_timeout=GRACE,
                name=f"{socket.gethostname()}:{os.getpid()}",
            )
        )
        sweeper.start()
        LOG.info("the worker is ready")
        waiting = [asyncio.create_task(event.wait()) for event in (asked, ended)]
        await asyncio.wait([jobs, *waiting], return_when=asyncio.FIRST_COMPLETED)
        if not asked.is_set():
            LOG.error("the worker ends: the database was lost or the sweep failed")
            logging.shutdown()
            os._exit(LOST)
        waiting[1].cancel()
        await asyncio.to_thread(sweeper.stop)
        jobs.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await jobs
