"""A web process: its parts, its loops, and its life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar
from prometheus_client import Counter, Gauge, Histogram

from xiaoer.application.live.hub import Hub, Reader
from xiaoer.application.loops import repeat
from xiaoer.business.conversation import queries as conversations
from xiaoer.business.conversation import rules as conversation_rules
from xiaoer.business.conversation.types import Counts, Turn
from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.reply.actions.turn import take_turn
from xiaoer.business.storefront.queries import Storefront
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.notify import Listener, Notifier
from xiaoer.data.stores import conversation as conversation_store
from xiaoer.data.stores import identity as identity_store
from xiaoer.data.stores import timeline
from xiaoer.intelligence.packs.runtime import load_models
from xiaoer.kit.clock import SystemClock
from xiaoer.kit.config import Config
from xiaoer.kit.crypto import read_sealer
from xiaoer.kit.errors import XiaoerError
from xiaoer.kit.ids import new_id
from xiaoer.kit.logging import Log

log = Log("xiaoer.wiring")

TURN_SECONDS = Histogram(
    "xiaoer_turn_seconds",
    "Time from taking the bot's turn to its reply committed",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3),
)
TURNS_FAILED = Counter("xiaoer_turns_failed", "Turns of the bot put off because something broke", ["why"])
SOCKETS = Gauge("xiaoer_sockets", "Open sockets by side", ["side"])

TIMELINE, SCREENS = "xiaoer_timeline", "xiaoer_screens"
PACK_FOLDER = Path(str(files("xiaoer") / "packs" / "ecommerce"))
BUILT_FOLDER = PACK_FOLDER / "built"
TURNS_AT_ONCE = 16
CLAIMED_AT_ONCE = 32


class Web:
    """One web process: HTTP, sockets, the bot's turns, and the loops that keep them honest."""

    def __init__(self, config: Config, dsn: str, db: Database) -> None:
        self.dsn = dsn
        self.notifier = Notifier(dsn)
        self.backend = Backend(
            db=db, sealer=read_sealer(config.data_dir), clock=SystemClock(), process_id=new_id(),
            announce=self._announce, broadcast=self._broadcast,
        )  # fmt: skip
        self.library = Library(load_models(PACK_FOLDER, BUILT_FOLDER, with_answers=False))
        self.platform = Storefront(self.backend)
        self.hub = Hub(self._reader())
        SOCKETS.labels("shopper").set_function(lambda: self.hub.count_connections(is_public=True))
        SOCKETS.labels("staff").set_function(lambda: self.hub.count_connections(is_public=False))
        self._turns: dict[asyncio.Task[None], UUID] = {}
        self._slots = asyncio.Semaphore(TURNS_AT_ONCE)
        self._waiting: dict[UUID, int] = {}
        self.is_secure = config.is_secure

    # --- telling others -------------------------------------------------------------------------------------

    def _announce(self, shop_id: UUID, conversation_id: UUID) -> None:
        self.notifier.notify(TIMELINE, f"{shop_id} {conversation_id}")

    def _broadcast(self, shop_id: UUID, frame: dict[str, object]) -> None:
        self.notifier.notify(SCREENS, msgspec.json.encode([str(shop_id), frame]).decode())

    async def heard(self, channel: str, payloads: Sequence[str]) -> None:
        """What some process told all processes, this one included."""
        for payload in payloads:
            if channel == TIMELINE:
                shop_id, _, conversation_id = payload.partition(" ")
                self.hub.moved(UUID(shop_id), UUID(conversation_id))
            else:
                shop, frame = msgspec.json.decode(payload)
                self.hub.broadcast(UUID(shop), frame)

    # --- turns ----------------------------------------------------------------------------------------------

    def start_turn(self, turn: Turn) -> None:
        """Take a turn in the background; the lease it holds is freed by others if this process dies."""
        task = asyncio.create_task(self._take(turn))
        self._turns[task] = turn.conversation_id
        task.add_done_callback(self._turns.pop)

    async def _take(self, turn: Turn) -> None:
        async with self._slots:
            try:
                with TURN_SECONDS.time():
                    await take_turn(self.backend, self.library, self.platform, turn)
            except XiaoerError as error:
                TURNS_FAILED.labels(error.code).inc()
                log.info("turn_put_off", code=error.code)
                await self._give_back(turn)
            except Exception as error:
                TURNS_FAILED.labels("fault").inc()
                log.error("turn_failed", cause=error, conversation_id=str(turn.conversation_id))
                await self._give_back(turn)

    async def _give_back(self, turn: Turn) -> None:
        """Free the lease, so that the sweeper tries again; if that fails too, the lease dies with the database."""
        await asyncio.sleep(1)
        with suppress(XiaoerError):
            await conversation_store.free_lease(self.backend.db, turn.shop_id, turn.conversation_id, turn.lease_epoch)

    async def sweep(self) -> None:
        """Take due turns that nobody living works on."""
        room = CLAIMED_AT_ONCE - len(self._turns)
        if room > 0:
            claimed = await conversation_store.claim_due(
                self.backend.db, self.backend.process_id, room, list(self._turns.values())
            )
            for shop_id, conversation_id, epoch in claimed:
                self.start_turn(Turn(shop_id, conversation_id, epoch))

    async def beat(self) -> None:
        await conversation_store.beat(self.backend.db, self.backend.process_id, "web")

    async def renew_shelves(self) -> None:
        """Pull changed knowledge, and tell the consoles that it changed."""
        for shop_id in await self.library.refresh_changed(self.backend):
            self.hub.broadcast(shop_id, {"type": "knowledge_changed"})

    async def touch_staff(self) -> None:
        """Say who has a desk open."""
        for shop_id, staff_ids in self.hub.list_staff_online().items():
            await identity_store.touch_staff(self.backend.db, shop_id, staff_ids)

    async def watch_queues(self) -> None:
        """Tell those who wait their place, whenever the number of waiting has changed."""
        for shop_id in list(self.hub.list_shops()):
            waiting = len(await conversation_store.list_queue(self.backend.db, shop_id))
            if self._waiting.get(shop_id) != waiting:
                self._waiting[shop_id] = waiting
                self.hub.queue_changed(shop_id)

    # --- what the hub reads ---------------------------------------------------------------------------------

    def _reader(self) -> Reader:
        backend = self.backend

        async def list_events(wanted: Sequence[tuple[UUID, UUID, int]]) -> list[tuple[UUID, int, Any, Any]]:
            rows = await timeline.list_many_since(backend.db, wanted)
            return [
                (
                    row.conversation_id, row.seq,
                    conversation_rules.for_visitor(row) if row.public_seq is not None else None,
                    conversation_rules.for_staff(row),
                )
                for row in rows
            ]  # fmt: skip

        async def count_by_staff(shop_id: UUID) -> Callable[[UUID], Counts]:
            rows = await conversation_store.count_open(backend.db, shop_id)
            return lambda staff_id: conversations.add_up(rows, staff_id)

        async def list_places(shop_id: UUID) -> list[tuple[UUID, Any]]:
            places = await conversations.list_places(backend, shop_id)
            return [(one, {"type": "queue", **msgspec.to_builtins(place)}) for one, place in places]

        return Reader(
            list_events=list_events,
            read_counters=lambda wanted: conversation_store.read_counters(backend.db, wanted),
            list_summaries=lambda shop_id, ids: conversations.list_summaries(backend, shop_id, ids),
            count_by_staff=count_by_staff,
            list_places=list_places,
        )

    # --- life -----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def lifespan(self, _app: Litestar) -> AsyncIterator[None]:
        """Loops run while the application does."""
        listener = Listener(self.dsn, [TIMELINE, SCREENS], self.heard, self._sweep_hub)
        await self.notifier.start()
        await listener.start()
        await self.beat()
        loops: list[Coroutine[Any, Any, Any]] = [
            self.hub.run(), repeat("beat", 1, self.beat), repeat("sweep", 1, self.sweep),
            repeat("shelves", 0.5, self.renew_shelves), repeat("staff", 20, self.touch_staff),
            repeat("queues", 1, self.watch_queues),
        ]  # fmt: skip
        tasks = [asyncio.create_task(one) for one in loops]
        try:
            yield
        finally:
            await self._wind_down()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await listener.stop()
            await self.notifier.stop()
            with suppress(XiaoerError):
                await conversation_store.leave(self.backend.db, self.backend.process_id)
            await self.backend.db.close()

    async def _sweep_hub(self) -> None:
        """After a deaf spell: look at every followed conversation."""
        await self.hub.sweep()

    async def _wind_down(self) -> None:
        """Ask the widgets to come back later, and let turns under way be written."""
        for connection in list(self.hub.connections):
            connection.close("restarting")
        if self._turns:
            await asyncio.wait(self._turns, timeout=5)
