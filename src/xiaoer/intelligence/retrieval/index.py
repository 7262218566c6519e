"""An exact BM25 index as an immutable snapshot: a large base, and a small overlay of entries changed since.

Swapping a snapshot is one assignment, so readers need no lock. Scores never depend on how the entries
are spread over base and overlay: an edited snapshot ranks exactly as one rebuilt from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.retrieval.segment import (
    PHRASING_B,
    PHRASING_LENGTH,
    Floats,
    Ints,
    Segment,
    build_segment,
    impact,
)
from xiaoer.intelligence.retrieval.types import EntryText
from xiaoer.intelligence.text.ngrams import Grams

COMPACT_ABOVE = 512
"""Entries in the overlay from which on an edit folds everything into a new base."""
AGREEMENT_SHARE = 0.5
"""Weight of agreement beside the lexical scores when candidates are picked; ranking weighs anew."""
AGREEMENT_ALONE = 0.5
"""Agreement from which on an entry is a candidate without a shared word."""

Agreement = Callable[[Segment], NDArray[np.float32]]
"""How well the text's intent agrees with each entry of a segment, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text's distinct search terms, how rare each is, and the scores that a perfect match would reach."""

    terms: NDArray[np.uint32]
    idf: Floats
    whole_idf: Floats
    self_score: float
    whole_score: float
    idf_of: dict[int, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry with its best phrasing; the scores are BM25 over the perfect score of the query."""

    entry_id: str
    phrasing: str
    ratio: float
    whole: float
    agreement: float
    terms: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Live:
    """A segment with the entries that are still valid, and the document frequencies of those."""

    segment: Segment
    alive: NDArray[np.bool_]
    frequency: Ints
    whole_frequency: Ints


@dataclass(frozen=True)
class Index:
    """Search over entry id → EntryText. Build with `Index.build`, edit with `with_changes`."""

    base: Mapping[str, EntryText]
    changed: Mapping[str, EntryText]
    parts: tuple[_Live, ...]
    phrasings: int
    size: int

    @classmethod
    def build(cls, entries: Mapping[str, EntryText]) -> Index:
        """A fresh snapshot; entries without phrasings cannot be found and are left out."""
        kept = {entry_id: entry for entry_id, entry in entries.items() if entry.phrasings}
        segment = build_segment(kept)
        return cls(kept, {}, (_live(segment, frozenset()),), len(segment.texts), len(kept))

    def with_changes(self, changes: Mapping[str, EntryText | None]) -> Index:
        """A snapshot with these entries added or replaced, or removed where the value is None."""
        changed = {
            **self.changed,
            **{entry_id: entry or EntryText(()) for entry_id, entry in changes.items()},
        }
        if len(changed) > COMPACT_ABOVE:
            return Index.build({**self.base, **changed})
        parts = (_live(self.parts[0].segment, changed.keys()), _live(build_segment(changed), frozenset()))
        phrasings = sum(int(part.alive[part.segment.entry_of].sum()) for part in parts)
        return Index(self.base, changed, parts, phrasings, sum(int(part.alive.sum()) for part in parts))

    def entries(self) -> dict[str, EntryText]:
        """Every entry that can be found."""
        return {entry_id: entry for entry_id, entry in {**self.base, **self.changed}.items() if entry.phrasings}

    def query(self, grams: Grams) -> Query:
        """Weighs a text's terms by their rarity; terms that stand nowhere are the rarest."""
        terms, counts = np.unique(grams.search_terms, return_counts=True)
        seen, whole_seen = np.zeros(len(terms), dtype=np.int64), np.zeros(len(terms), dtype=np.int64)
        for part in self.parts:
            seen += _seen(part.segment.phrasings.rows(terms), part.frequency)
            whole_seen += _seen(part.segment.whole.rows(terms), part.whole_frequency)
        idf, whole_idf = _idf(self.phrasings, seen), _idf(self.size, whole_seen)
        own = impact(counts.astype(np.float32), np.full(1, grams.terms, np.float32), PHRASING_LENGTH, PHRASING_B)
        return Query(
            terms=terms,
            idf=idf,
            whole_idf=whole_idf,
            self_score=float(idf @ own),
            whole_score=float(whole_idf.sum()) * 1.5,
            idf_of=dict(zip(terms.tolist(), idf.tolist(), strict=True)),
        )

    def search(self, query: Query, limit: int = 8, agreement: Agreement | None = None) -> list[Candidate]:
        """The best entries by phrasing, whole entry and agreement together, best first; ties by entry id."""
        if len(query.terms) == 0:
            return []
        found: list[tuple[float, str, Candidate]] = []
        for part in self.parts:
            found += _candidates(part, query, limit, agreement)
        found.sort(key=lambda each: (-each[0], each[1]))
        return [candidate for _, _, candidate in found[:limit]]


def _live(segment: Segment, dead: Container[str]) -> _Live:
    gone = [entry_id in dead for entry_id in segment.entry_ids]
    alive = ~np.array(gone, dtype=np.bool_)
    frequency = segment.phrasings.frequency_without(alive[segment.entry_of])
    return _Live(segment, alive, frequency, segment.whole.frequency_without(alive))


def _idf(size: int, seen: Ints) -> Floats:
    return np.log1p((size - seen + 0.5) / (seen + 0.5)).astype(np.float32)


def _seen(found: tuple[Ints, NDArray[np.bool_]], frequency: Ints) -> Ints:
    rows, known = found
    return np.where(known, frequency[rows], 0) if len(frequency) else np.zeros(len(rows), dtype=np.int64)


def _candidates(
    part: _Live, query: Query, limit: int, agreement: Agreement | None
) -> list[tuple[float, str, Candidate]]:
    segment = part.segment
    if not segment.entry_ids:
        return []
    scores = segment.phrasings.scores(query.terms, query.idf) / max(query.self_score, 1e-9)
    best = np.maximum.reduceat(scores, segment.first_doc)
    whole = segment.whole.scores(query.terms, query.whole_idf) / max(query.whole_score, 1e-9)
    agreed = agreement(segment) if agreement else np.zeros(len(whole), dtype=np.float32)
    picked = (
        (best + whole + AGREEMENT_SHARE * agreed)
        * part.alive
        * ((best > 0) | (whole > 0) | (agreed >= AGREEMENT_ALONE))
    )
    result = []
    for entry in _top(picked, limit):
        start, end = segment.docs_of(entry)
        doc = start + int(scores[start:end].argmax())
        candidate = Candidate(
            segment.entry_ids[entry],
            segment.texts[doc],
            min(1.0, float(best[entry])),
            min(1.0, float(whole[entry])),
            min(1.0, float(agreed[entry])),
            frozenset(segment.terms_of(doc).tolist()),
        )
        result.append((float(picked[entry]), candidate.entry_id, candidate))
    return result


def _top(scores: NDArray[np.float64], limit: int) -> list[int]:
    """All rows that score as well as the limit-th, and above zero; ties are cut later, by entry id."""
    least = float(np.partition(scores, -limit)[-limit]) if len(scores) > limit else 0.0
    return np.flatnonzero((scores >= least) & (scores > 0)).tolist()
