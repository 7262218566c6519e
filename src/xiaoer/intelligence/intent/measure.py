"""Calibration and the figures of an intent model, from scores of texts their model did not see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.intent.types import OFF_TOPIC

Matrix = NDArray[np.float64]
CONFIDENT_PRECISION = 0.8


class Labelled(Protocol):
    @property
    def intent(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def language(self) -> str: ...


def softmax(scores: Matrix, temperature: float) -> Matrix:
    logits = scores / temperature
    logits -= logits.max(axis=1, keepdims=True)
    grown = np.exp(logits)
    result: Matrix = grown / grown.sum(axis=1, keepdims=True)
    return result


def fit_temperature(scores: Matrix, target: NDArray[np.int64]) -> float:
    """The temperature of least log loss, by golden section over its logarithm; 4 digits."""
    rows = np.arange(len(target))

    def loss(log_temperature: float) -> float:
        chosen = softmax(scores, float(np.exp(log_temperature)))[rows, target]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    low, high, ratio = -4.0, 2.0, (5**0.5 - 1) / 2
    for _ in range(30):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return round(float(np.exp((low + high) / 2)), 4)


def choose_threshold(scores: Matrix, target: NDArray[np.int64], temperature: float) -> float:
    """The least probability from which on the best intents are right often enough to act on."""
    probabilities = softmax(scores, temperature)
    best = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == target
    order = np.argsort(-best, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= CONFIDENT_PRECISION)
    return round(float(best[order[enough[-1]]]), 4) if len(enough) else 0.9


def measure(
    scores: Matrix,
    target: NDArray[np.int64],
    temperature: float,
    examples: Sequence[Labelled],
    intents: list[str],
) -> dict[str, float]:
    """Cross-validated accuracy over intents and labels (all, zh, en), calibration error, off-topic AUROC."""
    probabilities = softmax(scores, temperature)
    guess = probabilities.argmax(axis=1)
    right = guess == target
    label_of = {example.intent: example.label for example in examples}
    names = sorted(set(label_of.values()))
    fold = np.zeros((len(intents), len(names)))
    for row, intent in enumerate(intents):
        fold[row, names.index(label_of[intent])] = 1.0
    label_right = (probabilities @ fold).argmax(axis=1) == fold.argmax(axis=1)[target]
    chinese = np.array([example.language == "zh-CN" for example in examples])
    figures = {
        "sentences": float(len(target)),
        "intents": float(len(intents)),
        "accuracy": float(right.mean()),
        "label_accuracy": float(label_right.mean()),
        "top3": float((np.argsort(-scores, axis=1)[:, :3] == target[:, None]).any(axis=1).mean()),
        "calibration_error": _calibration_error(probabilities.max(axis=1), right),
    }
    for name, rows in (("zh", chinese), ("en", ~chinese)):
        if rows.any():
            figures |= {f"accuracy_{name}": float(right[rows].mean())}
            figures |= {f"label_accuracy_{name}": float(label_right[rows].mean())}
    if OFF_TOPIC in intents:
        column = intents.index(OFF_TOPIC)
        figures["off_topic_auroc"] = auroc(probabilities[:, column], target == column)
    return {name: round(value, 4) for name, value in figures.items()}


def _calibration_error(confidence: Matrix, right: NDArray[np.bool_]) -> float:
    bins = np.minimum((confidence * 10).astype(np.int64), 9)
    total = 0.0
    for each in range(10):
        rows = bins == each
        if rows.any():
            total += abs(float(confidence[rows].mean()) - float(right[rows].mean())) * float(rows.mean())
    return total


def auroc(score: Matrix, positive: NDArray[np.bool_]) -> float:
    """Chance that a positive scores above a negative; ties count half."""
    values, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if n_positive == 0 or n_negative == 0 or len(values) == 0:
        return 0.5
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))
