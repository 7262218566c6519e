"""Typed commands and the result of understanding one message; free of numpy."""

from __future__ import annotations

from typing import Literal

import msgspec

from xiaoer.intelligence.entities.types import Span
from xiaoer.intelligence.intent.types import IntentResult
from xiaoer.intelligence.retrieval.types import Hit

HandOverReason = Literal["asked", "refuses_bot", "supervisor"]
Risk = Literal["compensation", "regulator", "media", "legal"]


class StartFlow(msgspec.Struct, frozen=True, tag="start_flow"):
    """Begin a declared flow: "order_status" or "logistics" for now."""

    flow: str


class SetSlot(msgspec.Struct, frozen=True, tag="set_slot"):
    """A value the shopper named: order_number or tracking_number."""

    name: str
    value: str


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """Answer with this knowledge entry; `probability` that it is the right one."""

    entry_id: str
    probability: float


class Option(msgspec.Struct, frozen=True):
    entry_id: str
    probability: float


class Clarify(msgspec.Struct, frozen=True, tag="clarify"):
    """Ask which of these entries is meant, likeliest first, two or three."""

    options: tuple[Option, ...]


class Chitchat(msgspec.Struct, frozen=True, tag="chitchat"):
    """Say what the pack's phrases hold for this situation, such as "smalltalk.thanks"."""

    situation: str


class HandOver(msgspec.Struct, frozen=True, tag="hand_over"):
    """Bring in a person."""

    reason: HandOverReason


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """Nothing fits well enough."""


Command = StartFlow | SetSlot | Answer | Clarify | Chitchat | HandOver | Unknown


class Context(msgspec.Struct, frozen=True):
    """What the conversation already settled.

    `expecting` is the slot a flow asked for last; `options` the entry ids last offered by a Clarify;
    `language` the one to fall back to when the text has no letters.
    """

    language: str = "zh-CN"
    expecting: str | None = None
    options: tuple[str, ...] = ()
    flow: str | None = None


class Understanding(msgspec.Struct, frozen=True):
    """Everything found in one message, and the commands to follow, in order; at least one."""

    language: str
    normal: str
    intents: IntentResult
    spans: tuple[Span, ...]
    hits: tuple[Hit, ...]
    is_angry: bool
    risk: Risk | None
    commands: tuple[Command, ...]
    rule: str
    """The name of the row that decided: for traces and tests."""
