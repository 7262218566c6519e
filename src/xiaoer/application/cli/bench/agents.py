"""Two people at the desk while the load runs: one has the list open, the other opens one conversation after another."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Any

import msgspec

from xiaoer.application.cli.bench.ledger import Frame
from xiaoer.application.cli.bench.wire import Broken, Http, WebSocket, open_socket

_WATCHED_AT_ONCE = 30
_NEW_PER_FRAME = 3


class _Listed(msgspec.Struct, frozen=True):
    conversation_id: str


class _Reached(msgspec.Struct, frozen=True):
    seq: int = 0


class _Snapshot(msgspec.Struct, frozen=True):
    conversation: _Reached | None = None


class _DeskFrame(Frame, frozen=True):
    items: tuple[_Listed, ...] = ()
    snapshot: _Snapshot | None = None


_frames = msgspec.json.Decoder(_DeskFrame)


class Agent:
    """One desk socket; `faults` are gaps in what it was shown."""

    def __init__(self, name: str, *, watches: bool) -> None:
        self.name = name
        self.watches = watches
        self.frames = 0
        self.list_items = 0
        self.events = 0
        self.faults: list[str] = []
        self._socket: WebSocket | None = None
        self._reached: dict[str, int] = {}
        self._watched: deque[str] = deque()
        self._listed: Counter[str] = Counter()

    async def open(self, host: str, port: int, token: str) -> None:
        headers = {"Cookie": f"xiaoer_session={token}", "Authorization": f"Bearer {token}"}
        self._socket = await open_socket(host, port, "/desk/socket", self._take, self._closed, headers)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def tell(self) -> dict[str, Any]:
        return {
            "frames": self.frames,
            "list_items": self.list_items,
            "events": self.events,
            "faults": self.faults[:20],
        }

    def _closed(self, why: str) -> None:
        self.faults.append(f"{self.name}: socket {why}")

    def _take(self, raw: bytes) -> None:
        frame = _frames.decode(raw)
        self.frames += 1
        self.list_items += len(frame.items)
        if frame.type in ("error", "bye"):
            self.faults.append(f"{self.name}: {frame.type} {frame.code}")
        if frame.type == "snapshot" and frame.snapshot is not None and frame.snapshot.conversation is not None:
            self._reached[str(frame.conversation_id)] = frame.snapshot.conversation.seq
        if frame.type == "events":
            self._follow(frame)
        if self.watches and frame.items:
            self._watch([one.conversation_id for one in frame.items])

    def _follow(self, frame: Frame) -> None:
        conversation_id = str(frame.conversation_id)
        reached = self._reached.get(conversation_id)
        for event in frame.events or []:
            self.events += 1
            if reached is not None and event.seq != reached + 1:
                self.faults.append(f"{self.name}: {conversation_id[-12:]}: {event.seq} came after {reached}")
            reached = event.seq
        if reached is not None:
            self._reached[conversation_id] = reached

    def _watch(self, listed: list[str]) -> None:
        """Those in which most is going on, for some seconds each."""
        self._listed.update(listed)
        liveliest = sorted((one for one in listed if one not in self._watched), key=lambda one: -self._listed[one])
        is_full = len(self._watched) >= _WATCHED_AT_ONCE
        for conversation_id in liveliest[: 1 if is_full else _NEW_PER_FRAME]:
            if is_full:
                oldest = self._watched.popleft()
                self._reached.pop(oldest, None)
                self._say("unwatch", oldest)
            self._watched.append(conversation_id)
            self._say("watch", conversation_id)

    def _say(self, command: str, conversation_id: str) -> None:
        if self._socket is not None:
            self._socket.send(msgspec.json.encode({"type": command, "conversation_id": conversation_id}))


async def sign_in(http: Http) -> list[tuple[str, str]]:
    """Role and session token of everybody of the demo shop."""
    state = await http.expect("GET", "/setup")
    if not state.get("demo_accounts"):
        raise Broken("the server has no demo shop: start it with `xiaoer demo` or `xiaoer serve --demo`")
    found = []
    for one in state["demo_accounts"]:
        body = {"email": one["email"], "password": one["password"]}
        found.append((str(one["role"]), str((await http.expect("POST", "/session", body))["token"])))
    return found


async def check_desk(http: Http, token: str, conversations: list[tuple[str, int]]) -> list[str]:
    """What staff are told of some conversations: numbers without gaps, and as many public events as shoppers saw."""
    faults: list[str] = []

    async def one(conversation_id: str, public: int) -> None:
        path = f"/conversations/{conversation_id}/events?since=0&limit=500"
        events = (await http.expect("GET", path, None, token))["events"]
        if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
            faults.append(f"desk: {conversation_id[-12:]}: seq is not 1..{len(events)}")
        numbers = [event["public_seq"] for event in events if event.get("public_seq")]
        if numbers != list(range(1, public + 1)):
            faults.append(f"desk: {conversation_id[-12:]}: {len(numbers)} public events, the shopper saw {public}")

    await asyncio.gather(*(one(*each) for each in conversations))
    return faults
