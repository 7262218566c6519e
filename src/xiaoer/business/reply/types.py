"""The bot's memory of a conversation, and what a turn wants written."""

from __future__ import annotations

from typing import Any

import msgspec


class Dialogue(msgspec.Struct, frozen=True, omit_defaults=True):
    """`misses` and `angry` count in a row; `wants` is the flow an order was asked for;
    `options` the entries last offered; `said` varies the wording."""

    misses: int = 0
    angry: int = 0
    greeted: bool = False
    wants: str | None = None
    options: list[str] = []
    product_id: str | None = None
    number: str | None = None
    questions: list[str] = []
    intents: list[str] = []
    said: int = 0


class Reply(msgspec.Struct, frozen=True):
    """Contents to send, the memory after them, and, if a person is needed, why."""

    contents: list[dict[str, Any]]
    dialogue: Dialogue
    handover: str | None = None
