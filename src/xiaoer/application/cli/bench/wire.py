"""A WebSocket and an HTTP client that cost next to nothing: the load generator shares the cores with the server."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

API = "/api/v1"

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_ACCEPTED = b" 101 "


class Broken(Exception):
    """The other side went away, or answered what is no HTTP and no WebSocket."""


class WebSocket(asyncio.Protocol):
    """One client socket: `on_frame` gets each text message, `on_close` why it ended.

    Frames are masked with zero, which is allowed and free; no compression is offered unless asked for.
    """

    __slots__ = (
        "_buffer",
        "_parts",
        "_request",
        "is_open",
        "on_close",
        "on_frame",
        "opened",
        "response",
        "transport",
    )

    def __init__(self, request: bytes, on_frame: Callable[[bytes], None], on_close: Callable[[str], None]) -> None:
        self._request = request
        self._buffer = b""
        self._parts: list[bytes] = []
        self.on_frame = on_frame
        self.on_close = on_close
        self.is_open = False
        self.response = b""
        self.transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(self._request)  # type: ignore[union-attr]

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self.is_open and not self._read_response():
            return
        while self._read_frame():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if not self.opened.done():
            self.opened.set_exception(Broken(f"closed before it opened: {self.response[:80]!r}"))
        else:
            self.on_close(type(exc).__name__ if exc else "closed")

    def send(self, text: bytes) -> None:
        self._write(_TEXT, text)

    def close(self) -> None:
        """Close without a word to `on_close`."""
        self.on_close = _ignore
        if self.transport is not None:
            if self.is_open:
                self._write(_CLOSE, b"\x03\xe8")
            self.transport.close()

    def _write(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB4x", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH4x", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ4x", 0x80 | opcode, 0x80 | 127, size)
        if self.transport is not None:
            self.transport.write(head + payload)

    def _read_response(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.response, self._buffer = self._buffer[: end + 4], self._buffer[end + 4 :]
        if _ACCEPTED not in self.response.split(b"\r\n", 1)[0]:
            if self.transport is not None:
                self.transport.abort()
            return False
        self.is_open = True
        if not self.opened.done():
            self.opened.set_result(None)
        return True

    def _read_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        start, size = 2, buffer[1] & 0x7F
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return False
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return False
        payload, self._buffer = buffer[start : start + size], buffer[start + size :]
        self._take(buffer[0] & 0x80 != 0, buffer[0] & 0x0F, payload)
        return True

    def _take(self, is_last: bool, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self._write(_PONG, payload)
        elif opcode == _CLOSE:
            if self.transport is not None:
                self.transport.close()
        elif opcode < _CLOSE:
            self._parts.append(payload)
            if is_last:
                whole = payload if len(self._parts) == 1 else b"".join(self._parts)
                self._parts.clear()
                self.on_frame(whole)


def _ignore(_why: str) -> None:
    """Nobody wants to know."""


async def open_socket(
    host: str,
    port: int,
    path: str,
    on_frame: Callable[[bytes], None],
    on_close: Callable[[str], None],
    headers: Mapping[str, str] | None = None,
) -> WebSocket:
    """A connected WebSocket; raises Broken or OSError, within 30 s."""
    lines = [
        f"GET {API}{path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eGlhb2VyLWJlbmNoLWtleQ==", f"Origin: http://{host}:{port}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()), "", "",
    ]  # fmt: skip
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(30):
        _, socket = await loop.create_connection(lambda: WebSocket(request, on_frame, on_close), host, port)
        await socket.opened
    return socket


class Http:
    """JSON over a few kept connections; each call takes one that is free."""

    def __init__(self, host: str, port: int, connections: int = 4) -> None:
        self.host = host
        self.port = port
        self._slots = asyncio.Semaphore(connections)
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, *, seconds: float = 30
    ) -> tuple[int, Any]:
        """Status and decoded answer (None when empty); raises Broken, OSError or TimeoutError."""
        raw = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {API}{path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Length: {len(raw)}\r\n"
        if raw:
            head += "Content-Type: application/json\r\n"
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        async with self._slots, asyncio.timeout(seconds):
            return await self._exchange(f"{head}\r\n".encode() + raw)

    async def expect(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """The answer of a call that must succeed; raises Broken with what the server said otherwise."""
        status, answer = await self.call(method, path, body, token)
        if status >= 300:
            raise Broken(f"{method} {path}: {status} {answer}")
        return answer

    async def close(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()

    async def _exchange(self, request: bytes) -> tuple[int, Any]:
        is_kept = bool(self._idle)
        reader, writer = self._idle.pop() if is_kept else await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request)
            status, raw, keeps = await _read_answer(reader)
        except (
            OSError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ValueError,
            IndexError,
        ) as error:
            writer.close()
            if is_kept:  # The server closes connections that were idle too long: once more on a fresh one.
                return await self._exchange(request)
            raise Broken(f"{type(error).__name__}: {error}") from error
        except BaseException:
            writer.close()
            raise
        if keeps:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return status, msgspec.json.decode(raw) if raw[:1] in (b"{", b"[") else None


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    first, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    status = int(first.split(" ")[1])
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    else:
        size = 0 if status in (204, 304) else int(headers.get("content-length", "0"))
        body = await reader.readexactly(size)
    return status, body, headers.get("connection") != "close"


def split_url(url: str) -> tuple[str, int]:
    """Host and port of http://host:port."""
    host, _, port = url.removeprefix("http://").rstrip("/").rpartition(":")
    return host, int(port)
