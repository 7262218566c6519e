"""Search, rank and judge: from a text's grams to hits with probabilities, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.intent.model import IntentModel
from xiaoer.intelligence.retrieval.gate import RANKING_NAMES, Gate
from xiaoer.intelligence.retrieval.index import Candidate, Index, Query
from xiaoer.intelligence.retrieval.types import Decision, Features, Hit
from xiaoer.intelligence.text.ngrams import Grams, ngrams, term_words
from xiaoer.intelligence.text.normalise import normalise

CANDIDATES = 8
PROFILES_KEPT = 20_000
FULL_GAP = 4.0
"""Ranking score by which the next entry stays behind for a gap of 1."""


class Knowledge:
    """A searchable snapshot: index, gate and, if any, the intent model. Immutable; edits give a new one."""

    def __init__(self, index: Index, gate: Gate, intents: IntentModel | None = None) -> None:
        self.index = index
        self.gate = gate
        self.intents = intents
        self._profile = lru_cache(maxsize=PROFILES_KEPT)(self._compute_profile)

    def with_changes(self, changes: Mapping[str, Sequence[str] | None]) -> Knowledge:
        """Entries added, replaced (id → phrasings) or removed (id → None); visible to the next search."""
        return self.with_index(self.index.with_changes(changes))

    def with_index(self, index: Index) -> Knowledge:
        """The same gate and intent model over another snapshot; learnt profiles are kept."""
        twin = Knowledge(index, self.gate, self.intents)
        twin._profile = self._profile
        return twin

    def find(self, grams: Grams, probabilities: NDArray[np.float32] | None = None) -> list[Hit]:
        """The best entries for a text, best first, at most eight. `probabilities`: the intent model's, if at hand."""
        query = self.index.query(grams)
        candidates = self.index.search(query, CANDIDATES)
        if not candidates:
            return []
        if probabilities is None and self.intents is not None:
            probabilities = self.intents.probabilities(grams)
        root = None if probabilities is None else np.sqrt(probabilities)
        scored = [(self._features(query, candidate, root), candidate) for candidate in candidates]
        ranked = sorted(
            ((self.gate.rank(features), features, candidate) for features, candidate in scored),
            key=lambda each: (-each[0], each[2].entry_id),
        )
        return self._judge(ranked)

    def decide(self, hits: Sequence[Hit]) -> Decision:
        """Answer, clarify among options, or unknown."""
        return self.gate.decide(hits)

    def explain(self, text: str) -> list[Hit]:
        """As `find` for a text as written, with the matched words of each hit: for the console's test box."""
        words = term_words(normalise(text).text)
        hits = self.find(ngrams(normalise(text).text))
        return [_with_matched(hit, words) for hit in hits]

    def _judge(self, ranked: list[tuple[float, Features, Candidate]]) -> list[Hit]:
        hits = []
        for place, (score, features, candidate) in enumerate(ranked):
            behind = ranked[1][0] if place == 0 and len(ranked) > 1 else ranked[0][0] if place else score - FULL_GAP
            gap = max(0.0, min(1.0, (score - behind) / FULL_GAP))
            judged = Features(
                features.ratio, features.jaccard, features.coverage, features.covered, features.agreement, gap
            )
            hits.append(Hit(candidate.entry_id, candidate.phrasing, score, self.gate.probability(judged), judged))
        return hits

    def _features(self, query: Query, candidate: Candidate, root: NDArray[np.float32] | None) -> Features:
        idf = query.idf_of
        shared = [term for term in idf if term in candidate.terms]
        weight = sum(idf[term] for term in shared)
        total = sum(idf.values()) or 1.0
        union = len(idf) + len(candidate.terms) - len(shared)
        # A term the query lacks is taken to be as rare as the query's terms are on average.
        missing = (len(candidate.terms) - len(shared)) * total / max(len(idf), 1)
        return Features(
            ratio=min(1.0, candidate.bm25 / query.self_score) if query.self_score else 0.0,
            jaccard=len(shared) / union if union else 0.0,
            coverage=weight / total,
            covered=weight / (weight + missing) if weight else 0.0,
            agreement=0.0 if root is None else float(root @ self._profile(candidate.phrasing)),
        )

    def _compute_profile(self, phrasing: str) -> NDArray[np.float32]:
        """Square roots of a phrasing's intent probabilities: the product of two is their Bhattacharyya overlap."""
        assert self.intents is not None
        root: NDArray[np.float32] = np.sqrt(self.intents.probabilities(ngrams(normalise(phrasing).text)))
        return root


def ranking_values(features: Features) -> list[float]:
    """The five features that rank, in the gate's order."""
    return [getattr(features, name) for name in RANKING_NAMES]


def _with_matched(hit: Hit, words: dict[int, str]) -> Hit:
    """Longest first, and no single character that a shared pair already shows."""
    shared = [words[term] for term in term_words(normalise(hit.phrasing).text) if term in words]
    shared.sort(key=len, reverse=True)
    matched = [word for place, word in enumerate(shared) if not any(word in longer for longer in shared[:place])]
    return Hit(hit.entry_id, hit.phrasing, hit.score, hit.probability, hit.features, tuple(matched))
