"""How sure a hit is: a logistic gate over its evidence, and the two thresholds that turn it into a decision.

Coefficients are never negative, so more evidence never makes a hit less sure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from xiaoer.intelligence.retrieval.types import (
    AnswerWith,
    ClarifyAmong,
    Decision,
    Features,
    Hit,
    NothingFound,
)

FEATURE_NAMES: tuple[str, ...] = ("ratio", "coverage", "covered", "close", "whole", "agreement", "gap")
RANKING_NAMES: tuple[str, ...] = FEATURE_NAMES[:-1]
OPTIONS = 3
FULL_GAP = 4.0
"""Ranking score by which the next entry stays behind for a gap of 1."""
OPTION_BEHIND = 3.5
"""Ranking score by which an option may stay behind the best: about a thirtieth of its likelihood."""
EXACT = 0.999
"""Both coverages from which on text and phrasing hold the same terms: the same question, whatever else."""
RELEVANT = 5.5
"""`relevance` from which on a text is taken to be the shop's business at all."""


def relevance(features: Features, off_topic: float) -> float:
    """That a text is about the shop, whichever entry it means: the best hit's evidence against `off_topic`.

    Five numbers with `RELEVANT`, tuned on the dev half of the held-back questions; `off_topic` is small where a
    text is merely unlike the training sentences, hence its large weight.
    """
    return 8.7 * features.covered + 4.5 * features.agreement + 3.2 * features.gap - 40.0 * off_topic


class Gate(msgspec.Struct, frozen=True):
    """Fitted on a pack by `fit.py`, or the defaults below, which suit short questions of any shop.

    `answer_from` is the probability from which on the best hit is answered; from `clarify_from` on the
    options are shown. `ranking` weighs all features but the gap, `gate` all.
    """

    ranking: tuple[float, ...] = (2.0, 1.0, 1.0, 6.0, 6.0, 3.0)
    gate: tuple[float, ...] = (2.0, 1.0, 1.0, 6.0, 3.0, 2.0, 2.0)
    bias: float = -5.5
    answer_from: float = 0.75
    clarify_from: float = 0.3
    metrics: dict[str, float] = {}

    def rank(self, features: Features) -> float:
        """The ranking score of a candidate; `gap` is not looked at."""
        return _evidence(self.ranking, features)

    def probability(self, features: Features) -> float:
        """That the best hit answers the text, 0 to 1; at least 0.97 for the very same terms."""
        f = features
        logit = self.bias + _evidence(self.gate, f) + self.gate[6] * f.gap
        chance = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))
        return max(chance, 0.97) if f.coverage >= EXACT and f.covered >= EXACT else chance

    def judge(self, hits: Iterable[Hit]) -> list[Hit]:
        """Hits ranked by their features, best first, ties by entry id, with gap and probability set."""
        ranked = sorted(((self.rank(hit.features), hit) for hit in hits), key=lambda each: (-each[0], each[1].entry_id))
        judged = []
        for place, (score, hit) in enumerate(ranked):
            lead = score - ranked[1][0] if place == 0 and len(ranked) > 1 else 0.0 if place else FULL_GAP
            features = msgspec.structs.replace(hit.features, gap=max(0.0, min(1.0, lead / FULL_GAP)))
            judged.append(Hit(hit.entry_id, hit.phrasing, score, self.probability(features), features))
        return judged

    def decide(self, hits: Sequence[Hit]) -> Decision:
        """Answer the best hit, show at most three options, or nothing. Hits: best first."""
        if not hits or hits[0].probability < self.clarify_from:
            return NothingFound()
        if hits[0].probability >= self.answer_from:
            return AnswerWith(hits[0])
        plausible = [hit for hit in hits[:OPTIONS] if hit.score >= hits[0].score - OPTION_BEHIND]
        return ClarifyAmong(tuple(plausible if len(plausible) > 1 else hits[:2]))


def _evidence(w: tuple[float, ...], f: Features) -> float:
    return w[0] * f.ratio + w[1] * f.coverage + w[2] * f.covered + w[3] * f.close + w[4] * f.whole + w[5] * f.agreement
