"""A pack as frozen structs, field for field what its YAML says."""

from __future__ import annotations

import msgspec

Localised = dict[str, str]
LOCALES = ("zh-CN", "en")


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: str
    licence: str
    locales: tuple[str, ...]
    name: Localised
    provenance: str = ""


class FineIntent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`chinese` and `english` are example sentences as shoppers type them."""

    id: str
    name: Localised
    chinese: tuple[str, ...] = msgspec.field(name="zh-CN", default=())
    english: tuple[str, ...] = msgspec.field(name="en", default=())

    @property
    def label(self) -> str:
        return self.id.partition(".")[0]

    def sentences(self) -> list[tuple[str, str]]:
        """(locale, sentence) pairs."""
        return [("zh-CN", text) for text in self.chinese] + [("en", text) for text in self.english]


class IntentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    intents: tuple[FineIntent, ...]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question with its other phrasings and its answer, per locale."""

    id: str
    question: Localised
    answer: Localised
    similar: dict[str, tuple[str, ...]] = {}
    intent: str | None = None
    hot: int | None = None
    related: tuple[str, ...] = ()

    @property
    def category(self) -> str:
        return self.id.partition(".")[0]

    def phrasings(self) -> list[tuple[str, str]]:
        """(locale, text): the question first, then the similar ones, locale by locale."""
        return [
            (locale, text)
            for locale in self.question
            for text in (self.question[locale], *self.similar.get(locale, ()))
        ]


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    category: str
    name: Localised
    entries: tuple[Entry, ...]


class Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: Localised
    name: Localised


class Pack(msgspec.Struct, frozen=True):
    """Everything of a pack but its demo shop. `phrases` is locale → situation → variants."""

    manifest: Manifest
    labels: dict[str, Localised]
    intents: tuple[FineIntent, ...]
    categories: tuple[Category, ...]
    variables: dict[str, Variable]
    phrases: dict[str, dict[str, tuple[str, ...]]]

    @property
    def answers(self) -> tuple[Entry, ...]:
        return tuple(entry for category in self.categories for entry in category.entries)
