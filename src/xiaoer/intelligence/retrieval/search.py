"""Search, rank and judge: from a text's grams to hits with probabilities, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.intent.model import IntentModel
from xiaoer.intelligence.retrieval.gate import RANKING_NAMES, Gate
from xiaoer.intelligence.retrieval.index import Candidate, Index, Query
from xiaoer.intelligence.retrieval.segment import Segment
from xiaoer.intelligence.retrieval.types import Decision, EntryText, Features, Hit
from xiaoer.intelligence.text.ngrams import Grams, ngrams, term_words
from xiaoer.intelligence.text.normalise import normalise

CANDIDATES = 8
PROFILES_KEPT = 20_000
SEGMENTS_KEPT = 64


class Knowledge:
    """A searchable snapshot: index, gate and, if any, the intent model. Immutable; edits give a new one."""

    def __init__(self, index: Index, gate: Gate, intents: IntentModel | None = None) -> None:
        self.index = index
        self.gate = gate
        self.intents = intents
        self._profiles = _Profiles(intents) if intents else None

    def with_changes(self, changes: Mapping[str, EntryText | None]) -> Knowledge:
        """Entries added, replaced or removed (id → None); visible to the next search."""
        return self.with_index(self.index.with_changes(changes))

    def with_index(self, index: Index) -> Knowledge:
        """The same gate and intent model over another snapshot; learnt profiles are kept."""
        twin = Knowledge(index, self.gate, self.intents)
        twin._profiles = self._profiles
        return twin

    def find(self, grams: Grams, probabilities: NDArray[np.float32] | None = None) -> list[Hit]:
        """The best entries for a text, best first; `probabilities` of the intents, if known."""
        query = self.index.query(grams)
        agreement = None
        if self._profiles is not None:
            if probabilities is None:
                probabilities = self._profiles.intents.probabilities(grams)
            agreement = partial(self._profiles.agreement, np.sqrt(probabilities))
        candidates = self.index.search(query, CANDIDATES, agreement)
        return self.gate.judge(
            Hit(candidate.entry_id, candidate.phrasing, 0.0, 0.0, self._features(query, candidate))
            for candidate in candidates
        )

    def warm(self) -> None:
        """Computes what the first search would otherwise wait for: about 30 µs a phrasing."""
        self.find(ngrams("warm"))

    def decide(self, hits: Sequence[Hit]) -> Decision:
        """Answer, clarify among options, or unknown."""
        return self.gate.decide(hits)

    def explain(self, text: str) -> list[Hit]:
        """As `find` for a text as written, with the matched words of each hit: for the console's test box."""
        words = term_words(normalise(text).text)
        hits = self.find(ngrams(normalise(text).text))
        return [_with_matched(hit, words) for hit in hits]

    @staticmethod
    def _features(query: Query, candidate: Candidate) -> Features:
        idf = query.idf_of
        shared = [term for term in idf if term in candidate.terms]
        weight = sum(idf[term] for term in shared)
        total = sum(idf.values()) or 1.0
        # A term the query lacks is taken to be as rare as the query's terms are on average.
        missing = (len(candidate.terms) - len(shared)) * total / max(len(idf), 1)
        coverage, covered = weight / total, weight / (weight + missing) if weight else 0.0
        return Features(
            ratio=candidate.ratio,
            coverage=coverage,
            covered=covered,
            close=(coverage * covered) ** 2,
            whole=candidate.whole,
            agreement=candidate.agreement,
        )


class _Profiles:
    """Intent profiles of entries: unit vectors of mean square-rooted probabilities. Kept as computed.

    The product of two such vectors is the Bhattacharyya overlap of the distributions.
    """

    def __init__(self, intents: IntentModel) -> None:
        self.intents = intents
        self._of_segment = lru_cache(maxsize=SEGMENTS_KEPT)(self._compute_segment)
        self._of_text = lru_cache(maxsize=PROFILES_KEPT)(self._compute_text)

    def agreement(self, root: NDArray[np.float32], segment: Segment) -> NDArray[np.float32]:
        """Overlap of a text with each entry; `root` holds the square roots of its probabilities."""
        result: NDArray[np.float32] = self._of_segment(segment) @ root
        return result

    def _compute_segment(self, segment: Segment) -> NDArray[np.float32]:
        if not segment.texts:
            return np.zeros((0, len(self.intents.intents)), dtype=np.float32)
        profiles = np.stack([self._of_text(text) for text in segment.texts])
        sums = np.add.reduceat(profiles, segment.first_doc, axis=0)
        result: NDArray[np.float32] = sums / np.sqrt((sums * sums).sum(axis=1, keepdims=True))
        return result

    def _compute_text(self, text: str) -> NDArray[np.float32]:
        grams = ngrams(normalise(text).text)
        if len(grams.hashes) == 0:
            return np.full(len(self.intents.intents), len(self.intents.intents) ** -0.5, dtype=np.float32)
        root: NDArray[np.float32] = np.sqrt(self.intents.probabilities(grams))
        return root


def ranking_values(features: Features) -> list[float]:
    """The features that rank, in the gate's order."""
    return [getattr(features, name) for name in RANKING_NAMES]


def _with_matched(hit: Hit, words: dict[int, str]) -> Hit:
    """Longest first, and no single character that a shared pair already shows."""
    shared = [words[term] for term in term_words(normalise(hit.phrasing).text) if term in words]
    shared.sort(key=len, reverse=True)
    matched = [word for place, word in enumerate(shared) if not any(word in longer for longer in shared[:place])]
    return Hit(hit.entry_id, hit.phrasing, hit.score, hit.probability, hit.features, tuple(matched))
