"""The queue's statements. Leases are measured by the database clock alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.data.postgres.database import DuplicateKey, Executor
from xiaoer.kit.ids import new_id

# Say it on this channel, after the commit, when a job should not wait for the next poll.
CHANNEL = "jobs"
DEFAULT_ATTEMPTS = 8

_ENQUEUE = """
INSERT INTO job (job_id, shop_id, kind, payload, run_at, max_attempts, dedupe_key)
VALUES ($1, $2, $3, $4, COALESCE($5, now()), $6, $7)
ON CONFLICT (kind, dedupe_key) WHERE state = 'waiting' AND dedupe_key IS NOT NULL
DO UPDATE SET run_at = LEAST(job.run_at, excluded.run_at)
RETURNING job_id
"""
# Whose runner died that often is dead: it may be what kills them.
_CLAIM = """
WITH picked AS (
    SELECT job_id FROM job
    WHERE state IN ('waiting', 'running') AND COALESCE(locked_until, run_at) <= now() AND kind = ANY ($3)
    ORDER BY COALESCE(locked_until, run_at) LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE job SET
    state = CASE WHEN attempts >= max_attempts THEN 'dead' ELSE 'running' END,
    finished_at = CASE WHEN attempts >= max_attempts THEN now() END,
    last_error = CASE WHEN attempts >= max_attempts THEN 'its runner died' ELSE last_error END,
    attempts = LEAST(attempts + 1, max_attempts),
    locked_by = $2, locked_until = now() + make_interval(secs => $4)
FROM picked WHERE job.job_id = picked.job_id
RETURNING job.job_id, job.shop_id, job.kind, job.payload, job.attempts, job.max_attempts, job.created_at,
          job.state = 'running' AS is_running
"""
_RENEW = """
UPDATE job SET locked_until = now() + make_interval(secs => $3)
WHERE job_id = ANY ($1) AND locked_by = $2 AND state = 'running' RETURNING job_id
"""
_FINISH = """
UPDATE job SET state = 'done', finished_at = now(), locked_by = NULL, locked_until = NULL
WHERE job_id = $1 AND locked_by = $2 AND attempts = $3 AND state = 'running'
"""
# Retried under a dedupe key that waits again already: that one does the work.
_RETRY = """
UPDATE job j SET
    state = CASE WHEN NOT EXISTS (
        SELECT 1 FROM job o WHERE o.kind = j.kind AND o.dedupe_key = j.dedupe_key AND o.state = 'waiting'
    ) THEN 'waiting' ELSE 'replaced' END,
    finished_at = CASE WHEN EXISTS (
        SELECT 1 FROM job o WHERE o.kind = j.kind AND o.dedupe_key = j.dedupe_key AND o.state = 'waiting'
    ) THEN now() END,
    run_at = now() + make_interval(secs => $4), attempts = attempts - $6::int,
    last_error = COALESCE($5, last_error), locked_by = NULL, locked_until = NULL
WHERE job_id = $1 AND locked_by = $2 AND attempts = $3 AND state = 'running'
"""
_BURY = """
UPDATE job SET state = 'dead', finished_at = now(), last_error = $4, locked_by = NULL, locked_until = NULL
WHERE job_id = $1 AND locked_by = $2 AND attempts = $3 AND state = 'running'
"""
_SET_SCHEDULE = """
INSERT INTO schedule (name, kind, payload, every_seconds) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, payload = excluded.payload,
    every_seconds = excluded.every_seconds,
    next_at = LEAST(schedule.next_at, now() + make_interval(secs => excluded.every_seconds))
WHERE (schedule.kind, schedule.payload, schedule.every_seconds)
    IS DISTINCT FROM (excluded.kind, excluded.payload, excluded.every_seconds)
"""
# The row lock lets one runner win; a round that was missed is not made up for.
_RUN_SCHEDULES = """
WITH due AS (
    SELECT name FROM schedule WHERE next_at <= now() AND kind = ANY ($1) FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE schedule s SET last_at = now(),
        next_at = GREATEST(s.next_at + make_interval(secs => s.every_seconds), now())
    FROM due WHERE s.name = due.name RETURNING s.name, s.kind, s.payload
)
INSERT INTO job (job_id, kind, payload, max_attempts, dedupe_key)
SELECT gen_random_uuid(), kind, payload, $2, concat('schedule:', name) FROM moved
ON CONFLICT (kind, dedupe_key) WHERE state = 'waiting' AND dedupe_key IS NOT NULL DO NOTHING
"""
_PURGE = """
DELETE FROM job WHERE job_id IN (
    SELECT job_id FROM job WHERE state IN ('done', 'dead', 'replaced')
      AND finished_at < now() - CASE WHEN state = 'dead' THEN interval '30 days' ELSE interval '1 day' END
    LIMIT 10000
)
"""
_SUMMARISE = """
SELECT kind, state, count(*) AS n, min(run_at) AS oldest FROM job GROUP BY kind, state ORDER BY kind, state
"""


class Job(msgspec.Struct, frozen=True):
    """What a handler gets. `attempts` counts this one."""

    job_id: UUID
    shop_id: UUID | None
    kind: str
    payload: dict[str, Any]
    attempts: int
    max_attempts: int
    created_at: datetime


class Schedule(msgspec.Struct, frozen=True):
    """A job of `kind` every so many seconds, over all runners together."""

    name: str
    kind: str
    every_seconds: int
    payload: dict[str, Any] = {}


class JobCount(msgspec.Struct, frozen=True):
    kind: str
    state: str
    n: int
    oldest: datetime


async def enqueue(
    db: Executor,
    kind: str,
    payload: dict[str, Any] | None = None,
    *,
    run_at: datetime | None = None,
    dedupe_key: str | None = None,
    shop_id: UUID | None = None,
    max_attempts: int = DEFAULT_ATTEMPTS,
) -> UUID:
    """Promise a job; in a unit of work it exists when that commits. Returns its id.

    With a `dedupe_key`, a job of that kind and key that still waits is returned instead, moved forward to the
    earlier of both times; its payload stays. One that is running already does not count.
    """
    job_id = await db.fetchval(_ENQUEUE, new_id(), shop_id, kind, payload or {}, run_at, max_attempts, dedupe_key)
    return UUID(str(job_id))


async def claim(db: Executor, runner_id: UUID, kinds: Sequence[str], limit: int, lease_seconds: float) -> list[Job]:
    """Take up to `limit` due jobs, and those whose runner is silent."""
    rows = [dict(row) for row in await db.fetch(_CLAIM, limit, runner_id, list(kinds), lease_seconds)]
    return [Job(**row) for row in rows if row.pop("is_running")]


async def renew(db: Executor, runner_id: UUID, job_ids: Sequence[UUID], lease_seconds: float) -> set[UUID]:
    """Keep jobs; those missing from the answer belong to somebody else now."""
    rows = await db.fetch(_RENEW, list(job_ids), runner_id, lease_seconds)
    return {row["job_id"] for row in rows}


async def finish(db: Executor, runner_id: UUID, job: Job) -> bool:
    """Whether it was still ours to finish."""
    return await db.execute(_FINISH, job.job_id, runner_id, job.attempts) == 1


async def retry(
    db: Executor, runner_id: UUID, job: Job, seconds: float, error: str | None, *, is_counted: bool = True
) -> None:
    """Let it wait again; `is_counted` False gives the attempt back (the runner stopped, it did not fail)."""
    args = (job.job_id, runner_id, job.attempts, seconds, error, 0 if is_counted else 1)
    try:
        await db.execute(_RETRY, *args)
    except DuplicateKey:
        # Somebody enqueued the same key in this very moment: now it is seen.
        await db.execute(_RETRY, *args)


async def bury(db: Executor, runner_id: UUID, job: Job, error: str) -> None:
    """It will not be tried again."""
    await db.execute(_BURY, job.job_id, runner_id, job.attempts, error)


async def set_schedule(db: Executor, schedule: Schedule) -> None:
    """Create or change it; an unchanged one keeps its rhythm."""
    await db.execute(_SET_SCHEDULE, schedule.name, schedule.kind, schedule.payload, schedule.every_seconds)


async def run_schedules(db: Executor, kinds: Sequence[str]) -> int:
    """Enqueue what is due among the kinds this runner knows; returns how many."""
    return await db.execute(_RUN_SCHEDULES, list(kinds), DEFAULT_ATTEMPTS)


async def purge(db: Executor) -> int:
    """Delete what is done for a day or dead for thirty, at most 10,000 a time; returns how many."""
    return await db.execute(_PURGE)


async def summarise(db: Executor) -> list[JobCount]:
    """How many jobs of each kind are in each state, for metrics and the console."""
    return [JobCount(**row) for row in await db.fetch(_SUMMARISE)]
