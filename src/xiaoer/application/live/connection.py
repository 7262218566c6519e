"""One socket's way out: a bounded queue and a task that writes. Who does not read is cut, and resumes later."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

QUEUE_LIMIT = 1_000
BYTE_LIMIT = 1 << 20

_encoder = msgspec.json.Encoder()


def encode(frame: Any) -> bytes:
    """A frame as it goes over the wire."""
    return _encoder.encode(frame)


class Connection:
    """A socket with its cursors: for each conversation it follows, the `seq` it has been pushed up to.

    `has_lists` says that its holder may read conversations, so that the shop's lists are pushed to it.
    """

    __slots__ = (
        "_bytes", "_send", "_wake", "closing", "current", "cursors", "has_lists", "is_public", "queue", "shop_id", "subject_id",
    )  # fmt: skip

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        *,
        shop_id: UUID,
        subject_id: UUID,
        is_public: bool,
        has_lists: bool = False,
    ) -> None:
        self._send = send
        self.shop_id = shop_id
        self.subject_id = subject_id
        self.is_public = is_public
        self.has_lists = has_lists
        self.cursors: dict[UUID, int] = {}
        # A shopper follows one conversation at a time: this one.
        self.current: UUID | None = None
        self.queue: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.closing: str | None = None

    def push(self, frame: Any) -> None:
        """Queue a frame; a full queue closes the connection instead of growing."""
        self.push_bytes(encode(frame))

    def push_bytes(self, raw: bytes) -> None:
        if self.closing:
            return
        # One frame alone is always taken, however large: what a resume brings could otherwise never be delivered.
        if self.queue and (len(self.queue) >= QUEUE_LIMIT or self._bytes + len(raw) > BYTE_LIMIT):
            self.close("slow_consumer")
            return
        self.queue.append(raw)
        self._bytes += len(raw)
        self._wake.set()

    def close(self, code: str) -> None:
        """Say goodbye after what is queued, except to a slow consumer, whose queue is dropped."""
        if self.closing is None:
            self.closing = code
            if code == "slow_consumer":
                self.queue.clear()
            self._wake.set()

    async def write_until_closed(self) -> None:
        """Write queued frames until the connection is closed; returns after the goodbye."""
        while True:
            while self.queue:
                raw = self.queue.popleft()
                self._bytes -= len(raw)
                await self._send(raw.decode())
            if self.closing:
                await self._send(encode({"type": "bye", "code": self.closing}).decode())
                return
            self._wake.clear()
            await self._wake.wait()
