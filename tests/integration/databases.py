"""Databases of the session's server, by name and as its superuser."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import asyncpg

from xiaoer.data.postgres.supervisor import EmbeddedPostgres


def with_database(dsn: str, database: str) -> str:
    """The same DSN for another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


async def run_as_superuser(server: EmbeddedPostgres, sql: str) -> None:
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
