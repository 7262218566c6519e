"""Telling other processes that something moved, over LISTEN and NOTIFY. Hints only: listeners also poll.

A NOTIFY inside a business transaction would put a database-wide lock around its commit. So `Notifier` sends
from a connection of its own, after the commit, many at once and without waiting for the disk.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg

from xiaoer.data.postgres.database import unavailable
from xiaoer.kit.logging import Log

# PostgreSQL takes less than 8,000 bytes; several payloads travel in one, a line each.
MAX_PAYLOAD_BYTES = 7_900
_COALESCE_SECONDS = 0.002
_MAX_PENDING = 20_000
_PING_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0

_SEND = "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS n (channel, payload)"
_PING = "SELECT pg_notify($1, '')"

_log = Log("xiaoer.notify")
_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class Notifier:
    """Sends payloads to channels, never making the caller wait; keeps the newest while the server is away."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._pending: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="notifier")

    async def stop(self) -> None:
        """Send what is pending, within a second, and close."""
        self._is_stopping = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=1)
            await _end(self._task)

    def notify(self, channel: str, payload: str = "") -> None:
        """Send soon, and once however often it was said; a payload is one line of less than 7,900 bytes."""
        if "\n" in payload or len(payload.encode()) >= MAX_PAYLOAD_BYTES:
            raise ValueError("a payload is one line of less than 7,900 bytes: send ids, not contents")
        self._pending[channel, payload] = None
        if len(self._pending) > _MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        self._wake.set()

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        connection = None
        try:
            while not (self._is_stopping and not self._pending):
                try:
                    if connection is None or connection.is_closed():
                        connection = await _connect(self._dsn, "xiaoer notifier", synchronous_commit="off")
                    await self._send_next(connection)
                    pause = _FIRST_PAUSE
                except _FAULTS as error:
                    _log.warning("notify_failed", kind=type(error).__name__)
                    _terminate(connection)
                    connection = None
                    self._wake.set()  # What was not sent still waits.
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            _terminate(connection)

    async def _send_next(self, connection: Any) -> None:
        """Wait for something to send, let more come along for 2 ms, send it all in one statement."""
        await self._wake.wait()
        if not self._is_stopping:
            await asyncio.sleep(_COALESCE_SECONDS)
        self._wake.clear()
        # What is said during the sending waits for the next batch, even if the same was said before.
        batch, self._pending = self._pending, {}
        if not batch:
            return
        try:
            await connection.execute(_SEND, *join_payloads(list(batch)), timeout=5)
        except BaseException:
            self._pending = {**batch, **self._pending}
            raise


class Listener:
    """Receives payloads on a connection of its own, and notices within seconds when that went deaf."""

    def __init__(
        self,
        dsn: str,
        channels: Sequence[str],
        on_payloads: Callable[[str, list[str]], Awaitable[None]],
        on_reconnect: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._dsn = dsn
        self._channels = tuple(channels)
        self._on_payloads = on_payloads
        self._on_reconnect = on_reconnect
        self._received: dict[str, list[str]] = defaultdict(list)
        self._wake = asyncio.Event()
        self._ping_channel = f"ping_{uuid4().hex}"
        self._heard_ping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen; raises Unavailable when the first connection fails, later ones are retried for ever."""
        try:
            connection = await self._listen()
        except _FAULTS as error:
            raise unavailable(error) from error
        self._tasks = [
            asyncio.create_task(self._keep_listening(connection), name="listener"),
            asyncio.create_task(self._deliver(), name="listener-delivery"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            await _end(task)

    async def _listen(self) -> Any:
        connection = await _connect(self._dsn, "xiaoer listener")
        try:
            for channel in (*self._channels, self._ping_channel):
                await connection.add_listener(channel, self._receive)
        except BaseException:
            _terminate(connection)
            raise
        return connection

    def _receive(self, _connection: Any, _pid: int, channel: str, payload: str) -> None:
        if channel == self._ping_channel:
            self._heard_ping.set()
            return
        self._received[channel].extend(payload.split("\n"))
        self._wake.set()

    async def _keep_listening(self, connection: Any) -> None:
        pause = _FIRST_PAUSE
        try:
            while True:
                try:
                    if connection is None:
                        connection = await self._listen()
                        await self._tell_reconnected()
                    await self._ping_until_deaf(connection)
                except _FAULTS as error:
                    _log.warning("listener_lost", kind=type(error).__name__)
                _terminate(connection)
                connection = None
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE) if connection is None else _FIRST_PAUSE
        finally:
            _terminate(connection)

    async def _ping_until_deaf(self, connection: Any) -> None:
        """Return, or raise, once a notification to ourselves did not arrive in time."""
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _connection: closed.set())
        while not connection.is_closed():
            self._heard_ping.clear()
            await connection.execute(_PING, self._ping_channel, timeout=_PING_SECONDS)
            async with asyncio.timeout(_PING_SECONDS):
                await self._heard_ping.wait()
            try:
                async with asyncio.timeout(_PING_SECONDS):
                    await closed.wait()
            except TimeoutError:
                continue

    async def _tell_reconnected(self) -> None:
        _log.info("listener_reconnected")
        if self._on_reconnect is not None:
            try:
                await self._on_reconnect()
            except Exception as error:
                _log.error("reconnect_callback_failed", cause=error)

    async def _deliver(self) -> None:
        """Hand over all that arrived since the last time, a channel at a time."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            received, self._received = self._received, defaultdict(list)
            for channel, payloads in received.items():
                try:
                    await self._on_payloads(channel, payloads)
                except Exception as error:
                    # A door to code of others: one bad payload must not stop the listening.
                    _log.error("listener_callback_failed", cause=error, channel=channel)


def join_payloads(batch: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Channels and payloads to send, payloads of one channel joined by lines up to what NOTIFY takes."""
    channels: list[str] = []
    payloads: list[str] = []
    lines: dict[str, list[str]] = defaultdict(list)
    for channel, payload in batch:
        lines[channel].append(payload)
    for channel, waiting in lines.items():
        joined, size = [waiting[0]], len(waiting[0].encode())
        for payload in waiting[1:]:
            size += 1 + len(payload.encode())
            if size >= MAX_PAYLOAD_BYTES:
                channels.append(channel)
                payloads.append("\n".join(joined))
                joined, size = [], len(payload.encode())
            joined.append(payload)
        channels.append(channel)
        payloads.append("\n".join(joined))
    return channels, payloads


async def _connect(dsn: str, name: str, **settings: str) -> Any:
    return await asyncpg.connect(dsn, timeout=2.5, server_settings={"application_name": name, **settings})


def _terminate(connection: Any) -> None:
    if connection is not None and not connection.is_closed():
        connection.terminate()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
