"""The pool and the unit of work."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from xiaoer.data.postgres.database import Database, DuplicateKey, Work
from xiaoer.data.postgres.durability import UnfitServer, check_durability
from xiaoer.kit.errors import Unavailable

_INSERT = "INSERT INTO rate_limit (key, window_start, uses) VALUES ($1, now(), 1)"
_COUNT = "SELECT count(*) FROM rate_limit"


async def test_values_come_back_as_python_has_them(work: Work) -> None:
    given = (
        uuid4(),
        datetime(2026, 11, 11, 8, tzinfo=UTC),
        {"名": ["值", 1, None, 2.5]},
        b"\x00\xff",
        ["a", "b"],
    )
    row = await work.fetchrow("SELECT $1::uuid a, $2::timestamptz b, $3::jsonb c, $4::bytea d, $5::text[] e", *given)
    assert row is not None
    assert tuple(row.values()) == given


async def test_jsonb_takes_lists_and_scalars_and_null_stays_null(work: Work) -> None:
    assert await work.fetchval("SELECT $1::jsonb -> 0 ->> 'a'", [{"a": "x"}]) == "x"
    assert await work.fetchval("SELECT $1::jsonb IS NULL", None) is True


async def test_execute_counts_rows(db: Database) -> None:
    assert await db.execute(_INSERT, "a") == 1
    assert await db.execute("UPDATE rate_limit SET uses = 2") == 1
    assert await db.execute("UPDATE rate_limit SET uses = 2 WHERE false") == 0


async def test_a_unit_of_work_commits_whole(db: Database) -> None:
    async with db.transaction() as work:
        await work.execute(_INSERT, "a")
        await work.execute(_INSERT, "b")
        assert await db.fetchval(_COUNT) == 0
    assert await db.fetchval(_COUNT) == 2


async def test_a_unit_of_work_that_raises_leaves_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with db.transaction() as work:
            await work.execute(_INSERT, "a")
            _ = 1 // 0
    assert await db.fetchval(_COUNT) == 0


async def test_a_cancelled_unit_of_work_leaves_nothing_and_the_pool_whole(db: Database) -> None:
    async def hang() -> None:
        async with db.transaction() as work:
            await work.execute(_INSERT, "a")
            await work.fetchval("SELECT pg_sleep(30)")

    tasks = [asyncio.create_task(hang()) for _ in range(10)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await asyncio.gather(*(db.fetchval(_COUNT) for _ in range(20))) == [0] * 20


async def test_a_duplicate_names_its_constraint(db: Database) -> None:
    await db.execute(_INSERT, "a")
    with pytest.raises(DuplicateKey) as caught:
        await db.execute(_INSERT, "a")
    assert caught.value.params == {"constraint": "rate_limit_pkey"}


async def test_a_swallowed_failure_does_not_look_like_a_commit(db: Database) -> None:
    await db.execute(_INSERT, "a")
    with pytest.raises(RuntimeError, match="rolled back"):  # noqa: PT012
        async with db.transaction() as work:
            await work.execute(_INSERT, "b")
            with pytest.raises(DuplicateKey):
                await work.execute(_INSERT, "a")
    assert await db.fetchval(_COUNT) == 1


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        await Database.connect("postgresql://x:y@/z?host=/nonexistent")
    assert caught.value.params["retry_after"] == 1


async def test_a_pool_with_no_connection_left_is_unavailable(dsn: str) -> None:
    db = await Database.connect(dsn, max_size=1)
    async with db.transaction():
        with pytest.raises(Unavailable):
            await db.fetchval("SELECT 1")
    assert await db.fetchval("SELECT 1") == 1
    await db.close()


async def test_terminated_connections_are_replaced_without_the_caller_noticing(db: Database) -> None:
    await asyncio.gather(*(db.fetchval("SELECT pg_sleep(0.1)") for _ in range(10)))
    await db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE usename = current_user AND pid <> pg_backend_pid()"
    )
    await asyncio.sleep(0.1)
    assert await asyncio.gather(*(db.fetchval("SELECT 1") for _ in range(20))) == [1] * 20


async def test_a_statement_cut_off_is_not_repeated(db: Database) -> None:
    cut = asyncio.create_task(db.fetchval("SELECT pg_sleep(30)"))
    await asyncio.sleep(0.2)
    await db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE '%sleep(30)%' AND pid <> pg_backend_pid()"
    )
    with pytest.raises(Unavailable):
        await cut


async def test_wrong_arguments_are_not_called_unavailable(work: Work) -> None:
    with pytest.raises(asyncpg.DataError, match="argument"):
        await work.fetchval("SELECT $1::int", "text")


async def test_durability_is_checked(work: Work) -> None:
    await check_durability(work)
    await work.execute("SET LOCAL synchronous_commit = off")
    with pytest.raises(UnfitServer) as caught:
        await check_durability(work)
    assert caught.value.params == {"setting": "synchronous_commit", "value": "off", "wanted": "on"}
