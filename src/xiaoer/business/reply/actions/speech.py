"""How the bot says things in one conversation: phrases, variables, buttons, related questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.business.knowledge.queries.library import Shelf, ShelfEntry
from xiaoer.business.reply import rules
from xiaoer.intelligence.packs.runtime import Models

NONE_OF_THEM = "none"
ANSWER_PREFIX = "answer:"
RELATED_LIMIT = 3


class Speech(msgspec.Struct, frozen=True):
    """Everything that wording depends on."""

    models: Models
    shelf: Shelf
    locale: str
    turn: int
    now: datetime
    context: dict[str, Any]
    customer_id: UUID
    external_id: str | None

    def phrase(self, situation: str, **params: object) -> str:
        """One variant of what is said in that situation."""
        by_situation = self.models.pack.phrases.get(self.locale) or self.models.pack.phrases["zh-CN"]
        return rules.fill_phrase(by_situation[situation], self.turn, **params)

    def variables(self) -> dict[str, str]:
        """The pack's variables in this language, with the shop's own values over them."""
        values = {
            name: one.value.get(self.locale) or one.value.get("zh-CN", "")
            for name, one in self.models.pack.variables.items()
        }
        own = self.shelf.shop.settings.variables
        values |= {name: one.get(self.locale) or next(iter(one.values()), "") for name, one in own.items() if one}
        return values | {"shop_name": self.shelf.shop.name}

    def text(self, words: str) -> dict[str, Any]:
        return {"type": "text", "text": words}

    def answer(self, entry: ShelfEntry) -> dict[str, Any]:
        """An entry's answer with up to three related questions to tap."""
        words = rules.fill_variables(entry.pick(self.locale).answer, self.variables())
        content: dict[str, Any] = {"type": "text", "text": words, "entry_id": entry.entry_id}
        related = [self.shelf.entries[one] for one in entry.related if one in self.shelf.entries][:RELATED_LIMIT]
        if related:
            content["related"] = [
                {"id": ANSWER_PREFIX + one.entry_id, "question": one.pick(self.locale).question} for one in related
            ]
        return content

    def choice(self, entry_ids: list[str]) -> dict[str, Any]:
        """Did you mean one of these? With a way to say no."""
        buttons = [
            {"id": ANSWER_PREFIX + one, "label": self.shelf.entries[one].pick(self.locale).question}
            for one in entry_ids
            if one in self.shelf.entries
        ]
        buttons.append({"id": NONE_OF_THEM, "label": self.phrase("clarify.none")})
        return {"type": "buttons", "text": self.phrase("clarify.which_one"), "buttons": buttons}
