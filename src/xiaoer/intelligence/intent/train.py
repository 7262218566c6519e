"""Fitting an intent model: one-vs-rest linear SVM over hashed n-grams, calibrated on cross-validated scores.

scikit-learn is imported inside the functions only: the serving process never loads it. Everything is
deterministic for equal input on one machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.intent.artefact import IntentArtefact, IntentManifest
from xiaoer.intelligence.intent.measure import choose_threshold, fit_temperature, measure
from xiaoer.intelligence.text.ngrams import BUCKETS, FEATURES, ngrams
from xiaoer.intelligence.text.normalise import normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDS = 5
PENALTY = 0.5
LABEL_SHARE = 0.6
"""Weight of the coarse label's own classifier, folded into each of its fine intents."""


class Example(msgspec.Struct, frozen=True):
    """One training sentence as written, its fine intent, that intent's coarse label, and its language."""

    text: str
    intent: str
    label: str
    language: str = "zh-CN"


def train_intents(examples: Sequence[Example], *, licence: str, buckets: int = BUCKETS) -> IntentArtefact:
    """Fits, calibrates and measures; needs two intents, two sentences of each; any order."""
    ordered = sorted(examples, key=lambda example: (example.intent, example.language, example.text))
    intents = sorted({example.intent for example in ordered})
    labels = {example.intent: example.label for example in ordered}
    target = np.array([intents.index(example.intent) for example in ordered])
    counts = count_matrix([example.text for example in ordered], buckets)
    names = sorted(set(labels.values()))
    parents = np.array([names.index(labels[intent]) for intent in intents])
    scores = _cross_validate(counts, target, parents)
    temperature = fit_temperature(scores, target)
    manifest = IntentManifest(
        features=FEATURES,
        data_hash=hash_examples(ordered),
        licence=licence,
        intents=tuple(intents),
        labels=tuple(labels[intent] for intent in intents),
        temperature=temperature,
        threshold=choose_threshold(scores, target, temperature),
        metrics=measure(scores, target, temperature, ordered, intents),
    )
    idf = _idf(counts)
    return _quantise(manifest, *_fit(counts, target, parents, idf), idf)


def hash_examples(examples: Sequence[Example]) -> str:
    """SHA-256 over the sentences and their intents, independent of order."""
    lines = sorted(f"{e.intent}\t{e.language}\t{e.text}" for e in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def count_matrix(texts: Sequence[str], buckets: int) -> csr_matrix:
    """Log term frequencies, one row per text, unscaled by idf."""
    from scipy.sparse import csr_matrix

    indptr, indices, values = [0], [], []
    for text in texts:
        active, counts = np.unique(ngrams(normalise(text).text).hashes & np.uint32(buckets - 1), return_counts=True)
        indices.append(active.astype(np.int32))
        values.append((1.0 + np.log(counts)).astype(np.float64))
        indptr.append(indptr[-1] + len(active))
    data = (np.concatenate(values), np.concatenate(indices), np.array(indptr, dtype=np.int32))
    return csr_matrix(data, shape=(len(texts), buckets))


def _idf(counts: csr_matrix) -> NDArray[np.float16]:
    rows = counts.shape[0]
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    result: NDArray[np.float16] = (np.log((1.0 + rows) / (1.0 + seen)) + 1.0).astype(np.float16)
    return result


def _scale(counts: csr_matrix, idf: NDArray[np.float16]) -> Any:
    from sklearn.preprocessing import normalize

    scaled = counts.copy()
    scaled.data = scaled.data * idf.astype(np.float64)[scaled.indices]
    return normalize(scaled, copy=False)


def _fit(
    counts: csr_matrix, target: NDArray[np.int64], parents: NDArray[np.int64], idf: NDArray[np.float16]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (intents x buckets) and bias; a label's classifier is added to those of its intents.

    Both are linear, so the sum costs nothing in serving.
    """
    scaled = _scale(counts, idf)
    weights, bias = _one_vs_rest(scaled, target)
    if len(set(parents.tolist())) in (1, len(parents)):
        return weights, bias
    label_weights, label_bias = _one_vs_rest(scaled, parents[target])
    return weights + LABEL_SHARE * label_weights[parents], bias + LABEL_SHARE * label_bias[parents]


def _one_vs_rest(scaled: Any, target: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.svm import LinearSVC

    # Balanced: how many sentences an author wrote says nothing of how often shoppers mean it.
    model = LinearSVC(C=PENALTY, class_weight="balanced", random_state=0, tol=1e-2, max_iter=300)
    model.fit(scaled, target)
    if len(model.classes_) == 2:
        return np.vstack([-model.coef_, model.coef_]), np.concatenate([-model.intercept_, model.intercept_])
    return model.coef_, model.intercept_


def _cross_validate(counts: csr_matrix, target: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scores (texts x intents) of every text by a model that did not see it."""
    from sklearn.model_selection import StratifiedKFold

    folds = min(FOLDS, int(np.bincount(target).min()))
    scores = np.zeros((len(target), int(target.max()) + 1))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=0).split(counts, target):
        idf = _idf(counts[train])
        weights, bias = _fit(counts[train], target[train], parents, idf)
        scores[test] = _scale(counts[test], idf) @ weights.T + bias
    return scores


def _quantise(
    manifest: IntentManifest,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    idf: NDArray[np.float16],
) -> IntentArtefact:
    scales = np.maximum(np.abs(weights).max(axis=1) / 127.0, 1e-6).astype(np.float16)
    rounded = np.rint(weights / scales.astype(np.float64)[:, None]).clip(-127, 127).astype(np.int8)
    return IntentArtefact(manifest, np.ascontiguousarray(rounded.T), scales, bias.astype(np.float32), idf)
