"""Immutable postings of some phrasings, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.text.ngrams import search_terms
from xiaoer.intelligence.text.normalise import normalise

K1 = 1.2
B = 0.5
USUAL_LENGTH = 20.0
"""Terms of a usual question. A constant in place of the mean: adding an entry leaves the others' postings alone."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Documents are phrasings, sorted by entry. Postings stand in term order (CSC), terms again by document (CSR)."""

    entry_ids: tuple[str, ...]
    texts: tuple[str, ...]
    entry_of: NDArray[np.int32]
    first_doc: NDArray[np.int64]
    vocabulary: NDArray[np.uint32]
    starts: NDArray[np.int64]
    documents: NDArray[np.int32]
    impacts: NDArray[np.float32]
    doc_starts: NDArray[np.int64]
    doc_terms: NDArray[np.int32]

    @property
    def doc_frequency(self) -> NDArray[np.int64]:
        return np.diff(self.starts)

    def terms_of(self, document: int) -> NDArray[np.uint32]:
        """The distinct terms of one phrasing."""
        rows = self.doc_terms[self.doc_starts[document] : self.doc_starts[document + 1]]
        terms: NDArray[np.uint32] = self.vocabulary[rows]
        return terms


def impact(count: NDArray[np.float32], length: NDArray[np.float32]) -> NDArray[np.float32]:
    """The term-frequency part of BM25, 1 for a term that stands once in a text of usual length."""
    result: NDArray[np.float32] = count * (K1 + 1) / (count + K1 * (1 - B + B * length / USUAL_LENGTH))
    return result.astype(np.float32)


def build_segment(entries: Mapping[str, Sequence[str]]) -> Segment:
    """Indexes entry id → phrasings as written; entries without phrasings are left out."""
    kept = [(entry_id, texts) for entry_id, texts in entries.items() if texts]
    texts = tuple(text for _, phrasings in kept for text in phrasings)
    terms = [search_terms(normalise(text).text) for text in texts]
    lengths = np.fromiter(map(len, terms), dtype=np.int64, count=len(terms))
    flat = np.fromiter((term for each in terms for term in each), dtype=np.uint32, count=int(lengths.sum()))
    vocabulary, term_rows = np.unique(flat, return_inverse=True)
    docs = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    keys, counts = np.unique(term_rows * max(len(texts), 1) + docs, return_counts=True)
    rows, documents = np.divmod(keys, max(len(texts), 1))
    by_doc = np.argsort(documents, kind="stable")
    per_entry = np.array([len(phrasings) for _, phrasings in kept], dtype=np.int64)
    return Segment(
        entry_ids=tuple(entry_id for entry_id, _ in kept),
        texts=texts,
        entry_of=np.repeat(np.arange(len(kept), dtype=np.int32), per_entry),
        first_doc=_offsets(per_entry)[:-1],
        vocabulary=vocabulary,
        starts=_offsets(np.bincount(rows, minlength=len(vocabulary))),
        documents=documents.astype(np.int32),
        impacts=impact(counts.astype(np.float32), lengths[documents].astype(np.float32)),
        doc_starts=_offsets(np.bincount(documents, minlength=len(texts))),
        doc_terms=rows[by_doc].astype(np.int32),
    )


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
