"""What understanding says about intent; free of numpy, so that every layer may hold it."""

from __future__ import annotations

import msgspec

OFF_TOPIC = "other.off_topic"


class IntentScore(msgspec.Struct, frozen=True):
    """One fine intent (`label.name`), its coarse label, and its calibrated probability, 0 to 1."""

    intent: str
    label: str
    score: float


class IntentResult(msgspec.Struct, frozen=True):
    """The best fine intents of a text.

    `label` is the likeliest coarse label, with the probabilities of its fine intents added up;
    `is_confident` means that `best` may be acted on without asking.
    """

    best: IntentScore
    ranked: tuple[IntentScore, ...]
    is_confident: bool
    probability: float
    label: str
    label_probability: float
    off_topic: float = 0.0
    """Probability that the text is none of the shop's business."""

    def probability_of(self, intent: str) -> float:
        """The probability of a fine intent, 0 where it is not among the ranked."""
        return next((score.score for score in self.ranked if score.intent == intent), 0.0)


NO_INTENT = IntentResult(IntentScore("other.unclear", "other", 0.0), (), False, 0.0, "other", 0.0)
