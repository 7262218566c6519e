"""An exact BM25 index as an immutable snapshot: a large base, and a small overlay of entries changed since.

Swapping a snapshot is one assignment, so readers need no lock. Scores never depend on how the entries
are spread over base and overlay: an edited snapshot ranks exactly as one rebuilt from nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.retrieval.segment import Segment, build_segment, impact
from xiaoer.intelligence.text.ngrams import Grams

COMPACT_ABOVE = 512
"""Entries in the overlay from which on an edit folds everything into a new base."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text's distinct search terms with their rarity and weight, and its BM25 with itself."""

    terms: NDArray[np.uint32]
    counts: NDArray[np.float32]
    idf: NDArray[np.float32]
    self_score: float
    idf_of: dict[int, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    entry_id: str
    phrasing: str
    bm25: float
    terms: frozenset[int]


@dataclass(frozen=True)
class Index:
    """Search over entry id → phrasings. Build with `Index.build`, edit with `with_changes`."""

    base: Segment
    overlay: Segment
    changed: dict[str, tuple[str, ...]]
    base_alive: NDArray[np.float32]
    base_lost: NDArray[np.int64]
    phrasings: int
    _empty: bool = field(default=False)

    @classmethod
    def build(cls, entries: Mapping[str, Sequence[str]]) -> Index:
        """A fresh snapshot; entries without phrasings cannot be found and are left out."""
        base = build_segment(entries)
        alive = np.ones(len(base.texts), dtype=np.float32)
        lost = np.zeros(len(base.vocabulary), dtype=np.int64)
        return cls(base, build_segment({}), {}, alive, lost, len(base.texts))

    def with_changes(self, changes: Mapping[str, Sequence[str] | None]) -> Index:
        """A snapshot with these entries added or replaced, or removed where the value is None or empty."""
        changed = self.changed | {entry_id: tuple(texts or ()) for entry_id, texts in changes.items()}
        if len(changed) > COMPACT_ABOVE:
            return Index.build(self.entries() | {entry_id: tuple(texts or ()) for entry_id, texts in changes.items()})
        overlay = build_segment(changed)
        dead = np.array([entry_id in changed for entry_id in self.base.entry_ids], dtype=np.bool_)
        alive = (~dead)[self.base.entry_of].astype(np.float32) if len(dead) else self.base_alive
        return Index(self.base, overlay, changed, alive, self._lost(alive), int(alive.sum()) + len(overlay.texts))

    def entries(self) -> dict[str, tuple[str, ...]]:
        """Every entry of the snapshot with its phrasings."""
        ends = [*self.base.first_doc.tolist()[1:], len(self.base.texts)]
        found = {
            entry_id: self.base.texts[start:end]
            for entry_id, start, end in zip(self.base.entry_ids, self.base.first_doc.tolist(), ends, strict=True)
        }
        return {entry_id: texts for entry_id, texts in (found | self.changed).items() if texts}

    def query(self, grams: Grams) -> Query:
        """Weighs a text's terms by their rarity among the phrasings; unknown terms are the rarest."""
        terms, counts = np.unique(grams.search_terms, return_counts=True)
        seen = self._seen(self.base, self.base.doc_frequency - self.base_lost, terms)
        seen += self._seen(self.overlay, self.overlay.doc_frequency, terms)
        idf = np.log1p((self.phrasings - seen + 0.5) / (seen + 0.5)).astype(np.float32)
        weight = counts.astype(np.float32)
        length = np.full(1, grams.terms, dtype=np.float32)
        own = float((idf * weight * impact(weight, length)).sum())
        return Query(terms, weight, idf, own, dict(zip(terms.tolist(), idf.tolist(), strict=True)))

    def search(self, query: Query, limit: int = 8) -> list[Candidate]:
        """The best entries by their best phrasing, best first; ties by entry id. None that shares no term."""
        if len(query.terms) == 0:
            return []
        found: list[tuple[float, str, Segment, int]] = []
        for segment, alive in ((self.base, self.base_alive), (self.overlay, None)):
            found += [(score, segment.entry_ids[entry], segment, doc) for score, entry, doc in _best(segment, alive, query, limit)]
        found.sort(key=lambda each: (-each[0], each[1]))
        return [
            Candidate(entry_id, segment.texts[doc], score, frozenset(segment.terms_of(doc).tolist()))
            for score, entry_id, segment, doc in found[:limit]
        ]

    def _lost(self, alive: NDArray[np.float32]) -> NDArray[np.int64]:
        gone = alive[self.base.documents] == 0
        rows = np.repeat(np.arange(len(self.base.vocabulary)), self.base.doc_frequency)[gone]
        return np.bincount(rows, minlength=len(self.base.vocabulary))

    @staticmethod
    def _seen(segment: Segment, frequency: NDArray[np.int64], terms: NDArray[np.uint32]) -> NDArray[np.int64]:
        rows, known = _rows(segment, terms)
        return np.where(known, frequency[rows], 0) if len(frequency) else np.zeros(len(terms), dtype=np.int64)


def _rows(segment: Segment, terms: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each term stands in the vocabulary, and whether it does."""
    if len(segment.vocabulary) == 0:
        return np.zeros(len(terms), dtype=np.int64), np.zeros(len(terms), dtype=np.bool_)
    rows = np.minimum(np.searchsorted(segment.vocabulary, terms), len(segment.vocabulary) - 1)
    return rows, segment.vocabulary[rows] == terms


def _best(
    segment: Segment, alive: NDArray[np.float32] | None, query: Query, limit: int
) -> list[tuple[float, int, int]]:
    """(score, entry row, document) of a segment's best entries, unordered, zero scores left out."""
    rows, known = _rows(segment, query.terms)
    if not known.any():
        return []
    rows, weight = rows[known], (query.idf * query.counts)[known]
    slices = list(zip(segment.starts[rows].tolist(), segment.starts[rows + 1].tolist(), strict=True))
    documents = np.concatenate([segment.documents[start:end] for start, end in slices])
    impacts = np.concatenate([segment.impacts[start:end] for start, end in slices])
    impacts *= np.repeat(weight, [end - start for start, end in slices])
    scores = np.bincount(documents, weights=impacts, minlength=len(segment.texts))
    if alive is not None:
        scores *= alive
    by_entry = np.maximum.reduceat(scores, segment.first_doc)
    top = np.argsort(-by_entry, kind="stable")[:limit] if len(by_entry) < 64 else _top(by_entry, limit)
    result = []
    for entry in top.tolist():
        score = float(by_entry[entry])
        if score > 0:
            start = int(segment.first_doc[entry])
            end = int(segment.first_doc[entry + 1]) if entry + 1 < len(segment.first_doc) else len(scores)
            result.append((score, entry, start + int(scores[start:end].argmax())))
    return result


def _top(scores: NDArray[np.float64], limit: int) -> NDArray[np.int64]:
    """All rows that score at least as well as the limit-th: ties are cut later, by entry id."""
    least = np.partition(scores, -limit)[-limit]
    return np.flatnonzero(scores >= max(least, 1e-9))
