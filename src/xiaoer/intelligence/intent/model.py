"""Serving an intent model: gather the active rows of an int8 matrix, calibrate. Read-only, thread-safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.intent.artefact import IntentArtefact, read_artefact
from xiaoer.intelligence.intent.types import NO_INTENT, OFF_TOPIC, IntentResult, IntentScore
from xiaoer.intelligence.text.ngrams import Grams, vectorise

RANKED = 3


class IntentModel:
    """A loaded model. `classify` is the promise; `probabilities` serves retrieval's agreement feature."""

    def __init__(self, artefact: IntentArtefact) -> None:
        self.manifest = artefact.manifest
        self.intents = artefact.manifest.intents
        self._labels = artefact.manifest.labels
        self._weights = np.ascontiguousarray(artefact.weights)
        self._idf = artefact.idf.astype(np.float32)
        # Temperature and scale are per intent, so both fold into one multiplication.
        sharpness = np.float32(1.0 / artefact.manifest.temperature)
        self._scales = artefact.scales.astype(np.float32) * sharpness
        self._bias = artefact.bias * sharpness
        self._label_names = tuple(sorted(set(self._labels)))
        self._label_of = np.array([self._label_names.index(label) for label in self._labels])
        self._off_topic = self.intents.index(OFF_TOPIC) if OFF_TOPIC in self.intents else -1

    @classmethod
    def load(cls, path: Path) -> IntentModel:
        """Reads a built artefact; raises ModelUnusable."""
        return cls(read_artefact(path))

    def probabilities(self, grams: Grams) -> NDArray[np.float32]:
        """Calibrated probability of every intent, in the order of `intents`; sums to 1."""
        active, values = vectorise(grams, self._idf)
        logits = (values @ self._weights[active].astype(np.float32)) * self._scales + self._bias
        logits -= logits.max()
        np.exp(logits, out=logits)
        result: NDArray[np.float32] = logits / logits.sum()
        return result

    def classify(self, grams: Grams) -> IntentResult:
        """The three best fine intents of a text and its coarse label; no grams, no intent."""
        if len(grams.hashes) == 0:
            return NO_INTENT
        return self.result(self.probabilities(grams))

    def result(self, probabilities: NDArray[np.float32]) -> IntentResult:
        """Reads a distribution that `probabilities` returned."""
        count = min(RANKED, len(probabilities))
        top = np.argpartition(probabilities, -count)[-count:]
        order = top[np.argsort(-probabilities[top], kind="stable")].tolist()
        ranked = tuple(IntentScore(self.intents[i], self._labels[i], float(probabilities[i])) for i in order)
        by_label = np.bincount(self._label_of, weights=probabilities, minlength=len(self._label_names))
        label = int(by_label.argmax())
        best = ranked[0]
        return IntentResult(
            best=best,
            ranked=ranked,
            is_confident=best.score >= self.manifest.threshold and best.intent != OFF_TOPIC,
            probability=best.score,
            label=self._label_names[label],
            label_probability=float(by_label[label]),
            off_topic=float(probabilities[self._off_topic]) if self._off_topic >= 0 else 0.0,
        )
