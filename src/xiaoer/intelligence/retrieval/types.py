"""What retrieval takes and returns; free of numpy."""

from __future__ import annotations

from typing import Literal

import msgspec


class Phrasing(msgspec.Struct, frozen=True):
    """One way to ask for an entry, as its author wrote it."""

    entry_id: str
    text: str


class Features(msgspec.Struct, frozen=True):
    """Evidence that a phrasing means what the text means; each grows with likeness, 0 to about 1."""

    ratio: float = 0.0
    """BM25 of text and phrasing over the BM25 of the text with itself."""
    jaccard: float = 0.0
    """Shared search terms over all search terms of both."""
    coverage: float = 0.0
    """Share of the text's terms, weighted by rarity, that the phrasing has."""
    covered: float = 0.0
    """Share of the phrasing's terms, weighted by rarity, that the text has."""
    agreement: float = 0.0
    """Cosine of the intent distributions of text and phrasing; 0 without an intent model."""
    gap: float = 0.0
    """How far the next different entry stays behind, in ranking score."""


class Hit(msgspec.Struct, frozen=True):
    """An entry with its best phrasing. `score` ranks; `probability` that the entry answers the text."""

    entry_id: str
    phrasing: str
    score: float
    probability: float
    features: Features
    matched: tuple[str, ...] = ()
    """The words or character pairs that text and phrasing share; filled by `explain`."""


class AnswerWith(msgspec.Struct, frozen=True, tag="answer"):
    hit: Hit


class ClarifyAmong(msgspec.Struct, frozen=True, tag="clarify"):
    options: tuple[Hit, ...]


class NothingFound(msgspec.Struct, frozen=True, tag="unknown"):
    pass


Decision = AnswerWith | ClarifyAmong | NothingFound
DecisionName = Literal["answer", "clarify", "unknown"]
