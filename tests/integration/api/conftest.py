"""The session's running application (`stage`): a real server on a loopback port with two furnished shops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from stage import Stage, stand, with_database

from xiaoer.data.postgres.cluster import OWNER
from xiaoer.data.postgres.supervisor import EmbeddedPostgres


async def _clone(server: EmbeddedPostgres, name: str) -> None:
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name):
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE xiaoer_template OWNER {OWNER}")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def stage(postgres: EmbeddedPostgres) -> Iterator[Stage]:
    asyncio.run(_clone(postgres, "xiaoer_stage"))
    yield from stand(with_database(postgres.dsn, "xiaoer_stage"))
