"""Floors under the decisions on held-back questions, both halves together. They may only rise.

What each figure was when its floor was set stands in docs/decisions/0003-understanding.md.
"""

from __future__ import annotations

from typing import Any

import pytest
from heldback import load_shipped, measure


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return measure(load_shipped())


def share(figures: dict[str, Any], *names: str) -> float:
    return sum(figures["outcomes"].get(name, 0.0) for name in names)


def test_the_right_entry_is_found(figures: dict[str, Any]) -> None:
    assert figures["r1"] >= 0.875
    assert figures["r3"] >= 0.965


def test_replies_from_knowledge_are_right(figures: dict[str, Any]) -> None:
    assert figures["replies_right"] >= 0.96
    assert share(figures, "answer_wrong") <= 0.013


def test_half_of_the_questions_are_answered_at_once(figures: dict[str, Any]) -> None:
    assert share(figures, "answer_right", "answer_wrong") >= 0.54


def test_few_questions_go_astray(figures: dict[str, Any]) -> None:
    assert share(figures, "unknown", "startflow", "handover", "chitchat") <= 0.095
    assert share(figures, "startflow") <= 0.016


def test_questions_after_an_own_order_start_a_flow(figures: dict[str, Any]) -> None:
    assert figures["others"]["order"]["startflow"] >= 0.95


def test_small_talk_is_small_talk(figures: dict[str, Any]) -> None:
    assert figures["others"]["smalltalk"]["chitchat"] + figures["others"]["smalltalk"].get("unclear", 0.0) >= 0.955


def test_what_is_not_the_shops_business_is_not_answered(figures: dict[str, Any]) -> None:
    unknown = figures["others"]["unknown"]
    assert unknown["unknown"] + unknown.get("unclear", 0.0) >= 0.86
