"""How well Xiaoer decides on questions written without sight of the pack's phrasings.

`python -m tests.quality.heldback [--half dev|test|all] [--json]`. The halves are split by a hash of the text: `dev` may
be looked at and tuned on, of `test` only the figures. Nothing of `heldback/` is ever indexed or trained on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import xiaoer
from xiaoer.intelligence.dialogue.types import Answer, Chitchat, Clarify, Command, SetSlot
from xiaoer.intelligence.dialogue.understand import understand
from xiaoer.intelligence.packs.runtime import Models, load_models

HERE = Path(__file__).parent / "heldback"
PACK = Path(xiaoer.__file__).parent / "packs" / "ecommerce"


def load(half: str, *, knowledge: bool) -> list[dict[str, Any]]:
    """The questions of a half: those of knowledge, or those of `_other.jsonl`."""
    files = sorted(HERE.glob("[a-z]*.jsonl")) if knowledge else [HERE / "_other.jsonl"]
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]
    return [row for row in rows if half in ("all", half_of(row["text"]))]


def half_of(text: str) -> str:
    return "test" if hashlib.sha256(text.encode()).digest()[0] % 2 else "dev"


def first_command(commands: tuple[Command, ...]) -> Command:
    return next((command for command in commands if not isinstance(command, SetSlot)), commands[0])


def outcome(command: Command, right: set[str]) -> str:
    """`answer_right`, `clarify_wrong`, …, or the command's name."""
    match command:
        case Answer(entry_id):
            return "answer_right" if entry_id in right else "answer_wrong"
        case Clarify(options):
            return "clarify_right" if right & {option.entry_id for option in options} else "clarify_wrong"
    return type(command).__name__.lower()


def measure(models: Models, half: str = "all") -> dict[str, Any]:
    """All figures of a half; shares of its questions, microseconds of one `understand`."""
    rows = load(half, knowledge=True)
    outcomes: Counter[str] = Counter()
    first = among = 0
    spent = []
    for row in rows:
        right = {row["id"], *row.get("also", ())}
        times = []
        for _ in range(3):
            started = time.perf_counter_ns()
            found = understand(row["text"], models)
            times.append((time.perf_counter_ns() - started) / 1000)
        # The least of three: what the work costs, without what other processes took.
        spent.append(min(times))
        ids = [hit.entry_id for hit in found.hits]
        first += bool(right & set(ids[:1]))
        among += bool(right & set(ids[:3]))
        outcomes[outcome(first_command(found.commands), right)] += 1
    share = {name: round(count / len(rows), 4) for name, count in sorted(outcomes.items())}
    replies = sum(count for name, count in outcomes.items() if name.startswith(("answer", "clarify")))
    spent.sort()
    return {
        "half": half,
        "questions": len(rows),
        "r1": round(first / len(rows), 4),
        "r3": round(among / len(rows), 4),
        "outcomes": share,
        "replies_right": round((outcomes["answer_right"] + outcomes["clarify_right"]) / max(replies, 1), 4),
        "others": _measure_others(models, half),
        "us_p50": round(spent[len(spent) // 2]),
        "us_p99": round(spent[int(len(spent) * 0.99)]),
    }


def _measure_others(models: Models, half: str) -> dict[str, dict[str, float]]:
    counts: dict[str, Counter[str]] = {}
    for row in load(half, knowledge=False):
        command = first_command(understand(row["text"], models).commands)
        name = type(command).__name__.lower()
        if isinstance(command, Chitchat) and command.situation == "smalltalk.unclear":
            name = "unclear"
        counts.setdefault(row["kind"], Counter())[name] += 1
    return {
        kind: {name: round(count / found.total(), 4) for name, count in found.most_common()}
        for kind, found in counts.items()
    }


def load_shipped() -> Models:
    return load_models(PACK, PACK / "built")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("dev", "test", "all"), default="all")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(load_shipped(), options.half)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:14} {value}")


if __name__ == "__main__":
    main()
