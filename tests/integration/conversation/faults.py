"""A database that counts its statements, and one that fails them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from xiaoer.data.postgres.database import Database, Work
from xiaoer.kit.errors import Unavailable


class WrappedDatabase:
    """An Executor around another that shows every statement to `_meet` before and lets it replace the outcome."""

    def __init__(self, inner: Database | Work) -> None:
        self.inner = inner

    async def _meet(self, run: Callable[..., Awaitable[Any]], sql: str, args: tuple[Any, ...]) -> Any:
        return await run(sql, *args)

    async def fetch(self, sql: str, *args: Any) -> Any:
        return await self._meet(self.inner.fetch, sql, args)

    async def fetchrow(self, sql: str, *args: Any) -> Any:
        return await self._meet(self.inner.fetchrow, sql, args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        return await self._meet(self.inner.fetchval, sql, args)

    async def execute(self, sql: str, *args: Any) -> Any:
        return await self._meet(self.inner.execute, sql, args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        assert isinstance(self.inner, Database)
        async with self.inner.transaction() as work:
            yield work


class CountingDatabase(WrappedDatabase):
    """`statements` are those that were run, in order."""

    def __init__(self, inner: Database | Work) -> None:
        super().__init__(inner)
        self.statements: list[str] = []

    async def _meet(self, run: Callable[..., Awaitable[Any]], sql: str, args: tuple[Any, ...]) -> Any:
        self.statements.append(sql)
        return await run(sql, *args)


class FailingDatabase(WrappedDatabase):
    """The first `times` statements that hold `word` are refused: before they run, or after they have committed."""

    def __init__(self, inner: Database | Work, word: str, *, after: bool = False, times: int = 1) -> None:
        super().__init__(inner)
        self.word = word
        self.after = after
        self.left = times

    async def _meet(self, run: Callable[..., Awaitable[Any]], sql: str, args: tuple[Any, ...]) -> Any:
        if self.word not in sql or self.left == 0:
            return await run(sql, *args)
        self.left -= 1
        if self.after:
            await run(sql, *args)
        raise Unavailable("database.unavailable", retry_after=1, outcome="unknown")
