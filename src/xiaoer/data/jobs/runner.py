"""Takes jobs and calls their handlers, several at a time, until told to stop.

A job runs at least once: a handler may be called again after a crash, so it must bear that. A runner that
loses a lease cancels the handler, and its result is not written (every write is guarded by runner and
attempt).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from xiaoer.data.jobs import queue
from xiaoer.data.jobs.queue import Job, Schedule
from xiaoer.data.postgres.database import Database
from xiaoer.kit.errors import Unavailable, XiaoerError
from xiaoer.kit.ids import new_id
from xiaoer.kit.logging import Log, bound

Handler = Callable[[Job], Awaitable[None]]

BATCH = 16
_POLL_SECONDS = 2.0
_LONGEST_BACKOFF_SECONDS = 3600.0
_PURGE_KIND = "jobs.purge"
_PURGE = Schedule(name="purge jobs", kind=_PURGE_KIND, every_seconds=3600)

_log = Log("xiaoer.jobs")


class GiveUp(Exception):
    """Raised by a handler when trying again cannot help; its text is stored: a code, no person's words."""


class Runner:
    """One per process. `handlers` maps each kind to its function; kinds it lacks are for other runners."""

    def __init__(
        self,
        db: Database,
        handlers: Mapping[str, Handler],
        *,
        schedules: Sequence[Schedule] = (),
        concurrency: int = BATCH,
        lease_seconds: float = 30.0,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self.runner_id = new_id()
        self._db = db
        self._handlers: dict[str, Handler] = {_PURGE_KIND: self._purge, **handlers}
        self._schedules = (_PURGE, *schedules)
        self._concurrency = concurrency
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._running: dict[UUID, tuple[Job, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._is_stopping = False
        self._schedules_due_at = 0.0

    async def start(self) -> None:
        for schedule in self._schedules:
            await queue.set_schedule(self._db, schedule)
        self._loops = [
            asyncio.create_task(self._forever(self._take_jobs), name="jobs-take"),
            asyncio.create_task(self._forever(self._renew_leases), name="jobs-renew"),
        ]

    async def stop(self, drain_seconds: float = 8.0) -> None:
        """Take nothing more, let running jobs finish for a while, hand the others back."""
        self._is_stopping = True
        self._wake.set()
        tasks = [task for _, task in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=drain_seconds)
        for task in [*tasks, *self._loops]:
            task.cancel()
        await asyncio.gather(*tasks, *self._loops, return_exceptions=True)

    def wake(self) -> None:
        """Look for jobs now; the listener of channel `jobs` calls it."""
        self._wake.set()

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat a step; an error, such as a database that is away, costs a second and not the loop."""
        while not self._is_stopping:
            try:
                await step()
            except Unavailable:
                await asyncio.sleep(1)
            except Exception as error:
                _log.error("runner_step_failed", cause=error)
                await asyncio.sleep(1)

    async def _take_jobs(self) -> None:
        self._wake.clear()
        if time.monotonic() >= self._schedules_due_at:
            await queue.run_schedules(self._db, list(self._handlers))
            self._schedules_due_at = time.monotonic() + self._poll_seconds
        free = min(BATCH, self._concurrency - len(self._running))
        jobs = []
        if free > 0:
            jobs = await queue.claim(self._db, self.runner_id, list(self._handlers), free, self._lease_seconds)
        for job in jobs:
            task = asyncio.create_task(self._run(job), name=f"job-{job.kind}")
            self._running[job.job_id] = (job, task)
        if len(jobs) < free or free <= 0:
            await self._sleep(self._poll_seconds)

    async def _renew_leases(self) -> None:
        await asyncio.sleep(self._lease_seconds / 3)
        if not self._running:
            return
        held = dict(self._running)
        kept = await queue.renew(self._db, self.runner_id, list(held), self._lease_seconds)
        for job_id, (job, task) in held.items():
            if job_id not in kept and job_id in self._running:
                _log.warning("job_lease_lost", kind=job.kind, job=job_id)
                task.cancel()

    async def _run(self, job: Job) -> None:
        started = time.monotonic()
        try:
            with bound(trace=str(job.job_id)):
                await self._handlers[job.kind](job)
                is_ours = await queue.finish(self._db, self.runner_id, job)
            _log.info("job_done", kind=job.kind, job=job.job_id, ms=_since(started), is_ours=is_ours)
        except asyncio.CancelledError:
            await self._settle(queue.retry(self._db, self.runner_id, job, 0, None, is_counted=False))
            raise
        except Exception as error:
            # The door to every handler: whatever it raises is the job's failure, not the runner's.
            _log.error("job_failed", cause=error, kind=job.kind, job=job.job_id, attempt=job.attempts)
            await self._settle(self._record_failure(job, error))
        finally:
            self._running.pop(job.job_id, None)
            self._wake.set()

    async def _record_failure(self, job: Job, error: Exception) -> None:
        described = describe(error)
        if isinstance(error, GiveUp) or job.attempts >= job.max_attempts:
            await queue.bury(self._db, self.runner_id, job, described)
        else:
            await queue.retry(self._db, self.runner_id, job, backoff_seconds(job.attempts, error), described)

    async def _settle(self, writing: Awaitable[None]) -> None:
        """Write an outcome if the database lets us; else the lease runs out and the job comes again."""
        try:
            await writing
        except Unavailable:
            return
        except Exception as error:
            _log.error("job_outcome_not_written", cause=error)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _purge(self, _job: Job) -> None:
        while await queue.purge(self._db):
            _log.debug("jobs_purged")


def backoff_seconds(attempts: int, error: Exception) -> float:
    """What the error itself asks for (`retry_after`), else 1, 2, 4 … seconds up to an hour, scattered."""
    asked = error.params.get("retry_after") if isinstance(error, XiaoerError) else None
    base = float(asked) if isinstance(asked, int | float) else 0.0
    return max(base, min(2.0 ** (attempts - 1), _LONGEST_BACKOFF_SECONDS)) * random.uniform(0.75, 1.25)


def describe(error: Exception) -> str:
    """What is stored about a failure: no words, for they may quote a person."""
    if isinstance(error, GiveUp):
        return f"GiveUp: {error}"[:200]
    code = getattr(error, "code", "")
    return f"{type(error).__name__} {code}".strip()[:200]


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
