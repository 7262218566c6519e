"""Immutable postings of some entries, as plain arrays: phrasing by phrasing, and each entry as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.retrieval.types import EntryText
from xiaoer.intelligence.text.ngrams import search_terms
from xiaoer.intelligence.text.normalise import normalise

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

K1 = 1.2
PHRASING_LENGTH, PHRASING_B = 20.0, 0.5
WHOLE_LENGTH, WHOLE_B = 300.0, 0.3
"""Terms of a usual phrasing and entry: constants, so that an added entry leaves other postings alone."""
ANSWER_WEIGHT = 0.5
_VARIABLE = re.compile(r"\{\{\s*\w+\s*\}\}|https?://\S+")


@dataclass(frozen=True, slots=True)
class Postings:
    """Documents by term: `documents[starts[i]:starts[i+1]]` hold vocabulary[i], with the impact of each."""

    size: int
    vocabulary: NDArray[np.uint32]
    starts: Ints
    documents: NDArray[np.int32]
    impacts: Floats
    frequency: Ints

    def rows(self, terms: NDArray[np.uint32]) -> tuple[Ints, NDArray[np.bool_]]:
        """Where each term stands in the vocabulary, and whether it does."""
        if len(self.vocabulary) == 0:
            return np.zeros(len(terms), dtype=np.int64), np.zeros(len(terms), dtype=np.bool_)
        rows = np.minimum(np.searchsorted(self.vocabulary, terms), len(self.vocabulary) - 1)
        return rows, self.vocabulary[rows] == terms

    def scores(self, terms: NDArray[np.uint32], weights: Floats) -> NDArray[np.float64]:
        """Sum of weight x impact per document, zero where nothing is shared."""
        rows, known = self.rows(terms)
        rows = rows[known]
        starts, lengths = self.starts[rows], self.frequency[rows]
        total = int(lengths.sum())
        if total == 0:
            return np.zeros(self.size)
        # Positions of all postings of all terms, in one go: each run starts where its term's postings do.
        at = np.arange(total) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        values = self.impacts[at] * np.repeat(weights[known], lengths)
        return np.bincount(self.documents[at], weights=values, minlength=self.size).astype(np.float64)

    def frequency_without(self, alive: NDArray[np.bool_]) -> Ints:
        """Document frequency of each term among the documents that are alive."""
        if alive.all():
            return self.frequency
        gone = np.flatnonzero(~alive[self.documents])
        rows = np.searchsorted(self.starts, gone, side="right") - 1
        return self.frequency - np.bincount(rows, minlength=len(self.vocabulary))


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Entries in the order given; phrasings are numbered through, `first_doc` being each entry's first."""

    entry_ids: tuple[str, ...]
    texts: tuple[str, ...]
    entry_of: NDArray[np.int32]
    first_doc: Ints
    phrasings: Postings
    whole: Postings
    doc_starts: Ints
    doc_terms: NDArray[np.int32]

    def terms_of(self, document: int) -> NDArray[np.uint32]:
        """The distinct terms of one phrasing."""
        rows = self.doc_terms[self.doc_starts[document] : self.doc_starts[document + 1]]
        terms: NDArray[np.uint32] = self.phrasings.vocabulary[rows]
        return terms

    def docs_of(self, entry: int) -> tuple[int, int]:
        """The half-open range of an entry's phrasings."""
        after = self.first_doc[entry + 1] if entry + 1 < len(self.first_doc) else len(self.texts)
        return int(self.first_doc[entry]), int(after)


def build_segment(entries: Mapping[str, EntryText]) -> Segment:
    """Indexes entry id → texts as written; entries without phrasings are left out."""
    kept = [(entry_id, entry) for entry_id, entry in entries.items() if entry.phrasings]
    texts = tuple(text for _, entry in kept for text in entry.phrasings)
    terms = [_terms(text) for text in texts]
    per_entry = np.array([len(entry.phrasings) for _, entry in kept], dtype=np.int64)
    entry_of = np.repeat(np.arange(len(kept), dtype=np.int32), per_entry)
    answers = [_terms(_VARIABLE.sub(" ", entry.answer)) if entry.answer else [] for _, entry in kept]
    owners = [*entry_of.tolist(), *range(len(kept))]
    weights = [1.0] * len(texts) + [ANSWER_WEIGHT] * len(kept)
    phrasings = _postings(terms, list(range(len(texts))), [1.0] * len(texts), PHRASING_LENGTH, PHRASING_B)
    rows = np.repeat(np.arange(len(phrasings.vocabulary), dtype=np.int32), phrasings.frequency)
    return Segment(
        entry_ids=tuple(entry_id for entry_id, _ in kept),
        texts=texts,
        entry_of=entry_of,
        first_doc=_offsets(per_entry)[:-1],
        phrasings=phrasings,
        whole=_postings([*terms, *answers], owners, weights, WHOLE_LENGTH, WHOLE_B),
        doc_starts=_offsets(np.bincount(phrasings.documents, minlength=len(texts))),
        doc_terms=rows[np.argsort(phrasings.documents, kind="stable")],
    )


def impact(count: Floats, length: Floats, usual: float, b: float) -> Floats:
    """The term-frequency part of BM25: about 1 for a term that stands once in a text of usual length."""
    result: Floats = (count * (K1 + 1) / (count + K1 * (1 - b + b * length / usual))).astype(np.float32)
    return result


def _terms(text: str) -> list[int]:
    return search_terms(normalise(text).text)


def _postings(
    terms: Sequence[list[int]], owners: Sequence[int], weights: Sequence[float], usual: float, b: float
) -> Postings:
    """Terms of several texts a document (`owners`), each text weighing its own."""
    size = max(owners, default=-1) + 1
    lengths = np.fromiter(map(len, terms), dtype=np.int64, count=len(terms))
    flat = np.fromiter((term for each in terms for term in each), dtype=np.uint32, count=int(lengths.sum()))
    vocabulary, term_rows = np.unique(flat, return_inverse=True)
    documents = np.repeat(np.array(owners, dtype=np.int64), lengths)
    weighed = np.repeat(np.array(weights), lengths)
    keys, place = np.unique(term_rows * max(size, 1) + documents, return_inverse=True)
    counts = np.bincount(place, weights=weighed, minlength=len(keys)).astype(np.float32)
    rows, documents_of = np.divmod(keys, max(size, 1))
    total = np.bincount(documents, weights=weighed, minlength=size).astype(np.float32)
    frequency = np.bincount(rows, minlength=len(vocabulary))
    impacts = impact(counts, total[documents_of], usual, b)
    return Postings(size, vocabulary, _offsets(frequency), documents_of.astype(np.int32), impacts, frequency)


def _offsets(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
