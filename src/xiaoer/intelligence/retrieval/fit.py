"""Fits a gate to a shop's own entries, leaving out each phrasing in turn. Training only (scipy inside)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.intent.measure import auroc
from xiaoer.intelligence.intent.model import IntentModel
from xiaoer.intelligence.retrieval.gate import FEATURE_NAMES, Gate
from xiaoer.intelligence.retrieval.index import Index
from xiaoer.intelligence.retrieval.search import Knowledge, ranking_values
from xiaoer.intelligence.retrieval.types import EntryText, Hit
from xiaoer.intelligence.text.ngrams import Grams, ngrams
from xiaoer.intelligence.text.normalise import normalise

WRONG_AT_MOST = 0.06
"""Of the left-out phrasings, answered wrong: about seven times as often as shoppers' questions are."""
CLARIFY_RIGHT = 0.5
"""Options are shown while the right entry is among them at least this often."""
UNANSWERABLE_SHARE = 0.25
"""Of the texts a shop receives, those that no entry answers: the weight of negatives."""
UNRELATED_SHARE = 0.5
"""Of the unanswerable, those that have nothing to do with the shop; the rest lack their entry."""

AGREEMENT_TRUST = 0.55
"""What is kept of the fitted ranking weight of agreement: a left-out phrasing shares fewer words with its entry than a
shopper's question does, so the fit leans on agreement too much. Tuned on the dev half of the held-back questions."""

_FILLERS = (
    ("请问", ""),
    ("", "呢"),
    ("亲，", "呀"),
    ("你好，", "？"),
    ("", "啊"),
    ("我想问下", ""),
    ("那", "吗"),
)
_FILLERS_EN = (("hi, ", ""), ("", " please"), ("hello ", "?"))

Matrix = NDArray[np.float64]


class Trial(msgspec.Struct, frozen=True):
    """One text with the hits it got and the entry that would have been right, None where none was there."""

    expected: str | None
    hits: list[Hit]
    is_related: bool = True


def fit_gate(entries: Mapping[str, EntryText], unrelated: Sequence[str], intents: IntentModel | None = None) -> Gate:
    """Ranking weights, gate and thresholds for a shop's entries; `unrelated` texts have no answer."""
    start = Knowledge(Index.build(entries), Gate(), intents)
    left_out, near = leave_one_out(start, entries, unrelated), retyped(start, entries)
    *lexical, agreement = _fit_ranking(left_out + near)
    gate = Gate(ranking=(*lexical, round(agreement * AGREEMENT_TRUST, 4)))
    # Which entries are candidates does not depend on the gate, so one search serves every fit.
    weights, bias = _fit_logistic(_rejudged(gate, left_out + near))
    gate = msgspec.structs.replace(gate, gate=weights, bias=bias)
    left_out, near = _rejudged(gate, left_out), _rejudged(gate, near)
    gate = msgspec.structs.replace(gate, **_thresholds(left_out))
    metrics = {f"retyped_{name}": value for name, value in measure_gate(gate, near).items()}
    metrics |= {f"mixed_{name}": value for name, value in measure_gate(gate, left_out + near).items()}
    return msgspec.structs.replace(gate, metrics=measure_gate(gate, left_out) | metrics)


def leave_one_out(knowledge: Knowledge, entries: Mapping[str, EntryText], unrelated: Sequence[str]) -> list[Trial]:
    """Each phrasing against an index without it, and without its entry; then the unrelated texts."""
    trials = []
    for entry_id, entry in entries.items():
        without = knowledge.with_changes({entry_id: None})
        for place, text in enumerate(entry.phrasings):
            grams = _grams(text)
            rest = EntryText((*entry.phrasings[:place], *entry.phrasings[place + 1 :]), entry.answer)
            trials.append(Trial(entry_id, knowledge.with_changes({entry_id: rest}).find(grams)))
            trials.append(Trial(None, without.find(grams)))
    trials += [Trial(None, knowledge.find(_grams(text)), False) for text in unrelated]
    return trials


def retyped(knowledge: Knowledge, entries: Mapping[str, EntryText]) -> list[Trial]:
    """Each phrasing as another shopper would type it: a polite word more or a character less."""
    trials = []
    for entry_id, entry in entries.items():
        for place, text in enumerate(entry.phrasings):
            before, after = _FILLERS[place % len(_FILLERS)] if not text.isascii() else _FILLERS_EN[place % 3]
            cut = (place * 7 + 3) % max(len(text), 1)
            typed = f"{before}{text}{after}" if place % 2 else text[:cut] + text[cut + 1 :]
            trials.append(Trial(entry_id, knowledge.find(_grams(typed))))
    return trials


