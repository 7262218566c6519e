"""Pushing: a moved timeline is read once per wake for all who follow it, and sent to each from its own cursor.

Nothing is lost when a notification is: every three seconds the counters of all followed conversations are compared
with what was pushed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.kit.errors import XiaoerError
from xiaoer.kit.logging import Log

from .connection import Connection, encode

log = Log("xiaoer.live")

LIST_PAUSE_SECONDS = 0.3
SWEEP_SECONDS = 3.0


class Reader(msgspec.Struct, frozen=True):
    """What the hub reads, handed in by wiring.

    `list_events(wanted)` takes (shop, conversation, after seq) and returns (conversation, seq, visitor frame or
    None, staff frame); `read_counters(wanted)` the seq each has reached; `list_summaries(shop, ids)` rows for the
    desk's lists; `count_by_staff(shop)` a function from staff id to that person's tab counts; `list_places(shop)`
    the queue frames of those who wait.
    """

    list_events: Callable[[Sequence[tuple[UUID, UUID, int]]], Awaitable[list[tuple[UUID, int, Any | None, Any]]]]
    read_counters: Callable[[Sequence[tuple[UUID, UUID]]], Awaitable[dict[tuple[UUID, UUID], int]]]
    list_summaries: Callable[[UUID, Sequence[UUID]], Awaitable[list[Any]]]
    count_by_staff: Callable[[UUID], Awaitable[Callable[[UUID], Any]]]
    list_places: Callable[[UUID], Awaitable[list[tuple[UUID, Any]]]]


class Hub:
    """The connections of one process."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._followers: dict[UUID, set[Connection]] = defaultdict(set)
        self._desks: dict[UUID, set[Connection]] = defaultdict(set)
        self._subjects: dict[UUID, set[Connection]] = defaultdict(set)
        self.connections: set[Connection] = set()
        self._moved: set[tuple[UUID, UUID]] = set()
        self._listed: dict[UUID, set[UUID]] = defaultdict(set)
        self._queues: set[UUID] = set()
        self._wake = asyncio.Event()
        self._list_wake = asyncio.Event()

    def join(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._subjects[connection.subject_id].add(connection)
        if not connection.is_public:
            self._desks[connection.shop_id].add(connection)

    def leave(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._subjects[connection.subject_id].discard(connection)
        if not self._subjects[connection.subject_id]:
            del self._subjects[connection.subject_id]
        for conversation_id in list(connection.cursors):
            self.unfollow(connection, conversation_id)
        desks = self._desks.get(connection.shop_id)
        if desks is not None:
            desks.discard(connection)
            if not desks:
                del self._desks[connection.shop_id]

    def follow(self, connection: Connection, conversation_id: UUID, seq: int) -> None:
        """Push what comes after `seq` from now on, and look at once whether something already has."""
        connection.cursors[conversation_id] = seq
        self._followers[conversation_id].add(connection)
        self.moved(connection.shop_id, conversation_id, is_new=False)

    def switch(self, connection: Connection, conversation_id: UUID, seq: int) -> None:
        """A shopper's socket turns to another conversation of theirs."""
        if connection.current is not None and connection.current != conversation_id:
            self.unfollow(connection, connection.current)
        connection.current = conversation_id
        self.follow(connection, conversation_id, seq)

    def opened(self, shop_id: UUID, customer_id: UUID, conversation_id: UUID) -> None:
        """A shopper began a conversation on one of their devices: the others turn to it."""
        for connection in list(self._subjects.get(customer_id, ())):
            if connection.shop_id == shop_id and connection.is_public and connection.current != conversation_id:
                self.switch(connection, conversation_id, 0)

    def unfollow(self, connection: Connection, conversation_id: UUID) -> None:
        connection.cursors.pop(conversation_id, None)
        followers = self._followers.get(conversation_id)
        if followers is not None:
            followers.discard(connection)
            if not followers:
                del self._followers[conversation_id]

    def is_at_desk(self, shop_id: UUID, staff_id: UUID) -> bool:
        return any(one.subject_id == staff_id for one in self._desks.get(shop_id, ()))

    def list_staff_online(self) -> dict[UUID, list[UUID]]:
        """Shop -> people with a desk open in this process."""
        return {shop: list({one.subject_id for one in desks}) for shop, desks in self._desks.items()}

    def count_connections(self, *, is_public: bool) -> int:
        return sum(one.is_public == is_public for one in self.connections)

    def list_shops(self) -> set[UUID]:
        """Shops with anybody connected here."""
        return {one.shop_id for one in self.connections}

    def moved(self, shop_id: UUID, conversation_id: UUID, *, is_new: bool = True) -> None:
        """A timeline may have grown."""
        if conversation_id in self._followers:
            self._moved.add((shop_id, conversation_id))
            self._wake.set()
        if is_new and shop_id in self._desks:
            self._listed[shop_id].add(conversation_id)
            self._list_wake.set()

    def queue_changed(self, shop_id: UUID) -> None:
        """Somebody began or ceased to wait: those who wait are told their new place."""
        self._queues.add(shop_id)
        self._list_wake.set()

    def broadcast(self, shop_id: UUID, frame: dict[str, Any]) -> None:
        """An unnumbered frame about one conversation, for all who follow it; for a whole desk when it names none."""
        if frame["type"] == "expelled":
            for connection in list(self._subjects.get(UUID(str(frame["subject_id"])), ())):
                if connection.shop_id == shop_id:
                    connection.close("signed_out")
            return
        if "conversation_id" not in frame:
            raw = encode(frame)
            for desk in self._desks.get(shop_id, ()):
                desk.push_bytes(raw)
            return
        conversation_id = UUID(str(frame["conversation_id"]))
        if frame["type"] == "opened":
            self.opened(shop_id, UUID(str(frame["customer_id"])), conversation_id)
            return
        for connection in self._followers.get(conversation_id, ()):
            shown = _shown(frame, connection)
            if connection.shop_id == shop_id and shown is not None:
                connection.push(shown)

    async def run(self) -> None:
        """Push for as long as the process lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forever(self._push_moved, self._wake, 0.0))
            tasks.create_task(self._forever(self._push_lists, self._list_wake, LIST_PAUSE_SECONDS))
            tasks.create_task(self._sweep_forever())

    async def _forever(self, step: Callable[[], Awaitable[None]], wake: asyncio.Event, pause: float) -> None:
        while True:
            await wake.wait()
            wake.clear()
            try:
                await step()
            except XiaoerError as error:
                # The database is away: the sweep finds what was missed.
                log.info("push_delayed", code=error.code)
                await asyncio.sleep(0.5)
            if pause:
                await asyncio.sleep(pause)

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with suppress(XiaoerError):
                await self.sweep()

    async def sweep(self) -> None:
        """Compare the counters of all followed conversations with what was pushed."""
        seen = {
            (one.shop_id, conversation_id): min(f.cursors[conversation_id] for f in followers)
            for conversation_id, followers in self._followers.items()
            for one in followers
        }
        reached = await self._reader.read_counters(list(seen))
        for (shop_id, conversation_id), seq in reached.items():
            if seq > seen[shop_id, conversation_id]:
                self.moved(shop_id, conversation_id)

    async def _push_moved(self) -> None:
        moved, self._moved = self._moved, set()
        wanted = []
        for shop_id, conversation_id in moved:
            cursors = [one.cursors[conversation_id] for one in self._followers.get(conversation_id, ())]
            if cursors:
                wanted.append((shop_id, conversation_id, min(cursors)))
        if not wanted:
            return
        try:
            rows = await self._reader.list_events(wanted)
        except XiaoerError:
            self._moved |= moved
            self._wake.set()
            raise
        grouped: dict[UUID, list[tuple[int, Any | None, Any]]] = defaultdict(list)
        for conversation_id, seq, public, full in rows:
            grouped[conversation_id].append((seq, public, full))
        for conversation_id, events in grouped.items():
            for connection in list(self._followers.get(conversation_id, ())):
                _push_events(connection, conversation_id, events)

    async def _push_lists(self) -> None:
        listed, self._listed = self._listed, defaultdict(set)
        for shop_id, ids in listed.items():
            desks = [desk for desk in self._desks.get(shop_id, ()) if desk.has_lists]
            if not desks:
                continue
            items = await self._reader.list_summaries(shop_id, list(ids))
            counts = await self._reader.count_by_staff(shop_id)
            raw = encode(items)
            for desk in desks:
                own = encode(counts(desk.subject_id))
                desk.push_bytes(b'{"type":"conversations","items":' + raw + b',"counts":' + own + b"}")
        queues, self._queues = self._queues, set()
        for shop_id in queues:
            for conversation_id, place in await self._reader.list_places(shop_id):
                for connection in self._followers.get(conversation_id, ()):
                    if connection.is_public:
                        connection.push(place)


def _push_events(connection: Connection, conversation_id: UUID, events: list[tuple[int, Any | None, Any]]) -> None:
    cursor = connection.cursors.get(conversation_id)
    if cursor is None:
        return
    shown = [
        public if connection.is_public else full
        for seq, public, full in events
        if seq > cursor and (public is not None or not connection.is_public)
    ]
    connection.cursors[conversation_id] = max(cursor, events[-1][0])
    if shown:
        connection.push({"type": "events", "conversation_id": conversation_id, "events": shown})


def _shown(frame: dict[str, Any], connection: Connection) -> dict[str, Any] | None:
    """A frame as that side may see it: a shopper learns what staff read and that staff type, and no more."""
    by = frame.get("by")
    rest = {key: value for key, value in frame.items() if key not in ("by", "from_id")}
    if str(connection.subject_id) == frame.get("from_id"):
        return None
    if not connection.is_public:
        return rest
    if frame["type"] == "read":
        return {"type": "read", "seq": frame["staff_read_seq"]} if by == "staff" else None
    if frame["type"] == "typing":
        return {"type": "typing", "actor": frame["actor"]} if by in ("staff", "bot") else None
    return None
