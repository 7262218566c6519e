"""Refuses servers on which an acknowledged message could vanish, or which our SQL does not know."""

from __future__ import annotations

from xiaoer.data.postgres.database import Executor
from xiaoer.kit.errors import Unavailable

MINIMUM_MAJOR = 15

_READ = """
SELECT current_setting('server_version_num')::int / 10000 AS major,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) AS encoding
"""


_READ_CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float8"


class UnfitServer(Unavailable):
    """The server is up and must not be used as it is; `setting`, `value` and `wanted` say why."""


async def check_durability(db: Executor) -> None:
    """Raise UnfitServer unless every commit that returns is on disk, in UTF-8, on PostgreSQL 15 or later."""
    row = await db.fetchrow(_READ)
    if row is None:
        raise UnfitServer("database.unfit", setting="server", value="silent", wanted="answering")
    if row["major"] < MINIMUM_MAJOR:
        raise UnfitServer("database.unfit", setting="version", value=row["major"], wanted=f">= {MINIMUM_MAJOR}")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if row[setting] == "off":
            raise UnfitServer("database.unfit", setting=setting, value="off", wanted="on")
    if row["encoding"] != "UTF8":
        raise UnfitServer("database.unfit", setting="encoding", value=row["encoding"], wanted="UTF8")


async def read_clock(db: Executor) -> float:
    """The server's clock, in Unix seconds."""
    return float(await db.fetchval(_READ_CLOCK))
