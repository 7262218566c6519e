"""A small load against a server of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from xiaoer.application.cli.bench.ledger import Entry, Ledger, compare
from xiaoer.application.cli.bench.report import percentile
from xiaoer.application.cli.bench.sentences import MIX, plan_turns

CONTRACT = (
    "asked_per_second", "reached_per_second", "p50_ms", "p95_ms", "p99_ms", "errors", "lost", "doubled",
    "cpu_ms_per_turn", "pss_mb",
)  # fmt: skip
ROOT = Path(__file__).parents[2]


@pytest.mark.bench
def test_a_small_load_is_answered_without_loss() -> None:
    command = ["bench", "chat", "--shoppers", "40", "--turns-per-second", "20", "--seconds", "5", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "xiaoer", *command], capture_output=True, text=True, timeout=180, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(CONTRACT) <= set(figures)
    wrong = {key: figures[key] for key in ("errors", "lost", "doubled", "faults", "faults_told", "errors_by_code")}
    assert not any(wrong.values()), (figures["seed"], wrong)
    assert figures["answered"] == figures["turns"] == 100
    assert figures["conversations_verified"] == figures["conversations"] > 0
    assert figures["presses"] > 0
    assert {"web", "worker", "postgres", "parent"} <= set(figures["memory_after"])
    assert figures["agents"]["watcher"]["events"] > 0


def test_the_plan_asks_for_exactly_what_was_ordered() -> None:
    sentences = {kind: [(f"{kind} {number}", [f"id{number}"]) for number in range(7)] for kind in MIX}
    turns = plan_turns(sentences, 20, 10, 2, seed=3)
    measured = [turn for turn in turns if turn.at >= 0]
    assert (len(turns), len(measured)) == (240, 200)
    assert [turn.at for turn in turns] == sorted(turn.at for turn in turns)
    counts = {kind: sum(turn.kind == kind for turn in measured) for kind in MIX}
    assert counts == {"knowledge": 100, "orders": 50, "smalltalk": 20, "unknown": 30}
    assert turns == plan_turns(sentences, 20, 10, 2, seed=3)


def test_the_ledger_notices_what_is_lost_doubled_or_disordered() -> None:
    told = [(1, "opened", ""), (2, "message", "a-1"), (3, "message", "")]
    for broken, acked, expected in (
        (told, {"a-1"}, (0, 0, 0)),
        (told, {"a-1", "a-2"}, (1, 0, 0)),
        ([*told, (4, "message", "a-1")], {"a-1"}, (0, 1, 1)),
        ([told[0], told[2]], set(), (0, 0, 2)),
    ):
        ledger = Ledger()
        compare("c", told, broken, acked, ledger)
        assert (len(ledger.lost), len(ledger.doubled), len(ledger.faults)) == expected


def test_percentiles_are_of_the_worst_not_between() -> None:
    assert [percentile(range(1, 101), share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([], 0.99) == 0
    assert percentile([7.0], 0.99) == 7


def test_a_turn_is_right_by_entry_or_by_a_button_of_it() -> None:
    from xiaoer.application.cli.bench.ledger import Content, Named

    for content, expected in (
        (Content("text", entry_id="x.y"), ("answer", True)),
        (Content("text", entry_id="x.z"), ("answer", False)),
        (Content("buttons", buttons=[Named("answer:x.z"), Named("answer:x.y")]), ("which_one", True)),
        (Content("buttons", buttons=[Named("answer:x.z"), Named("none")]), ("which_one", False)),
        (Content("text"), ("text", False)),
    ):
        entry = Entry("knowledge", 0.0)
        entry.note(content, ["x.y"])
        assert (entry.outcome, entry.is_right) == expected
