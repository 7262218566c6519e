"""Migrations."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from databases import run_as_superuser, with_database

from xiaoer.data.postgres.cluster import OWNER
from xiaoer.data.postgres.migrate import Migration, migrate, parse_migrations, plan, read_migrations
from xiaoer.data.postgres.supervisor import EmbeddedPostgres
from xiaoer.kit.errors import Conflict, InvalidInput

_HEADER = "-- lock_timeout: 5s\n"
_ONE = {"0001_one.sql": _HEADER + "-- One table.\nCREATE TABLE one (a int);"}
_TWO = {**_ONE, "0002_two.sql": _HEADER + "INSERT INTO one VALUES (1);"}


@pytest.fixture
async def empty(postgres: EmbeddedPostgres) -> str:
    await run_as_superuser(postgres, "DROP DATABASE IF EXISTS empty WITH (FORCE)")
    await run_as_superuser(postgres, f"CREATE DATABASE empty OWNER {OWNER}")
    return with_database(postgres.owner_dsn, "empty")


async def _query(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_plan_lists_and_changes_nothing(empty: str) -> None:
    pending = await plan(empty, parse_migrations(_TWO))
    assert [(each.name, each.summary) for each in pending] == [
        ("0001_one.sql", "One table."),
        ("0002_two.sql", "two"),
    ]
    assert await _query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


async def test_each_is_applied_once(empty: str) -> None:
    assert len(await migrate(empty, parse_migrations(_ONE))) == 1
    assert [each.name for each in await migrate(empty, parse_migrations(_TWO))] == ["0002_two.sql"]
    assert await migrate(empty, parse_migrations(_TWO)) == []
    assert await plan(empty, parse_migrations(_TWO)) == []
    assert await _query(empty, "SELECT count(*) FROM one") == 1


async def test_many_starts_at_once_apply_each_once(empty: str) -> None:
    migrations = parse_migrations(_TWO)
    done = await asyncio.gather(*(migrate(empty, migrations) for _ in range(6)))
    assert sorted(len(each) for each in done) == [0, 0, 0, 0, 0, 2]
    assert await _query(empty, "SELECT count(*) FROM one") == 1


async def test_a_failing_one_leaves_nothing_and_can_be_repaired(empty: str) -> None:
    broken = {**_ONE, "0002_two.sql": _HEADER + "CREATE TABLE two (a int); SELECT 1 / 0;"}
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty, parse_migrations(broken))
    assert await _query(empty, "SELECT to_regclass('two') IS NULL") is True
    assert [each.number for each in await migrate(empty, parse_migrations(_TWO))] == [2]


async def test_an_edited_one_is_refused_by_name(empty: str) -> None:
    await migrate(empty, parse_migrations(_ONE))
    edited = parse_migrations({"0001_one.sql": _ONE["0001_one.sql"] + " "})
    for check in (plan, migrate):
        with pytest.raises(Conflict) as caught:
            await check(empty, edited)
        assert (caught.value.code, caught.value.params["migration"]) == (
            "migration.was_edited",
            "0001_one.sql",
        )


async def test_a_newer_database_and_a_late_number_are_refused(empty: str) -> None:
    await migrate(empty, parse_migrations(_TWO))
    with pytest.raises(Conflict, match="database_is_newer"):
        await migrate(empty, parse_migrations(_ONE))
    late = {**_TWO, "0003_c.sql": _HEADER + "SELECT 1"}
    await migrate(empty, parse_migrations(late))
    without_two = {name: text for name, text in late.items() if not name.startswith("0002")}
    with pytest.raises(Conflict, match="database_is_newer"):
        await migrate(empty, parse_migrations(without_two))


async def test_statements_outside_a_transaction(empty: str) -> None:
    text = (
        "-- no-transaction\n"
        + _HEADER
        + "DROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON one (a);\n"
    )
    await migrate(empty, parse_migrations({**_ONE, "0002_index.sql": text}))
    assert await _query(empty, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is True


async def test_a_lock_that_is_not_granted_gives_up(empty: str) -> None:
    await migrate(empty, parse_migrations(_ONE))
    impatient = {**_ONE, "0002_two.sql": "-- lock_timeout: 100ms\nALTER TABLE one ADD b int;"}
    connection = await asyncpg.connect(empty)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE one IN ACCESS SHARE MODE")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await migrate(empty, parse_migrations(impatient))
    finally:
        await connection.close()
    assert len(await migrate(empty, parse_migrations(impatient))) == 1


@pytest.mark.parametrize("name", ["1_one.sql", "0001-one.sql", "0001_One.sql"])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="invalid_name"):
        parse_migrations({name: _HEADER + "SELECT 1"})


def test_a_missing_header_and_a_double_number_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no_lock_timeout"):
        parse_migrations({"0001_one.sql": "SELECT 1;\n" + _HEADER})
    with pytest.raises(InvalidInput, match="empty"):
        parse_migrations({"0001_one.sql": _HEADER + "\n-- nothing\n"})
    with pytest.raises(InvalidInput, match="same_number"):
        parse_migrations({**_ONE, "0001_two.sql": _ONE["0001_one.sql"]})


def test_our_own_are_numbered_without_a_gap() -> None:
    ours: list[Migration] = read_migrations()
    assert [each.number for each in ours] == list(range(1, len(ours) + 1))
