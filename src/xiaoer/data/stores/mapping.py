"""From records to row structs: the three shapes every store returns."""

from __future__ import annotations

from typing import Any, TypeVar

from xiaoer.data.postgres.database import Executor

Row = TypeVar("Row")


async def find_one(db: Executor, kind: type[Row], sql: str, *args: Any) -> Row | None:
    """The first row as a struct of `kind`, or None."""
    record = await db.fetchrow(sql, *args)
    return None if record is None else kind(**record)


async def get_one(db: Executor, kind: type[Row], sql: str, *args: Any) -> Row:
    """The one row that the statement always returns."""
    row = await find_one(db, kind, sql, *args)
    if row is None:
        raise LookupError(f"no {kind.__name__} came back")
    return row


async def list_all(db: Executor, kind: type[Row], sql: str, *args: Any) -> list[Row]:
    """All rows as structs of `kind`."""
    return [kind(**record) for record in await db.fetch(sql, *args)]
