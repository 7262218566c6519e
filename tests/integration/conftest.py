"""One embedded PostgreSQL for the whole session, a migrated template database, a clone of it for each test.

Take `work` (a transaction that is rolled back) when one transaction is enough, `db` (a database of its own)
when the test commits, runs things side by side, or needs the DSN (`dsn`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from databases import run_as_superuser, with_database

from xiaoer.data.postgres.cluster import OWNER
from xiaoer.data.postgres.database import Database, Work
from xiaoer.data.postgres.migrate import migrate
from xiaoer.data.postgres.supervisor import EmbeddedPostgres

_TEMPLATE = "xiaoer_template"
_numbers = itertools.count(1)


class _Undo(Exception):
    pass


def _has_room_in_memory() -> bool:
    """In memory a clone takes 12 ms, on disk 150; durability settings stay on in both."""
    try:
        found = os.statvfs("/dev/shm")
    except OSError:
        return False
    may_run = not found.f_flag & os.ST_NOEXEC
    return may_run and os.access("/dev/shm", os.W_OK) and found.f_bavail * found.f_frsize > 2 * 2**30


@pytest.fixture(scope="session")
def short_tmp() -> Iterator[Path]:
    """A directory that an unprivileged server can reach: pytest's own are private to the user who runs it."""
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-test-", dir="/dev/shm" if _has_room_in_memory() else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(short_tmp: Path) -> Iterator[EmbeddedPostgres]:
    """The session's server with the migrated template in it."""
    server = EmbeddedPostgres(short_tmp / "shared")
    server.start()
    try:
        asyncio.run(run_as_superuser(server, f"CREATE DATABASE {_TEMPLATE} OWNER {OWNER}"))
        asyncio.run(migrate(with_database(server.owner_dsn, _TEMPLATE)))
        asyncio.run(run_as_superuser(server, f"CREATE DATABASE xiaoer_work TEMPLATE {_TEMPLATE} OWNER {OWNER}"))
        yield server
    finally:
        server.stop()


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The application's DSN of a freshly migrated database that is this test's alone."""
    name = f"test_{next(_numbers)}"
    await run_as_superuser(postgres, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} OWNER {OWNER} STRATEGY FILE_COPY")
    yield with_database(postgres.dsn, name)
    await run_as_superuser(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = await Database.connect(dsn)
    yield database
    await database.close()


@pytest.fixture
async def work(postgres: EmbeddedPostgres) -> AsyncIterator[Work]:
    """A unit of work that leaves nothing behind."""
    database = await Database.connect(with_database(postgres.dsn, "xiaoer_work"), max_size=1)
    try:
        async with database.transaction() as unit:
            yield unit
            raise _Undo
    except _Undo:
        pass
    finally:
        await database.close()
