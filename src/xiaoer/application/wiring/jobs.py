"""What a worker does: handlers by kind, and when they are due."""

from __future__ import annotations

from xiaoer.data.jobs.queue import Job, Schedule
from xiaoer.data.jobs.runner import Runner
from xiaoer.data.postgres.database import Database
from xiaoer.data.stores import identity as identity_store

_PURGE_SESSIONS = "identity.purge_sessions"


def make_runner(db: Database) -> Runner:
    """The runner of one worker process, not started."""

    async def purge_sessions(_job: Job) -> None:
        await identity_store.purge_sessions(db)

    schedules = [Schedule(name="purge sessions", kind=_PURGE_SESSIONS, every_seconds=3600)]
    return Runner(db, {_PURGE_SESSIONS: purge_sessions}, schedules=schedules)
