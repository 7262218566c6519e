"""`hall`: the conversation core over a database of its own, without a server; `stage`: the session's running one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from databases import with_database
from hall import Hall, open_hall
from stage import Stage, clone_database, stand

from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.supervisor import EmbeddedPostgres


@pytest.fixture(scope="session")
def stage(postgres: EmbeddedPostgres) -> Iterator[Stage]:
    asyncio.run(clone_database(postgres, "xiaoer_stage"))
    yield from stand(with_database(postgres.dsn, "xiaoer_stage"))


@pytest.fixture
async def hall(db: Database) -> Hall:
    return await open_hall(db)
