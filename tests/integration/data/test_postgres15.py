"""The same on the system's PostgreSQL 15, reached as by DATABASE_URL with one role for everything."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import test_jobs
import test_listing
import test_migrate
from databases import run_as_superuser, with_database

from xiaoer.data.postgres.cluster import OWNER
from xiaoer.data.postgres.database import Database, Work
from xiaoer.data.postgres.durability import check_durability
from xiaoer.data.postgres.migrate import migrate
from xiaoer.data.postgres.supervisor import EmbeddedPostgres

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")

pytestmark = pytest.mark.skipif(not (_PROGRAMS / "initdb").exists(), reason=f"no PostgreSQL 15 in {_PROGRAMS}")

test_a_killed_runner = test_jobs.test_a_killed_runners_job_runs_again_and_one_that_kills_dies
test_deduplication = test_jobs.test_a_dedupe_key_counts_among_the_waiting_only
test_each_job_once = test_jobs.test_three_runners_run_each_of_many_jobs_once
test_retries = test_jobs.test_a_failing_job_is_retried_and_then_dead
test_schedules = test_jobs.test_a_schedule_runs_once_over_all_runners
test_migrating_at_once = test_migrate.test_many_starts_at_once_apply_each_once
test_migrating_outside_a_transaction = test_migrate.test_statements_outside_a_transaction
test_pages = test_listing.test_pages_hold_each_row_once_in_order
empty = test_migrate.empty


@pytest.fixture(scope="module")
def postgres(short_tmp: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(short_tmp / "fifteen")
    os.environ["XIAOER_PG_BINDIR"] = str(_PROGRAMS)
    try:
        server.start()
    finally:
        del os.environ["XIAOER_PG_BINDIR"]
    yield server
    server.stop()


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    await run_as_superuser(postgres, f"CREATE DATABASE one_test OWNER {OWNER}")
    dsn = with_database(postgres.owner_dsn, "one_test")
    await migrate(dsn)
    yield dsn
    await run_as_superuser(postgres, "DROP DATABASE one_test WITH (FORCE)")


@pytest.fixture
async def work(dsn: str) -> AsyncIterator[Work]:
    db = await Database.connect(dsn, max_size=1)
    async with db.transaction() as unit:
        yield unit
    await db.close()


async def test_it_is_fifteen_and_fit(work: Work) -> None:
    assert str(await work.fetchval("SHOW server_version")).startswith("15")
    await check_durability(work)
