"""What the load generator writes down of each turn, told by the generator alone and by nothing the server keeps."""

from __future__ import annotations

from collections import Counter

import msgspec

KNOWLEDGE, ORDERS, SMALL_TALK, UNKNOWN = "knowledge", "orders", "smalltalk", "unknown"
ANSWER_PREFIX = "answer:"


class PlannedTurn(msgspec.Struct, frozen=True, array_like=True):
    """A turn to be taken `at` seconds after the start (below zero: to warm up); `accepted` are right entries."""

    at: float
    kind: str
    text: str
    accepted: list[str]


class Plan(msgspec.Struct, frozen=True):
    """What one generator process is to do. `signed_in` are tokens of demo shoppers who have orders."""

    host: str
    port: int
    widget_key: str
    prefix: str
    shoppers: int
    signed_in: list[str]
    turns: list[PlannedTurn]
    reply_seconds: float
    verify_at_most: int


# --- what comes over the socket, as far as it matters here ----------------------------------------------------


class Named(msgspec.Struct, frozen=True):
    id: str


class Numbered(msgspec.Struct, frozen=True):
    number: str


class Content(msgspec.Struct, frozen=True):
    type: str = ""
    entry_id: str | None = None
    buttons: list[Named] = []
    orders: list[Numbered] = []


class Who(msgspec.Struct, frozen=True):
    kind: str


class Event(msgspec.Struct, frozen=True):
    seq: int
    kind: str
    at: str
    actor: Who
    data: Content
    client_id: str | None = None


class Frame(msgspec.Struct, frozen=True):
    type: str
    id: str | None = None
    conversation_id: str | None = None
    seq: int = 0
    code: str = ""
    events: list[Event] | None = None


# --- what is written down --------------------------------------------------------------------------------------


class Entry(msgspec.Struct, array_like=True):
    """The life of one turn; instants in seconds after the start, 0 sent means never. `outcome`: answer, which_one,
    picker, handover or text; `is_right` only for knowledge."""

    kind: str
    scheduled: float
    client_id: str = ""
    sent: float | None = None
    acked: float | None = None
    replied: float | None = None
    outcome: str = ""
    is_right: bool = False
    is_press: bool = False
    seq: int = 0
    conversation_id: str = ""
    own_seq: int = 0
    text: str = ""
    got: str = ""
    wanted: str = ""

    def note(self, content: Content, accepted: list[str]) -> None:
        """One of the bot's messages of this turn."""
        if content.entry_id is not None:
            self.outcome = "answer"
            self.is_right = self.is_right or content.entry_id in accepted
            self.got = content.entry_id
        elif content.buttons:
            offered = [one.id.removeprefix(ANSWER_PREFIX) for one in content.buttons]
            self.outcome = "which_one"
            self.is_right = self.is_right or any(one in accepted for one in offered)
            self.got = " ".join(offered)
        elif content.orders:
            self.outcome = "picker"
        elif not self.outcome:
            self.outcome = "text"


class Ledger(msgspec.Struct):
    """One generator's whole account."""

    entries: list[Entry] = []
    errors: dict[str, int] = {}
    lost: list[str] = []
    doubled: list[str] = []
    faults: list[str] = []
    connected: int = 0
    conversations: int = 0
    ended: int = 0
    verified: int = 0
    cpu_ms: float = 0.0
    own_conversations: list[tuple[str, int]] = []

    def fail(self, code: str) -> None:
        self.errors[code] = self.errors.get(code, 0) + 1


Seen = tuple[int, str, str]  # public number, kind, client id or ""


def compare(conversation_id: str, seen: list[Seen], told: list[Seen], acked: set[str], ledger: Ledger) -> None:
    """What the socket showed of a conversation against what the API tells of it, and against what was acknowledged."""
    short = conversation_id[-12:]
    if [one[0] for one in told] != list(range(1, len(told) + 1)):
        ledger.faults.append(f"{short}: numbers are not 1..{len(told)}")
    if seen != told:
        at = next((i for i, pair in enumerate(zip(seen, told, strict=False)) if pair[0] != pair[1]), -1)
        ledger.faults.append(f"{short}: socket saw {len(seen)} events, API tells {len(told)}, first difference {at}")
    ids = Counter(one[2] for one in told if one[2])
    ledger.doubled += [f"{short}: client id {one} stands there {n} times" for one, n in ids.items() if n > 1]
    ledger.lost += [f"{short}: {one} was acknowledged and is not there" for one in acked - set(ids)]
