"""What retrieval takes and returns; free of numpy."""

from __future__ import annotations

from typing import Literal

import msgspec


class EntryText(msgspec.Struct, frozen=True):
    """What is indexed of an entry: its phrasings, question first, in every language, and its answer's text.

    Markdown and `{{variables}}` may stay in. An entry without phrasings cannot be found.
    """

    phrasings: tuple[str, ...]
    answer: str = ""


class Features(msgspec.Struct, frozen=True):
    """Evidence that a phrasing means what the text means; each grows with likeness, 0 to about 1."""

    ratio: float = 0.0
    """BM25 of text and phrasing over the BM25 of the text with itself."""
    coverage: float = 0.0
    """Share of the text's terms, weighted by rarity, that the phrasing has."""
    covered: float = 0.0
    """Share of the phrasing's terms, weighted by rarity, that the text has."""
    close: float = 0.0
    """(coverage x covered) squared: near 1 only where both say almost the same."""
    whole: float = 0.0
    """BM25 of the text and the entry as a whole, answer included, over about the best it could be."""
    agreement: float = 0.0
    """Overlap of the intent distributions of text and entry; 0 without an intent model."""
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