def measure_gate(gate: Gate, trials: Sequence[Trial]) -> dict[str, float]:
    """Shares over texts that have an answer, and over those that have none."""
    answerable = [trial for trial in trials if trial.expected is not None]
    unanswerable = [trial for trial in trials if trial.expected is None]
    answered = [trial for trial in answerable if _top(trial) >= gate.answer_from]
    asked = [trial for trial in answerable if gate.clarify_from <= _top(trial) < gate.answer_from]
    false = sum(_top(trial) >= gate.answer_from for trial in unanswerable)
    n, m = max(len(answerable), 1), max(len(unanswerable), 1)
    wrong = sum(not _is_right(trial) for trial in answered)
    share = (1 - UNANSWERABLE_SHARE) * wrong / n + UNANSWERABLE_SHARE * false / m
    figures = {
        "answerable": float(len(answerable)),
        "unanswerable": float(len(unanswerable)),
        "r1": sum(map(_is_right, answerable)) / n,
        "r3": sum(_is_among(trial) for trial in answerable) / n,
        "answered": len(answered) / n,
        "answered_wrong": wrong / n,
        "answered_when_unanswerable": false / m,
        "wrong_confident": share,
        "clarified": len(asked) / n,
        "clarified_has_right": sum(_is_among(trial) for trial in asked) / max(len(asked), 1),
        "auroc": auroc(np.array([_top(t) for t in trials]), np.array([_is_right(t) for t in trials])),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def _grams(text: str) -> Grams:
    return ngrams(normalise(text).text)


def _rejudged(gate: Gate, trials: Sequence[Trial]) -> list[Trial]:
    return [Trial(trial.expected, gate.judge(trial.hits), trial.is_related) for trial in trials]


def _top(trial: Trial) -> float:
    return trial.hits[0].probability if trial.hits else 0.0


def _is_right(trial: Trial) -> bool:
    return bool(trial.hits) and trial.hits[0].entry_id == trial.expected


def _is_among(trial: Trial) -> bool:
    return trial.expected in [hit.entry_id for hit in trial.hits[:3]]


def _fit_ranking(trials: Sequence[Trial]) -> tuple[float, ...]:
    """Maximises the softmax probability of the right entry among its rivals; weights are never negative."""
    rows, rights, owners = [], [], []
    for trial in trials:
        if trial.expected in [hit.entry_id for hit in trial.hits]:
            rows += [ranking_values(hit.features) for hit in trial.hits]
            rights += [hit.entry_id == trial.expected for hit in trial.hits]
            owners.append(len(trial.hits))
    x, right = np.array(rows), np.array(rights)
    starts = np.concatenate([[0], np.cumsum(owners)[:-1]])
    spread = np.repeat(np.arange(len(owners)), owners)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = x @ weights
        grown = np.exp(scores - np.maximum.reduceat(scores, starts)[spread])
        chance = grown / np.add.reduceat(grown, starts)[spread]
        value = -np.log(np.maximum(chance[right], 1e-12)).sum() + 0.5 * float(weights @ weights)
        return value, x.T @ (chance - right) + weights

    return _minimise(loss, np.ones(x.shape[1]), [(0.0, None)] * x.shape[1])


def _fit_logistic(trials: Sequence[Trial]) -> tuple[tuple[float, ...], float]:
    """Logistic regression of "the best hit is right" with weights never negative, and a free bias."""
    judged = [trial for trial in trials if trial.hits]
    x = np.array([[getattr(trial.hits[0].features, name) for name in FEATURE_NAMES] for trial in judged])
    x = np.hstack([x, np.ones((len(x), 1))])
    right = np.array([_is_right(trial) for trial in judged], dtype=np.float64)
    weight = _weights(judged)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        logits = x @ weights
        value = (weight * (np.logaddexp(0, logits) - right * logits)).sum() + 0.5 * float(weights[:-1] @ weights[:-1])
        slope = x.T @ (weight * (1 / (1 + np.exp(-logits)) - right))
        slope[:-1] += weights[:-1]
        return value, slope

    bounds: list[tuple[float | None, None]] = [(0.0, None)] * len(FEATURE_NAMES) + [(None, None)]
    *fitted, bias = _minimise(loss, np.zeros(x.shape[1]), bounds)
    return tuple(fitted), bias


def _weights(trials: Sequence[Trial]) -> Matrix:
    """Texts without an answer weigh UNANSWERABLE_SHARE together, however many were made."""
    answerable = np.array([trial.expected is not None for trial in trials])
    related = np.array([trial.is_related for trial in trials])
    kinds = (
        (answerable, 1 - UNANSWERABLE_SHARE),
        (~answerable & related, UNANSWERABLE_SHARE * (1 - UNRELATED_SHARE)),
        (~related, UNANSWERABLE_SHARE * UNRELATED_SHARE),
    )
    share = sum(kind * weight / max(kind.sum(), 1) for kind, weight in kinds)
    result: Matrix = np.asarray(share) * len(trials)
    return result


def _minimise(loss: Any, start: Matrix, bounds: Sequence[tuple[float | None, None]]) -> tuple[float, ...]:
    from scipy.optimize import minimize

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return tuple(round(float(value), 4) for value in found.x)


def _thresholds(trials: Sequence[Trial]) -> dict[str, float]:
    """Most answers with at most WRONG_AT_MOST of all texts answered wrong; options while they help."""
    top = np.array([_top(trial) for trial in trials])
    order = np.argsort(-top, kind="stable")
    weight = _weights(trials)[order] / len(trials)
    wrong = np.cumsum(weight * np.array([not _is_right(trials[i]) for i in order]))
    allowed = np.flatnonzero(wrong <= WRONG_AT_MOST)
    answer_from = max(float(top[order[allowed[-1]]]), 0.5) if len(allowed) else 0.97
    among = np.array([trials[i].expected is not None and _is_among(trials[i]) for i in order])
    below = top[order] < answer_from
    useful = np.cumsum(weight * among * below) / np.maximum(np.cumsum(weight * below), 1e-12)
    enough = np.flatnonzero(below & (useful >= CLARIFY_RIGHT))
    clarify_from = float(top[order[enough[-1]]]) if len(enough) else answer_from
    return {"answer_from": round(answer_from, 4), "clarify_from": round(min(clarify_from, answer_from), 4)}
