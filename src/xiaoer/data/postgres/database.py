"""The pool and the unit of work: all that stores see of PostgreSQL.

A statement on `Database` is its own transaction; statements on a `Work` commit together. Session state must
not outlive a transaction (only SET LOCAL, only pg_advisory_xact_lock): connections go back to the pool
without the driver's RESET round trip.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

import asyncpg
import msgspec

from xiaoer.kit.errors import Conflict, Unavailable

Record: TypeAlias = Mapping[str, Any]
Result = TypeVar("Result")

# How long a caller waits for a connection: a killed server is back in well under this.
ACQUIRE_SECONDS = 2.5
_RETRY_SECONDS = 0.05

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # What the driver says of a connection that died in the middle of its own bookkeeping.
    asyncpg.InternalClientError,
    OSError,
)
_JSONB_VERSION = b"\x01"
_encode_json = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder().decode


class DuplicateKey(Conflict):
    """A unique index refused a row; `params["constraint"]` names it. A `Work` is lost with it."""

    status: ClassVar[int] = 409


class Executor(Protocol):
    """What a store function takes: the database itself or a unit of work."""

    async def fetch(self, sql: str, *args: Any) -> list[Record]:
        """All rows."""

    async def fetchrow(self, sql: str, *args: Any) -> Record | None:
        """The first row, or None."""

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""

    async def execute(self, sql: str, *args: Any) -> int:
        """Run it and return the number of rows it touched."""


class Work:
    """One transaction under way; made by `Database.transaction`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *args: Any) -> list[Record]:
        return await _run(self._connection, self._connection.fetch, sql, args)

    async def fetchrow(self, sql: str, *args: Any) -> Record | None:
        return await _run(self._connection, self._connection.fetchrow, sql, args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        return await _run(self._connection, self._connection.fetchval, sql, args)

    async def execute(self, sql: str, *args: Any) -> int:
        return _touched(await _run(self._connection, self._connection.execute, sql, args))


class Database:
    """A pool of connections that heals itself when the server restarts."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def connect(
        cls, dsn: str, *, min_size: int = 1, max_size: int = 10, command_timeout: float = 30.0
    ) -> Database:
        """Open the pool; raises Unavailable when the server cannot be reached."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=min_size,
                max_size=max_size,
                command_timeout=command_timeout,
                timeout=ACQUIRE_SECONDS,
                init=prepare_connection,
                reset=_keep_session,
                statement_cache_size=512,
                max_cached_statement_lifetime=0,
                # Our statements are few and their plans do not depend on their values: planning each time was a third of
                # what the server did for a turn.
                server_settings={
                    "application_name": "xiaoer",
                    "timezone": "UTC",
                    "plan_cache_mode": "force_generic_plan",
                },
            )
        except _LOST as error:
            raise unavailable(error) from error
        return cls(pool)

    async def close(self) -> None:
        """Wait up to five seconds for what is under way, then cut."""
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def fetch(self, sql: str, *args: Any) -> list[Record]:
        async with self._connection() as connection:
            return await _run(connection, connection.fetch, sql, args)

    async def fetchrow(self, sql: str, *args: Any) -> Record | None:
        async with self._connection() as connection:
            return await _run(connection, connection.fetchrow, sql, args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        async with self._connection() as connection:
            return await _run(connection, connection.fetchval, sql, args)

    async def execute(self, sql: str, *args: Any) -> int:
        async with self._connection() as connection:
            return _touched(await _run(connection, connection.execute, sql, args))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Work]:
        """One unit of work: committed at the end of the block, rolled back when it raises.

        When the connection is lost in the very COMMIT, Unavailable says `outcome="unknown"`.
        """
        async with self._connection(begin=True) as connection:
            try:
                yield Work(connection)
            except BaseException:
                await _roll_back(connection)
                raise
            await _commit(connection)

    @asynccontextmanager
    async def _connection(self, *, begin: bool = False) -> AsyncIterator[Any]:
        connection = await self._acquire(begin)
        try:
            yield connection
        finally:
            await self._release(connection)

    async def _acquire(self, begin: bool) -> Any:
        """A live connection, with a transaction open if asked for. Nothing is done yet, so it may retry."""
        deadline = time.monotonic() + ACQUIRE_SECONDS
        while True:
            connection = None
            try:
                connection = await self._pool.acquire(timeout=max(0.01, deadline - time.monotonic()))
                if begin:
                    await connection.execute("BEGIN")
                return connection
            except BaseException as error:
                if connection is not None:
                    await self._release(connection)
                if not _is_lost(error, connection):
                    raise
                if time.monotonic() + _RETRY_SECONDS >= deadline:
                    raise unavailable(error) from error
                # An idle connection that turns out dead has dead siblings: make the pool replace them all.
                if connection is not None:
                    await self._pool.expire_connections()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _release(self, connection: Any) -> None:
        try:
            # A peer that vanished without a word must not hold the caller for ever.
            await self._pool.release(connection, timeout=5)
        except (*_LOST, asyncpg.InterfaceError):
            return  # It died on the way back; the pool has already dropped it.


async def prepare_connection(connection: Any) -> None:
    """Teach a connection our jsonb: any JSON value in, dicts and lists out."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_encode_jsonb, decoder=_decode_jsonb
    )


def unavailable(error: BaseException) -> Unavailable:
    """What a caller is told when the server is away."""
    return Unavailable("database.unavailable", retry_after=1, reason=type(error).__name__)


def _encode_jsonb(value: Any) -> bytes:
    return _JSONB_VERSION + _encode_json(value)


def _decode_jsonb(data: bytes) -> Any:
    return _decode_json(memoryview(data)[1:])


async def _keep_session(_connection: Any) -> None:
    """In place of RESET ALL, which would cost every borrowed connection one more round trip."""


async def _run(connection: Any, method: Callable[..., Awaitable[Result]], sql: str, args: tuple[Any, ...]) -> Result:
    """Run one statement. Never repeated: it may have been committed before the connection broke."""
    try:
        return await method(sql, *args)
    except asyncpg.UniqueViolationError as error:
        raise _duplicate(error) from error
    except (*_LOST, asyncpg.InterfaceError) as error:
        if not _is_lost(error, connection):
            raise
        raise unavailable(error) from error


async def _commit(connection: Any) -> None:
    try:
        status = await connection.execute("COMMIT")
    except asyncpg.UniqueViolationError as error:
        raise _duplicate(error) from error
    except (*_LOST, asyncpg.InterfaceError) as error:
        raise Unavailable("database.unavailable", retry_after=1, outcome="unknown") from error
    # PostgreSQL answers ROLLBACK, and no error, when a statement had failed and somebody swallowed it.
    if status != "COMMIT":
        raise RuntimeError("a failed statement was ignored, so the whole unit of work was rolled back")


async def _roll_back(connection: Any) -> None:
    try:
        if not connection.is_closed():
            await connection.execute("ROLLBACK", timeout=2)
    except (*_LOST, asyncpg.InterfaceError):
        connection.terminate()


def _is_lost(error: BaseException, connection: Any) -> bool:
    """Whether the connection is at fault; an InterfaceError is also what the driver calls wrong arguments."""
    if isinstance(error, asyncpg.InterfaceError):
        return connection is None or connection.is_closed()
    return isinstance(error, _LOST)


def _duplicate(error: Any) -> DuplicateKey:
    return DuplicateKey("database.duplicate_key", constraint=error.constraint_name or "")


def _touched(status: str) -> int:
    """`UPDATE 3` and `INSERT 0 3` both mean three; `CREATE TABLE` means none."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
