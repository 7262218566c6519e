"""A worker process: handlers by kind, when they are due, and its life."""

from __future__ import annotations

import asyncio
import signal

import uvloop

from xiaoer.data.jobs.queue import CHANNEL, Job, Schedule
from xiaoer.data.jobs.runner import Runner
from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.notify import Listener
from xiaoer.data.stores import identity as identity_store
from xiaoer.kit.config import Config

CONNECTIONS = 3
_PURGE_SESSIONS = "identity.purge_sessions"


def run_worker(_config: Config, dsn: str) -> None:
    """Run jobs and schedules until told to stop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(dsn))


def make_runner(db: Database) -> Runner:
    """The runner of one worker process, not started."""

    async def purge_sessions(_job: Job) -> None:
        await identity_store.purge_sessions(db)

    schedules = [Schedule(name="purge sessions", kind=_PURGE_SESSIONS, every_seconds=3600)]
    return Runner(db, {_PURGE_SESSIONS: purge_sessions}, schedules=schedules)


async def _work(dsn: str) -> None:
    db = await Database.connect(dsn, min_size=1, max_size=CONNECTIONS)
    stopped = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    runner = make_runner(db)

    async def wake(_channel: str, _payloads: list[str]) -> None:
        runner.wake()

    listener = Listener(dsn, [CHANNEL], wake)
    await runner.start()
    await listener.start()
    await stopped.wait()
    await listener.stop()
    await runner.stop()
    await db.close()
