"""The other side: shoppers and an agent who send, resend under the same client id until acknowledged, and write down.

Run by `kill.py` as a process of its own: `python -m tests.chaos.client SETTINGS`. It speaks JSON lines: on stdout
`ready`, `killed`, `resumed`, `stopped`; on stdin `kill` (process ids and a label) and `stop`. The ledger is a file of
JSON lines, each written when the thing happened; nothing in it comes from what the server keeps.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import statistics
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from xiaoer.application.cli.bench.wire import Broken, Http, WebSocket, open_socket

SENTENCES = (
    "多久发货", "几天能到", "怎么申请退货", "能开发票吗", "支持七天无理由吗", "优惠券怎么用", "你好", "谢谢",
    "可以用微信付款吗", "退款多久到账", "换尺码怎么弄", "保修多久", "在吗", "运费谁出", "能改地址吗",
)  # fmt: skip
AGENT_SHARE, NOTE_SHARE = 0.2, 0.2
TAKEN = 6
RETRY_SECONDS = 0.25
SILENCE_SECONDS = 3.0
AIM_SECONDS = 3.0


@dataclass
class Message:
    """Something that must end up in the timeline exactly once, if it was acknowledged."""

    client_id: str
    text: str
    conversation_id: str | None = None  # for the agent's
    is_note: bool = False
    sent_at: float = 0.0
    attempts: int = 0


@dataclass
class Settings:
    host: str
    port: int
    widget_key: str
    agent_token: str
    ledger: str
    rate: float
    shoppers: int
    seed: int


class Link:
    """A person with one socket that is opened again whenever it ends; what is not acknowledged is sent again."""

    path = ""

    def __init__(self, owner: Client, name: str, token: str) -> None:
        self.owner = owner
        self.name = name
        self.token = token
        self.socket: WebSocket | None = None
        self.is_ready = False
        self.unacked: dict[str, Message] = {}
        self.killed_at: float | None = None
        self.count = 0
        self._ended = asyncio.Event()

    async def stay(self) -> None:
        """Be connected for as long as the test runs."""
        pause = 0.03
        while not self.owner.is_stopping:
            self._ended.clear()
            try:
                settings = self.owner.settings
                headers = self.headers()
                self.socket = await open_socket(
                    settings.host, settings.port, self.path, self._take, lambda _: self._ended.set(), headers
                )
                self.greet()
                pause = 0.03
                await self._ended.wait()
            except (Broken, OSError, TimeoutError):
                pass
            self.is_ready = False
            self.socket = None
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 1.5, 0.3)

    def headers(self) -> dict[str, str]:
        return {}

    def greet(self) -> None:
        raise NotImplementedError

    def frame(self, message: Message) -> dict[str, Any]:
        raise NotImplementedError

    def hear(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    def say(self, message: Message) -> None:
        """Send now, or as soon as there is a socket."""
        self.unacked[message.client_id] = message
        self.owner.write(op="send", id=message.client_id, who=self.name, text=message.text, note=message.is_note)
        self._send(message)

    def next_id(self) -> str:
        self.count += 1
        return f"{self.name}-{self.count}-{self.owner.salt}"

    def resend(self) -> None:
        for message in list(self.unacked.values()):
            self._send(message)

    def tend(self) -> None:
        """Ask again for what met with silence."""
        if self.is_ready:
            late = time.monotonic() - SILENCE_SECONDS
            for message in list(self.unacked.values()):
                if message.sent_at < late:
                    self._send(message)

    def tell(self, frame: dict[str, Any]) -> None:
        if self.socket is not None and self.socket.is_open:
            self.socket.send(json.dumps(frame, ensure_ascii=False).encode())

    def _send(self, message: Message) -> None:
        if self.is_ready and self.socket is not None and self.socket.is_open:
            message.sent_at = time.monotonic()
            message.attempts += 1
            self.tell(self.frame(message))
            self.owner.sent.set()

    def _take(self, raw: bytes) -> None:
        frame = json.loads(raw)
        kind = frame["type"]
        if kind == "ack":
            self._acknowledge(frame)
        elif kind == "error":
            self._refused(frame)
        else:
            self.hear(frame)

    def _acknowledge(self, frame: dict[str, Any]) -> None:
        message = self.unacked.pop(frame["id"], None)
        now = time.monotonic()
        if message is None:
            return  # The answer to an earlier attempt came as well: the same message, acknowledged twice.
        self.owner.write(
            op="ack", id=message.client_id, who=self.name, conversation=frame["conversation_id"], seq=frame["seq"],
            text=message.text, note=message.is_note, attempts=message.attempts,
        )  # fmt: skip
        self.owner.waits.append(now - message.sent_at)
        if self.killed_at is not None and message.sent_at > self.killed_at:
            self.owner.resumed(self, now - self.killed_at)

    def _refused(self, frame: dict[str, Any]) -> None:
        message = self.unacked.get(frame.get("id", ""))
        if frame["code"] in ("database.unavailable", "socket.too_many_frames", "server.failed") or (
            message is not None and frame["code"].endswith("unavailable")
        ):
            if message is not None:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._send_if_due, message)
            if frame["code"] == "server.failed":
                self.owner.write(op="fault", who=self.name, what=f"server.failed for {frame.get('id')}")
        elif not self.is_ready:
            self._ended.set()  # Refused at the door, as while the database is away: come again.
            if self.socket is not None:
                self.socket.close()
        else:
            self.owner.write(op="fault", who=self.name, what=f"refused: {frame['code']} {frame.get('message', '')}")

    def _send_if_due(self, message: Message) -> None:
        if message.client_id in self.unacked:
            self._send(message)


class Shopper(Link):
    path = "/visitor/socket"

    def __init__(self, owner: Client, name: str, token: str) -> None:
        super().__init__(owner, name, token)
        self.conversation_id: str | None = None
        self.reached = 0

    def greet(self) -> None:
        hello: dict[str, Any] = {"type": "hello", "token": self.token}
        if self.conversation_id is not None:
            hello |= {"conversation_id": self.conversation_id, "since": self.reached}
        self.tell(hello)

    def frame(self, message: Message) -> dict[str, Any]:
        return {"type": "send", "id": message.client_id, "content": {"type": "text", "text": message.text}}

    def hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "events":
            self._see(frame["conversation_id"], frame["events"])
        elif frame["type"] == "welcome":
            snapshot = frame.get("snapshot")
            if snapshot and snapshot["conversation"]:
                self._start_from(snapshot)
            elif frame.get("events") and self.conversation_id:
                self._see(self.conversation_id, frame["events"])
            self.is_ready = True
            self.resend()

    def _start_from(self, snapshot: dict[str, Any]) -> None:
        conversation = snapshot["conversation"]
        if self.conversation_id is not None:
            told = (conversation["conversation_id"], conversation["public_seq"])
            if told[0] != self.conversation_id or told[1] < self.reached:
                what = f"had {self.reached} of {self.conversation_id}, snapshot has {told[1]} of {told[0]}"
                self.owner.write(op="fault", who=self.name, what=what)
        fresh = conversation["conversation_id"] != self.conversation_id
        events = [one for one in snapshot["events"] if fresh or one["seq"] > self.reached]
        if fresh:
            self.reached = events[0]["seq"] - 1 if events else 0
        self._see(conversation["conversation_id"], events)

    def _see(self, conversation_id: str, events: list[dict[str, Any]]) -> None:
        if conversation_id != self.conversation_id:
            if self.conversation_id is not None:
                what = f"moved from {self.conversation_id} to {conversation_id}"
                self.owner.write(op="fault", who=self.name, what=what)
            self.conversation_id = conversation_id
            self.owner.write(op="conversation", who=self.name, conversation=conversation_id, token=self.token)
        for event in events:
            if event["seq"] != self.reached + 1:
                what = f"event {event['seq']} came after {self.reached}"
                self.owner.write(op="fault", who=self.name, what=what)
            self.reached = event["seq"]
            self.owner.write(
                op="seen",
                conversation=conversation_id,
                seq=event["seq"],
                kind=event["kind"],
                client=event.get("client_id"),
            )


class Agent(Link):
    path = "/desk/socket"

    def __init__(self, owner: Client, name: str, token: str) -> None:
        super().__init__(owner, name, token)
        self.reached: dict[str, int | None] = {}

    def headers(self) -> dict[str, str]:
        return {"Cookie": f"xiaoer_session={self.token}"}

    def greet(self) -> None:
        """The desk speaks first."""

    def frame(self, message: Message) -> dict[str, Any]:
        content = {"type": "text", "text": message.text}
        return {
            "type": "send", "id": message.client_id, "conversation_id": message.conversation_id, "content": content,
            "is_note": message.is_note,
        }  # fmt: skip

    def watch(self, conversation_id: str) -> None:
        self.reached[conversation_id] = None
        self.tell({"type": "watch", "conversation_id": conversation_id})

    def hear(self, frame: dict[str, Any]) -> None:
        conversation_id = frame.get("conversation_id", "")
        if frame["type"] == "welcome":
            self.is_ready = True
            for each, reached in self.reached.items():
                watch = {"type": "watch", "conversation_id": each}
                self.tell(watch if reached is None else watch | {"since": reached})
            self.resend()
        elif frame["type"] == "snapshot":
            seq, reached = frame["snapshot"]["conversation"]["seq"], self.reached[conversation_id]
            if reached is not None and seq < reached:
                self.owner.write(op="fault", who=self.name, what=f"had {reached}, snapshot has {seq}")
            self.reached[conversation_id] = seq
        elif frame["type"] == "events":
            for event in frame["events"]:
                reached = self.reached.get(conversation_id)
                if reached is not None and event["seq"] != reached + 1:
                    what = f"{conversation_id}: event {event['seq']} came after {reached}"
                    self.owner.write(op="fault", who=self.name, what=what)
                self.reached[conversation_id] = event["seq"]


@dataclass
class Client:
    """Everybody, the load, the ledger and the trigger."""

    settings: Settings
    ledger: TextIO
    dice: random.Random
    shoppers: list[Shopper] = field(default_factory=list)
    agent: Agent | None = None
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=200))
    is_stopping: bool = False
    is_quiet: bool = False
    salt: str = ""
    _waiting_for: set[str] = field(default_factory=set)
    _resumed: dict[str, float] = field(default_factory=dict)

    def write(self, **what: Any) -> None:
        self.ledger.write(json.dumps({"t": time.monotonic(), **what}, ensure_ascii=False) + "\n")
        self.ledger.flush()

    def report(self, **what: Any) -> None:
        print(json.dumps(what), flush=True)

    @property
    def links(self) -> list[Link]:
        return [*self.shoppers, *([self.agent] if self.agent else [])]

    async def prepare(self) -> None:
        """Shoppers with one message each; the agent takes some of the conversations over."""
        http = Http(self.settings.host, self.settings.port)
        for number in range(self.settings.shoppers):
            body = {"widget_key": self.settings.widget_key, "locale": "zh-CN"}
            token = (await http.expect("POST", "/visitors", body))["token"]
            self.shoppers.append(Shopper(self, f"shopper{number}", token))
        self.agent = Agent(self, "agent", self.settings.agent_token)
        for link in self.links:
            asyncio.create_task(link.stay())  # noqa: RUF006
        async with asyncio.timeout(30):
            while not all(link.is_ready for link in self.links):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for shopper in self.shoppers:
            shopper.say(Message(shopper.next_id(), "你好"))
        async with asyncio.timeout(30):
            while any(link.unacked or link.reached == 0 for link in self.shoppers):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for shopper in self.shoppers[:TAKEN]:
            path = f"/conversations/{shopper.conversation_id}/take-over"
            await http.expect("POST", path, None, self.settings.agent_token)
            self.agent.watch(str(shopper.conversation_id))
        await http.close()

    async def make_load(self) -> None:
        """Open loop: about `rate` messages a second, whatever the server does."""
        due = time.monotonic()
        while not self.is_quiet:
            due += self.dice.expovariate(self.settings.rate)
            pause = due - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            self.speak()
            for link in self.links:
                link.tend()

    def speak(self) -> None:
        if self.agent is not None and self.dice.random() < AGENT_SHARE:
            self.speak_as(self.agent)
        else:
            self.speak_as(self.dice.choice(self.shoppers))

    def speak_as(self, link: Link) -> None:
        message = Message(link.next_id(), f"{self.dice.choice(SENTENCES)} {link.count}")
        if isinstance(link, Agent):
            message.conversation_id = self.dice.choice(list(link.reached))
            message.is_note = self.dice.random() < NOTE_SHARE
        link.say(message)

    async def kill(self, label: str, pids: list[int]) -> None:
        """At a random moment, with a message sent and not acknowledged, end those processes; then wait for all."""
        deadline = time.monotonic() + AIM_SECONDS
        while time.monotonic() < deadline:
            self.sent.clear()
            await self.sent.wait()
            await asyncio.sleep(self.dice.uniform(0, statistics.median(self.waits or [0.004])))
            if any(self.in_flight()):
                break
        in_flight = len(self.in_flight())
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                self.write(op="missed", pid=pid)
        killed_at = time.monotonic()
        self.write(op="kill", label=label, pids=pids, in_flight=in_flight)
        self._resumed = {}
        self._waiting_for = {link.name for link in self.links}
        for link in self.links:
            link.killed_at = killed_at
        self.report(event="killed", label=label, in_flight=in_flight)
        await self._wait_for_all(label, killed_at)

    def in_flight(self) -> list[Message]:
        """Sent on a socket that is open, not yet acknowledged."""
        return [one for link in self.links if link.is_ready for one in link.unacked.values() if one.attempts]

    async def _wait_for_all(self, label: str, killed_at: float) -> None:
        """Everybody has something to say at once, so that the time until they are heard is theirs, not chance's."""
        for link in self.links:
            self.speak_as(link)
        while self._waiting_for and time.monotonic() < killed_at + 60:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.report(event="resumed", label=label, seconds=self._resumed, never=sorted(self._waiting_for))
        for link in self.links:
            link.killed_at = None

    def resumed(self, link: Link, seconds: float) -> None:
        link.killed_at = None
        self._waiting_for.discard(link.name)
        self._resumed[link.name] = seconds

    async def obey(self) -> None:
        """Commands from `kill.py`, one at a time."""
        while True:
            line = await asyncio.to_thread(sys.stdin.readline)
            command = json.loads(line) if line.strip() else {"do": "stop"}
            if command["do"] == "kill":
                await self.kill(command["label"], command["pids"])
            else:
                break
        self.is_quiet = True
        deadline = time.monotonic() + 20
        while any(link.unacked for link in self.links) and time.monotonic() < deadline:
            for link in self.links:
                link.tend()
            await asyncio.sleep(0.1)
        for link in self.links:
            for message in link.unacked.values():
                self.write(op="fault", who=link.name, what=f"{message.client_id} was never acknowledged")
        await asyncio.sleep(3.5)  # One sweep of the server's, so that sockets have seen all there is.
        self.is_stopping = True
        self.report(event="stopped")


async def run(settings: Settings) -> None:
    with Path(settings.ledger).open("a") as ledger:  # noqa: ASYNC230
        client = Client(settings, ledger, random.Random(settings.seed), salt=f"{settings.seed:x}")
        await client.prepare()
        client.report(event="ready")
        load = asyncio.create_task(client.make_load())
        await client.obey()
        load.cancel()


if __name__ == "__main__":
    asyncio.run(run(Settings(**json.loads(sys.argv[1]))))
