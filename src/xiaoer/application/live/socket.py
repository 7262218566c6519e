"""What both protocols share: one reader, one writer, and a way to end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from xiaoer.kit.errors import InvalidInput, NotSignedIn, TooManyRequests, XiaoerError
from xiaoer.kit.logging import Log

from .connection import Connection
from .frames import error_frame, find_id
from .hub import Hub

log = Log("xiaoer.live")

# A shopper or an agent sends a few frames a second at most; ten times that is a fault or a flood.
FRAMES_PER_SECOND = 30
BURST = 120
# JSON writes it so; a text with a backslash of its own before `u0000` is refused too, which nobody misses.
_NUL = "\\u0000"


class Disconnected(Exception):
    """The other side is gone."""


class Socket(Protocol):
    """The framework's socket, reduced to what is used. `receive` raises Disconnected."""

    async def receive(self) -> str: ...

    async def send(self, text: str) -> None: ...

    async def close(self) -> None: ...


class _Bucket:
    """A token bucket over the loop's clock."""

    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._at = asyncio.get_running_loop().time()

    def take(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._tokens = min(float(BURST), self._tokens + (now - self._at) * FRAMES_PER_SECOND)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


async def serve(
    socket: Socket,
    hub: Hub,
    connection: Connection,
    handle: Callable[[str], Awaitable[None]],
    locale: Callable[[], str],
) -> None:
    """Read commands and write frames until either side ends; always leaves the hub clean."""
    hub.join(connection)
    reader = asyncio.create_task(_read(socket, connection, handle, locale))
    writer = asyncio.create_task(connection.write_until_closed())
    try:
        await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(connection)
        for task in (reader, writer):
            task.cancel()
        for outcome in await asyncio.gather(reader, writer, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, Disconnected):
                log.warning("socket_failed", error=type(outcome).__name__)
        await socket.close()


async def _read(
    socket: Socket, connection: Connection, handle: Callable[[str], Awaitable[None]], locale: Callable[[], str]
) -> None:
    bucket = _Bucket()
    while True:
        raw = await socket.receive()
        try:
            if not bucket.take():
                raise TooManyRequests("socket.too_many_frames", retry_after=1)
            if _NUL in raw:
                raise InvalidInput("request.nul_character")
            await handle(raw)
        except NotSignedIn:
            connection.close("signed_out")
        except XiaoerError as error:
            connection.push(error_frame(error, locale(), find_id(raw)))
        except Exception as error:
            # The socket's door: a fault of ours is logged and told, and the connection lives on.
            log.error("command_failed", cause=error)
            connection.push(error_frame(XiaoerError("server.failed"), locale(), find_id(raw)))
