"""The job queue."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from xiaoer.data.jobs import GiveUp, Job, Runner, Schedule, enqueue, summarise
from xiaoer.data.jobs.runner import Handler, backoff_seconds
from xiaoer.data.postgres.database import Database
from xiaoer.kit.errors import Unavailable

_STATES = "SELECT state, count(*) FROM job WHERE kind <> 'jobs.purge' GROUP BY state"


def _runner(db: Database, handlers: dict[str, Handler], **options: object) -> Runner:
    return Runner(db, handlers, poll_seconds=0.05, **options)  # type: ignore[arg-type]


async def _states(db: Database) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await db.fetch(_STATES)}


async def _until_states(db: Database, wanted: dict[str, int], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while await _states(db) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_job_of_a_committed_unit_of_work_runs(db: Database) -> None:
    seen: list[Job] = []

    async def handle(job: Job) -> None:
        seen.append(job)

    shop_id = uuid4()
    async with db.transaction() as work:
        await enqueue(work, "greet", {"名": "x"}, shop_id=shop_id)
    runner = _runner(db, {"greet": handle})
    await runner.start()
    await _until_states(db, {"done": 1})
    await runner.stop()
    assert [(job.kind, job.payload, job.shop_id, job.attempts) for job in seen] == [("greet", {"名": "x"}, shop_id, 1)]


async def test_a_job_of_a_rolled_back_unit_of_work_does_not_exist(db: Database) -> None:
    try:
        async with db.transaction() as work:
            await enqueue(work, "greet")
            raise KeyError
    except KeyError:
        pass
    assert await _states(db) == {}


async def test_three_runners_run_each_of_many_jobs_once(db: Database) -> None:
    seen: Counter[int] = Counter()

    async def handle(job: Job) -> None:
        await asyncio.sleep(0.001)
        seen[job.payload["n"]] += 1

    async with db.transaction() as work:
        for number in range(600):
            await enqueue(work, "count", {"n": number})
    runners = [_runner(db, {"count": handle}) for _ in range(3)]
    await asyncio.gather(*(runner.start() for runner in runners))
    await _until_states(db, {"done": 600}, 20)
    await asyncio.gather(*(runner.stop() for runner in runners))
    assert seen == Counter(dict.fromkeys(range(600), 1))


async def test_a_dedupe_key_counts_among_the_waiting_only(db: Database) -> None:
    soon, later = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=2)
    first = await enqueue(db, "index", dedupe_key="shop", run_at=later)
    assert await enqueue(db, "index", dedupe_key="shop", run_at=soon) == first
    assert await enqueue(db, "other", dedupe_key="shop", run_at=soon) != first
    assert await db.fetchval("SELECT run_at FROM job WHERE job_id = $1", first) == soon
    await db.execute("UPDATE job SET state = 'running', locked_until = now() + interval '1 hour'")
    assert await enqueue(db, "index", dedupe_key="shop") != first


async def test_a_failing_job_is_retried_and_then_dead(db: Database) -> None:
    attempts: list[int] = []

    async def fail(job: Job) -> None:
        attempts.append(job.attempts)
        raise KeyError("王小明")

    job_id = await enqueue(db, "fail", max_attempts=3)
    runner = _runner(db, {"fail": fail})
    await runner.start()
    for number in (1, 2):
        await _until_states(db, {"waiting": 1})
        async with asyncio.timeout(5):
            while len(attempts) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await _until_states(db, {"waiting": 1})
        await db.execute("UPDATE job SET run_at = now() WHERE state = 'waiting'")
    await _until_states(db, {"dead": 1})
    await runner.stop()
    assert attempts == [1, 2, 3]
    assert await db.fetchval("SELECT last_error FROM job WHERE job_id = $1", job_id) == "KeyError"


async def test_giving_up_and_unknown_kinds(db: Database) -> None:
    async def give_up(_job: Job) -> None:
        raise GiveUp("address.gone")

    job_id = await enqueue(db, "deliver")
    await enqueue(db, "kind of another runner")
    runner = _runner(db, {"deliver": give_up})
    await runner.start()
    await _until_states(db, {"dead": 1, "waiting": 1})
    await runner.stop()
    assert await db.fetchval("SELECT last_error FROM job WHERE job_id = $1", job_id) == "GiveUp: address.gone"


async def test_a_retry_gives_way_to_a_newer_job_of_its_key(db: Database) -> None:
    async def fail_beside_another(job: Job) -> None:
        await enqueue(db, "index", dedupe_key="k", run_at=datetime.now(UTC) + timedelta(hours=1))
        raise OSError(job.kind)

    await enqueue(db, "index", dedupe_key="k")
    runner = _runner(db, {"index": fail_beside_another})
    await runner.start()
    await _until_states(db, {"replaced": 1, "waiting": 1})
    await runner.stop()


async def test_stopping_hands_a_long_job_back_uncounted(db: Database) -> None:
    started = asyncio.Event()

    async def last(_job: Job) -> None:
        started.set()
        await asyncio.sleep(60)

    await enqueue(db, "long")
    runner = _runner(db, {"long": last})
    await runner.start()
    await started.wait()
    await runner.stop(drain_seconds=0.1)
    row = await db.fetchrow("SELECT state, attempts, locked_by FROM job WHERE kind = 'long'")
    assert row is not None
    assert tuple(row.values()) == ("waiting", 0, None)


async def test_a_lease_is_renewed_while_the_job_runs(db: Database) -> None:
    runs: list[int] = []

    async def slow(job: Job) -> None:
        runs.append(job.attempts)
        await asyncio.sleep(1.5)

    await enqueue(db, "slow")
    runners = [_runner(db, {"slow": slow}, lease_seconds=0.6) for _ in range(2)]
    await asyncio.gather(*(runner.start() for runner in runners))
    await _until_states(db, {"done": 1})
    await asyncio.gather(*(runner.stop() for runner in runners))
    assert runs == [1]


async def test_a_runner_that_lost_its_lease_writes_nothing(db: Database) -> None:
    cancelled = asyncio.Event()

    async def slow(_job: Job) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    await enqueue(db, "slow")
    runner = _runner(db, {"slow": slow}, lease_seconds=0.6)
    await runner.start()
    await _until_states(db, {"running": 1})
    thief = uuid4()
    await db.execute(
        "UPDATE job SET locked_by = $1, locked_until = now() + interval '1 hour' WHERE kind = 'slow'", thief
    )
    async with asyncio.timeout(5):
        await cancelled.wait()
    await runner.stop()
    assert await db.fetchval("SELECT locked_by FROM job WHERE kind = 'slow'") == thief


async def test_a_killed_runners_job_runs_again_and_one_that_kills_dies(db: Database, dsn: str) -> None:
    script = textwrap.dedent("""
        import asyncio, os, sys
        from xiaoer.data.jobs import Runner
        from xiaoer.data.postgres.database import Database
        async def kill(job): os.kill(os.getpid(), 9)
        async def main():
            db = await Database.connect(sys.argv[1])
            await Runner(db, {"crash": kill}, lease_seconds=0.3, poll_seconds=0.05).start()
            await asyncio.sleep(30)
        asyncio.run(main())
    """)
    await enqueue(db, "crash", max_attempts=2)
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, dsn)
        assert await process.wait() == -9
    seen: list[Job] = []

    async def handle(job: Job) -> None:
        seen.append(job)

    runner = _runner(db, {"crash": handle})
    await runner.start()
    await _until_states(db, {"dead": 1})
    await enqueue(db, "crash")
    await _until_states(db, {"dead": 1, "done": 1})
    await runner.stop()
    assert len(seen) == 1


async def test_a_schedule_runs_once_over_all_runners(db: Database) -> None:
    seen: list[Job] = []

    async def handle(job: Job) -> None:
        seen.append(job)

    schedule = Schedule("tick", "tick", 1, {"a": 1})
    runners = [_runner(db, {"tick": handle}, schedules=[schedule]) for _ in range(3)]
    await asyncio.gather(*(runner.start() for runner in runners))
    await asyncio.sleep(2.6)
    await asyncio.gather(*(runner.stop() for runner in runners))
    assert len(seen) == 3
    assert seen[0].payload == {"a": 1}


async def test_finished_jobs_are_purged(db: Database) -> None:
    for state, days in (("done", 2), ("done", 0), ("dead", 2), ("dead", 40)):
        job_id = await enqueue(db, "x")
        await db.execute(
            "UPDATE job SET state = $2, finished_at = now() - make_interval(days => $3) WHERE job_id = $1",
            job_id,
            state,
            days,
        )
    runner = _runner(db, {})
    await runner.start()
    await _until_states(db, {"done": 1, "dead": 1})
    await runner.stop()
    assert {(each.kind, each.state) for each in await summarise(db)} >= {("x", "done"), ("x", "dead")}


async def test_a_wake_is_faster_than_the_poll(db: Database) -> None:
    done = asyncio.Event()

    async def handle(_job: Job) -> None:
        done.set()

    runner = Runner(db, {"x": handle}, poll_seconds=30)
    await runner.start()
    await asyncio.sleep(0.2)
    await enqueue(db, "x")
    runner.wake()
    async with asyncio.timeout(2):
        await done.wait()
    await runner.stop()


def test_backoff_grows_and_follows_what_the_error_asks_for() -> None:
    def average(attempts: int) -> float:
        return sum(backoff_seconds(attempts, OSError()) for _ in range(300)) / 300

    assert 0.8 < average(1) < 1.2
    assert 6.5 < average(4) < 9.5
    assert backoff_seconds(40, OSError()) <= 3600 * 1.25
    assert backoff_seconds(1, Unavailable("llm.busy", retry_after=60)) >= 45
