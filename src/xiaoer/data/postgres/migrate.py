"""Forward-only migrations: numbered .sql files of `xiaoer/data/migrations`, applied once, under a lock.

A file is `NNNN_name.sql` and begins with comment lines. `-- lock_timeout: 5s` is obligatory, so that no
migration queues up behind a long reader and stops the shop. `-- no-transaction` is for CREATE INDEX
CONCURRENTLY: such a file's statements end with `;` at the end of a line and run one by one; they must bear
being run again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise
from typing import Any

import asyncpg

from xiaoer.data.postgres.database import unavailable
from xiaoer.kit.errors import Conflict, InvalidInput

# Any constant will do, as long as nobody else in this database takes it.
_LOCK = 7_234_018_455_301
_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_LOCK_TIMEOUT = re.compile(r"^-- lock_timeout: (\d+(?:ms|s))$")
_NO_TRANSACTION = "-- no-transaction"
_STATEMENT_END = re.compile(r";[ \t]*(?:\n|\Z)")

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number     int PRIMARY KEY,
    name       text COLLATE "C" NOT NULL,
    checksum   text COLLATE "C" NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_TABLE_EXISTS = "SELECT to_regclass('migration') IS NOT NULL"
_LIST = "SELECT number, name, checksum FROM migration ORDER BY number"
_RECORD = "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)"
_TAKE_LOCK = "SELECT pg_advisory_lock($1)"
_FREE_LOCK = "SELECT pg_advisory_unlock($1)"
_SET_LOCAL_TIMEOUT = "SELECT set_config('lock_timeout', $1, true)"
_SET_TIMEOUT = "SELECT set_config('lock_timeout', $1, false)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file, read and checked."""

    number: int
    name: str
    sql: str = field(repr=False)
    lock_timeout: str
    in_transaction: bool
    summary: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations() -> list[Migration]:
    """All migrations of this release, by number; raises InvalidInput naming the file at fault."""
    folder = files("xiaoer.data").joinpath("migrations")
    return parse_migrations({file.name: file.read_text("utf-8") for file in folder.iterdir() if _is_sql(file.name)})


def parse_migrations(texts: dict[str, str]) -> list[Migration]:
    """Migrations out of file names and texts; numbers are unique."""
    migrations = sorted((_parse(name, text) for name, text in texts.items()), key=lambda each: each.number)
    for before, after in pairwise(migrations):
        if before.number == after.number:
            raise InvalidInput("migration.same_number", file=after.name, other=before.name)
    return migrations


async def plan(dsn: str, migrations: Sequence[Migration] | None = None) -> list[Migration]:
    """What `migrate` would apply, after the same checks; changes nothing."""
    known = read_migrations() if migrations is None else list(migrations)
    async with _connection(dsn) as connection:
        applied = await connection.fetch(_LIST) if await connection.fetchval(_TABLE_EXISTS) else []
        return _pending(known, applied)


async def migrate(dsn: str, migrations: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply what is pending and return it. Several processes may call this at once: one works, others wait."""
    known = read_migrations() if migrations is None else list(migrations)
    async with _connection(dsn) as connection:
        await connection.execute(_TAKE_LOCK, _LOCK)
        try:
            if not await connection.fetchval(_TABLE_EXISTS):
                await connection.execute(_CREATE_TABLE)
            pending = _pending(known, await connection.fetch(_LIST))
            for migration in pending:
                await _apply(connection, migration)
            return pending
        finally:
            await connection.execute(_FREE_LOCK, _LOCK)


def _is_sql(name: str) -> bool:
    return name.endswith(".sql")


def _parse(name: str, text: str) -> Migration:
    matched = _NAME.match(name)
    if matched is None:
        raise InvalidInput("migration.invalid_name", file=name)
    comments = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comments.append(line.rstrip())
    timeouts = [found[1] for line in comments if (found := _LOCK_TIMEOUT.match(line))]
    if not timeouts:
        raise InvalidInput("migration.no_lock_timeout", file=name, wanted="-- lock_timeout: 5s")
    if not _has_statement(text):
        raise InvalidInput("migration.empty", file=name)
    prose = [line for line in comments if not _LOCK_TIMEOUT.match(line) and line != _NO_TRANSACTION]
    return Migration(
        number=int(matched[1]),
        name=name,
        sql=text,
        lock_timeout=timeouts[0],
        in_transaction=_NO_TRANSACTION not in comments,
        summary=prose[0].removeprefix("--").strip() if prose else matched[2].replace("_", " "),
    )


def _has_statement(sql: str) -> bool:
    return any(line.strip() and not line.startswith("--") for line in sql.splitlines())


def _pending(known: Sequence[Migration], applied: Sequence[Any]) -> list[Migration]:
    """The known ones that were not applied; refuses an edited past and a database from the future."""
    by_number = {migration.number: migration for migration in known}
    for row in applied:
        migration = by_number.get(row["number"])
        if migration is None:
            raise Conflict("migration.database_is_newer", migration=row["name"])
        if migration.checksum != row["checksum"]:
            raise Conflict("migration.was_edited", migration=row["name"])
    done = {row["number"] for row in applied}
    pending = [migration for migration in known if migration.number not in done]
    if pending and done and pending[0].number < max(done):
        raise Conflict("migration.out_of_order", migration=pending[0].name)
    return pending


async def _apply(connection: Any, migration: Migration) -> None:
    record = (migration.number, migration.name, migration.checksum)
    if migration.in_transaction:
        async with connection.transaction():
            await connection.execute(_SET_LOCAL_TIMEOUT, migration.lock_timeout)
            await connection.execute(migration.sql)
            await connection.execute(_RECORD, *record)
        return
    await connection.execute(_SET_TIMEOUT, migration.lock_timeout)
    for statement in _STATEMENT_END.split(migration.sql):
        if _has_statement(statement):
            await connection.execute(statement)
    await connection.execute(_RECORD, *record)
    await connection.execute(_SET_TIMEOUT, "0")


@asynccontextmanager
async def _connection(dsn: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "xiaoer migrate"})
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise unavailable(error) from error
    try:
        yield connection
    finally:
        if not connection.is_closed():
            await connection.close()
