"""One generator process: `python -m xiaoer.application.cli.bench.worker PLAN RESULT`.

It says "ready" when everybody is connected, begins at the instant that stdin names, says "idle" when the last turn
is settled, waits for a line, compares what its sockets saw with what the API tells, writes RESULT and ends.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
import time
from collections import deque
from collections.abc import Coroutine
from pathlib import Path

import msgspec
import uvloop

from xiaoer.application.cli.bench.ledger import (
    ORDERS,
    Content,
    Entry,
    Event,
    Frame,
    Ledger,
    Plan,
    PlannedTurn,
    Seen,
    compare,
)
from xiaoer.application.cli.bench.wire import Broken, Http, WebSocket, open_socket
from xiaoer.application.roles import raise_file_limit

_OPENING_AT_ONCE = 24
_LONG = 150  # A conversation of that many events is ended, so that it stays one a person could have had.
_THINKING_SECONDS = 0.7
_END_SECONDS = 5.0

_frames = msgspec.json.Decoder(Frame)
_encode = msgspec.json.Encoder().encode


class Shopper:
    """One visitor with one socket and at most one unanswered message."""

    __slots__ = ("accepted", "entry", "group", "is_gone", "must_end", "number", "owner", "picker", "resolved", "seen",
                 "sent", "signed_in", "socket", "token")  # fmt: skip

    def __init__(self, owner: Generator, number: int, token: str, *, signed_in: bool) -> None:
        self.owner = owner
        self.number = number
        self.token = token
        self.signed_in = signed_in
        self.socket: WebSocket | None = None
        self.entry: Entry | None = None
        self.accepted: list[str] = []
        self.sent = 0
        self.group: str | None = None
        self.picker: tuple[int, list[str], float] | None = None
        self.must_end = False
        self.is_gone = False
        self.resolved = asyncio.Event()
        self.seen: dict[str, list[Seen]] = {}

    async def connect(self) -> None:
        welcomed = asyncio.get_running_loop().create_future()

        def first(raw: bytes) -> None:
            if not welcomed.done():
                welcomed.set_result(_frames.decode(raw).type)

        plan = self.owner.plan
        self.socket = await open_socket(plan.host, plan.port, "/visitor/socket", first, self._lost_socket)
        self.socket.send(_encode({"type": "hello", "token": self.token}))
        async with asyncio.timeout(30):
            said = await welcomed
        if said != "welcome":
            raise Broken(f"hello was answered by {said}")
        self.socket.on_frame = self.take

    def say(self, turn: PlannedTurn) -> None:
        """Send a turn's words, or press the picker's first order if one is open."""
        self.sent += 1
        client_id = f"{self.owner.plan.prefix}-{self.number}-{self.sent}"
        entry = Entry(turn.kind, turn.at, client_id, text=turn.text, wanted=" ".join(turn.accepted))
        content: dict[str, object] = {"type": "text", "text": turn.text}
        if self.picker is not None:
            seq, numbers, _ = self.picker
            entry.is_press, entry.text = True, ""
            content = {"type": "press", "seq": seq, "id": numbers[self.sent % len(numbers)]}
            self.picker = None
        self.entry, self.accepted = entry, turn.accepted
        self.owner.ledger.entries.append(entry)
        entry.sent = self.owner.now()
        if self.socket is not None:
            self.socket.send(_encode({"type": "send", "id": client_id, "content": content}))

    def take(self, raw: bytes) -> None:
        """One frame of the server."""
        frame = _frames.decode(raw)
        entry = self.entry
        if frame.type == "events" and frame.conversation_id and frame.events is not None:
            for event in frame.events:
                self._see(frame.conversation_id, event)
        elif frame.type == "ack":
            if entry is None or frame.id != entry.client_id:
                self.owner.ledger.fail("ack_of_nothing")
                return
            entry.acked, entry.seq, entry.conversation_id = (
                self.owner.now(),
                frame.seq,
                frame.conversation_id or "",
            )
        elif frame.type == "error":
            self.owner.ledger.fail(frame.code)
            if entry is not None and frame.id == entry.client_id:
                self.entry = None
                self.owner.free(self)
        elif frame.type == "bye":
            self.owner.ledger.fail(f"bye.{frame.code}")
        if self.entry is not None and self.entry.acked is not None and self.entry.replied is not None:
            self._settle(self.entry)

    def _see(self, conversation_id: str, event: Event) -> None:
        seen = self.seen.setdefault(conversation_id, [])
        if event.seq != len(seen) + 1:
            self.owner.ledger.faults.append(f"{conversation_id[-12:]}: {event.seq} came after {len(seen)}")
        seen.append((event.seq, event.kind, event.client_id or ""))
        entry = self.entry
        if event.kind == "handover_requested":
            self.must_end = True
        elif event.kind == "resolved":
            self.resolved.set()
        elif event.kind == "message" and event.actor.kind == "customer":
            self.group = None
            if entry is not None and event.client_id == entry.client_id:
                entry.own_seq = event.seq
        elif event.kind == "message" and event.actor.kind == "bot":
            self._hear(event, entry)

    def _hear(self, event: Event, entry: Entry | None) -> None:
        """A message of the bot: all of one turn carry the same instant, for they are one commit."""
        if self.group is None:
            self.group = event.at
        elif event.at != self.group:
            self.owner.ledger.doubled.append(f"a second reply, number {event.seq}, client {entry and entry.client_id}")
        if entry is None or not entry.own_seq:
            return
        if entry.replied is None:
            entry.replied = self.owner.now()
        content: Content = event.data
        entry.note(content, self.accepted)
        if content.orders:
            self.picker = (event.seq, [one.number for one in content.orders], time.monotonic())

    def _settle(self, entry: Entry) -> None:
        if entry.own_seq != entry.seq:
            self.owner.ledger.faults.append(f"{entry.client_id}: acknowledged as {entry.seq}, seen as {entry.own_seq}")
        self.entry = None
        if self.must_end:
            entry.outcome = "handover" if entry.outcome == "text" else entry.outcome
        if self.must_end or len(self.seen[entry.conversation_id]) > _LONG:
            self.owner.spawn(self._end())
        else:
            self.owner.free(self)

    async def _end(self) -> None:
        """Leave the conversation; the next message opens another. Not counted as a turn."""
        self.resolved.clear()
        try:
            await self.owner.http.expect("POST", "/visitor/end", None, self.token)
            async with asyncio.timeout(_END_SECONDS):
                await self.resolved.wait()
        except (Broken, OSError, TimeoutError) as error:
            self.owner.ledger.fail(f"end.{type(error).__name__}")
            return
        self.owner.ledger.ended += 1
        self.must_end, self.picker = False, None
        self.owner.free(self)

    def _lost_socket(self, why: str) -> None:
        self.is_gone = True
        self.owner.ledger.fail(f"socket.{why}")


class Generator:
    """Takes the plan's turns at their instants, each by a shopper who is free."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ledger = Ledger()
        self.http = Http(plan.host, plan.port, connections=4)
        self.shoppers: list[Shopper] = []
        self._free: dict[bool, deque[Shopper]] = {True: deque(), False: deque()}
        self._put_off: dict[bool, deque[PlannedTurn]] = {True: deque(), False: deque()}
        self._tasks: set[asyncio.Task[None]] = set()
        self._start = 0.0

    def now(self) -> float:
        return time.monotonic() - self._start

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def free(self, shopper: Shopper) -> None:
        """A shopper may speak again: what was put off goes first."""
        if shopper.is_gone:
            return
        waiting = self._put_off[shopper.signed_in]
        if waiting:
            shopper.say(waiting.popleft())
        else:
            self._free[shopper.signed_in].append(shopper)

    async def connect(self) -> None:
        """Everybody at their widget before the first word is said."""
        gate = asyncio.Semaphore(_OPENING_AT_ONCE)
        body = {"widget_key": self.plan.widget_key, "locale": "zh-CN"}
        anonymous = self.plan.shoppers - len(self.plan.signed_in)
        tokens: list[str | None] = [*self.plan.signed_in, *([None] * anonymous)]

        async def one(number: int, token: str | None) -> None:
            async with gate:
                known = token or (await self.http.expect("POST", "/visitors", body))["token"]
                shopper = Shopper(self, number, known, signed_in=token is not None)
                if token is not None:  # What an earlier run left open is not ours.
                    await self.http.expect("POST", "/visitor/end", None, known)
                await shopper.connect()
                self.shoppers.append(shopper)

        await asyncio.gather(*(one(number, token) for number, token in enumerate(tokens)))
        for shopper in self.shoppers:
            self._free[shopper.signed_in].append(shopper)
        self.ledger.connected = len(self.shoppers)

    async def run(self, start: float) -> None:
        """All turns, then quiet: until every one is settled or given up."""
        self._start = start
        watch = asyncio.create_task(self._give_up_late_ones())
        for turn in self.plan.turns:
            pause = turn.at - self.now()
            if pause > 0:
                await asyncio.sleep(pause)
            self._begin(turn)
        deadline = self.now() + self.plan.reply_seconds + 2
        while self.now() < deadline and (self._is_busy() or self._tasks):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        watch.cancel()
        for put_off in self._put_off.values():
            self.ledger.entries += [Entry(turn.kind, turn.at, text=turn.text) for turn in put_off]

    def _is_busy(self) -> bool:
        return any(self._put_off.values()) or any(one.entry is not None for one in self.shoppers)

    def _begin(self, turn: PlannedTurn) -> None:
        signed_in = turn.kind == ORDERS
        free = self._free[signed_in]
        while free and free[0].is_gone:
            free.popleft()
        if not free:
            self._put_off[signed_in].append(turn)
            return
        chosen = free.popleft()
        if signed_in:  # Half of these turns ask, half press what was offered a moment ago.
            ripe = time.monotonic() - _THINKING_SECONDS
            free.appendleft(chosen)
            pressing = [one for one in free if one.picker is not None and one.picker[2] < ripe]
            asking = [one for one in free if one.picker is None]
            chosen = (pressing or asking or [chosen])[0]
            free.remove(chosen)
        chosen.say(turn)

    async def _give_up_late_ones(self) -> None:
        while True:
            await asyncio.sleep(1)
            late = self.now() - self.plan.reply_seconds
            for one in self.shoppers:
                entry = one.entry
                if entry is not None and entry.sent is not None and entry.sent < late:
                    one.entry = None  # Left out from now on: a late answer must not count for another question.
                    one.is_gone = True
                    if entry.acked is None:
                        self.ledger.fail("not_acknowledged")
                    else:
                        self.ledger.lost.append(f"{entry.client_id}: acknowledged and not answered")

    async def verify(self) -> None:
        """Read conversations afresh and compare; says in the ledger how many."""
        acked: dict[str, set[str]] = {}
        for entry in self.ledger.entries:
            if entry.acked is not None:
                acked.setdefault(entry.conversation_id, set()).add(entry.client_id)
        due = [(shopper, one) for shopper in self.shoppers for one in shopper.seen]
        self.ledger.conversations = len(due)
        self.ledger.own_conversations = [(one, len(shopper.seen[one])) for shopper, one in due]
        due = due[:: max(1, -(-len(due) // self.plan.verify_at_most))]

        async def one(shopper: Shopper, conversation_id: str) -> None:
            told: list[Seen] = []
            while True:
                path = f"/visitor/events?conversation_id={conversation_id}&since={told[-1][0] if told else 0}"
                page = await self.http.expect("GET", path, None, shopper.token)
                told += [(event["seq"], event["kind"], event.get("client_id") or "") for event in page["events"]]
                if not page.get("has_more"):
                    break
            compare(
                conversation_id,
                shopper.seen[conversation_id],
                told,
                acked.get(conversation_id, set()),
                self.ledger,
            )
            self.ledger.verified += 1

        await asyncio.gather(*(one(shopper, conversation_id) for shopper, conversation_id in due))

    def close(self) -> None:
        for one in self.shoppers:
            if one.socket is not None:
                one.socket.close()


async def work(plan: Plan, result: Path) -> None:
    generator = Generator(plan)
    await generator.connect()
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    start = float(await asyncio.to_thread(sys.stdin.readline))
    before = resource.getrusage(resource.RUSAGE_SELF)
    await generator.run(start)
    after = resource.getrusage(resource.RUSAGE_SELF)
    generator.ledger.cpu_ms = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print("idle", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await generator.verify()
    await asyncio.to_thread(result.write_bytes, msgspec.json.encode(generator.ledger))
    print("done", flush=True)
    generator.close()


def main() -> None:
    raise_file_limit()
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    uvloop.run(work(plan, Path(sys.argv[2])))


if __name__ == "__main__":
    main()
