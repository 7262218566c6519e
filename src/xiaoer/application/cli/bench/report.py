"""From ledgers to figures: percentiles, shares, floors, a table for people and one JSON object for scripts."""

from __future__ import annotations

import datetime
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xiaoer.application.cli.bench import observe
from xiaoer.application.cli.bench.ledger import KNOWLEDGE, ORDERS, Entry
from xiaoer.application.cli.bench.load import Outcome

# What `--check` asks for: the spine's acceptance.
FLOORS: dict[str, tuple[str, float]] = {
    "p99_ms": ("at most", 150), "errors": ("at most", 0), "lost": ("at most", 0), "doubled": ("at most", 0),
    "faults": ("at most", 0), "reached_share": ("at least", 0.99), "knowledge_replies_right": ("at least", 0.95),
}  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed, in the unit given, to 0.1; 0 of none."""
    if not values:
        return 0.0
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, max(0, -int(-share * len(ranked) // 1) - 1))], 1)


def summarise(outcome: Outcome) -> dict[str, Any]:
    """All figures of one run; the contract's keys first."""
    load = outcome.load
    entries = [one for ledger in outcome.ledgers for one in ledger.entries if one.scheduled >= 0]
    answered = [one for one in entries if one.replied is not None]
    lasted = max([load.seconds, *(one.replied or 0.0 for one in answered)])
    waits = [1000 * ((one.replied or 0.0) - one.scheduled) for one in answered]
    errors: Counter[str] = Counter()
    for ledger in outcome.ledgers:
        errors.update(ledger.errors)
    faults = [fault for ledger in outcome.ledgers for fault in ledger.faults] + outcome.faults
    asked, reached = len(entries) / load.seconds, len(answered) / lasted
    # Turns whose reply fell into the time that CPU was measured over.
    turns = max(1, sum(1 for one in answered if (one.replied or 0.0) <= load.seconds))
    cpu = {role: round(ms / turns, 3) for role, ms in sorted(outcome.cpu_ms.items())}
    return {
        "asked_per_second": round(asked, 2), "reached_per_second": round(reached, 2),
        "p50_ms": percentile(waits, 0.50), "p95_ms": percentile(waits, 0.95), "p99_ms": percentile(waits, 0.99),
        "errors": sum(errors.values()), "lost": sum(len(ledger.lost) for ledger in outcome.ledgers),
        "doubled": sum(len(ledger.doubled) for ledger in outcome.ledgers),
        "cpu_ms_per_turn": round(sum(cpu.values()), 3), "pss_mb": observe.total_pss_mb(outcome.after),
        "reached_share": round(reached / asked, 4) if asked else 0.0, "max_ms": percentile(waits, 1.0),
        "ack_p99_ms": percentile([1000 * (one.acked - one.sent) for one in entries if one.acked and one.sent], 0.99),
        "send_lag_p99_ms": percentile([1000 * (one.sent - one.scheduled) for one in entries if one.sent], 0.99),
        "shoppers": sum(ledger.connected for ledger in outcome.ledgers), "seconds": load.seconds,
        "turns": len(entries), "answered": len(answered), "seed": load.seed,
        **_shares(entries), "distinct_sentences": len({one.text for one in entries if one.text}),
        "cpu_ms_per_turn_by_role": cpu,
        "generator_cpu_ms_per_turn": round(sum(ledger.cpu_ms for ledger in outcome.ledgers) / turns, 3),
        "memory_before": observe.memory_by_role(outcome.before), "memory_after": observe.memory_by_role(outcome.after),
        "pss_before_mb": observe.total_pss_mb(outcome.before),
        "faults": len(faults), "faults_told": faults[:20], "errors_by_code": dict(errors),
        "slowest": _list_slowest(answered),
        "lost_told": [one for ledger in outcome.ledgers for one in ledger.lost][:20],
        "doubled_told": [one for ledger in outcome.ledgers for one in ledger.doubled][:20],
        "conversations": sum(ledger.conversations for ledger in outcome.ledgers),
        "conversations_verified": sum(ledger.verified for ledger in outcome.ledgers),
        "conversations_ended": sum(ledger.ended for ledger in outcome.ledgers),
        "signed_in_shoppers": outcome.signed_in, "agents": outcome.agents, "compresses": outcome.compresses,
    }  # fmt: skip


def _shares(entries: list[Entry]) -> dict[str, Any]:
    """How each kind of turn was answered, and how often knowledge was right."""
    by_kind: dict[str, Any] = {}
    for kind in dict.fromkeys(one.kind for one in entries):
        of_kind = [one for one in entries if one.kind == kind and one.replied is not None]
        waits = [1000 * ((one.replied or 0.0) - one.scheduled) for one in of_kind]
        by_kind[kind] = {
            "turns": sum(1 for one in entries if one.kind == kind), "p99_ms": percentile(waits, 0.99),
            "outcomes": dict(Counter(one.outcome for one in of_kind).most_common()),
        }  # fmt: skip
    knowledge = [one for one in entries if one.kind == KNOWLEDGE]
    right = [one for one in knowledge if one.is_right]
    from_knowledge = [one for one in knowledge if one.outcome in ("answer", "which_one")]
    asking = [one for one in entries if one.kind == ORDERS and not one.is_press]
    presses = sum(1 for one in entries if one.is_press)
    return {
        "knowledge_right": round(len(right) / max(1, len(knowledge)), 4),
        "knowledge_replies_right": round(len(right) / max(1, len(from_knowledge)), 4),
        "knowledge_which_one": round(sum(one.outcome == "which_one" for one in right) / max(1, len(knowledge)), 4),
        "picker_share": round(sum(one.outcome == "picker" for one in asking) / max(1, len(asking)), 4),
        "presses": presses, "by_kind": by_kind,
    }  # fmt: skip


def _list_slowest(answered: list[Entry]) -> list[dict[str, Any]]:
    """The ten turns that waited longest: when they were due, and where their time went."""
    ranked = sorted(answered, key=lambda one: one.scheduled - (one.replied or 0.0))[:10]
    return [
        {
            "at_s": round(one.scheduled, 3),
            "kind": one.kind,
            "sent_ms": round(1000 * ((one.sent or 0.0) - one.scheduled), 1),
            "acked_ms": round(1000 * ((one.acked or 0.0) - one.scheduled), 1),
            "replied_ms": round(1000 * ((one.replied or 0.0) - one.scheduled), 1),
            "text": one.text,
        }
        for one in ranked
    ]


def list_wrong(outcome: Outcome) -> list[dict[str, str]]:
    """Knowledge turns whose reply was neither the entry nor a right "which one": what to look at."""
    return [
        {"text": one.text, "wanted": one.wanted, "outcome": one.outcome, "got": one.got}
        for ledger in outcome.ledgers
        for one in ledger.entries
        if one.kind == KNOWLEDGE and not one.is_right and one.replied is not None
    ]


def join_runs(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One object for several runs: the run with the middle p99, counts of faults added up, and the spread."""
    if len(runs) == 1:
        return runs[0]
    middle = dict(sorted(runs, key=lambda one: one["p99_ms"])[len(runs) // 2])
    for key in ("errors", "lost", "doubled", "faults"):
        middle[key] = sum(one[key] for one in runs)
    keys = (
        "reached_per_second",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "cpu_ms_per_turn",
        "pss_mb",
        "knowledge_right",
        "knowledge_replies_right",
    )
    middle["runs"] = len(runs)
    middle["spread"] = {key: [min(one[key] for one in runs), max(one[key] for one in runs)] for key in keys}
    return middle


def list_missed(figures: dict[str, Any]) -> list[str]:
    """Floors that were not reached, in words; of several runs the worst counts."""
    missed = []
    for key, (side, bound) in FLOORS.items():
        spread = figures.get("spread", {}).get(key, [figures[key]])
        value = max(spread) if side == "at most" else min(spread)
        if (value > bound) if side == "at most" else (value < bound):
            missed.append(f"{key} is {value}, {side} {bound} was asked for")
    return missed


def print_table(figures: dict[str, Any]) -> None:
    """For people."""
    one = figures
    print(f"\n{one['shoppers']} shoppers, {one['turns']} turns in {one['seconds']:g} s, seed {one['seed']}")
    print(f"  asked / reached    {one['asked_per_second']} / {one['reached_per_second']} a second")
    print(f"  reply              p50 {one['p50_ms']}  p95 {one['p95_ms']}  p99 {one['p99_ms']}  max {one['max_ms']} ms")
    print(f"  errors lost doubled faults   {one['errors']} {one['lost']} {one['doubled']} {one['faults']}")
    print(
        f'  knowledge right    {one["knowledge_right"]:.2%} of turns (as "which one" {one["knowledge_which_one"]:.2%})'
    )
    print(f"  of its replies     {one['knowledge_replies_right']:.2%} right")
    print(f"  orders by picker   {one['picker_share']:.2%} of questions, {one['presses']} presses")
    for kind, each in one["by_kind"].items():
        print(f"    {kind:<12} {each['turns']:>6}  p99 {each['p99_ms']:>7} ms  {each['outcomes']}")
    print(
        f"  CPU per turn       {one['cpu_ms_per_turn']} ms (generator {one['generator_cpu_ms_per_turn']} ms beside it)"
    )
    for role, ms in one["cpu_ms_per_turn_by_role"].items():
        memory = one["memory_after"].get(role, {})
        earlier = one["memory_before"].get(role, {})
        print(f"    {role:<10} {ms:>7.3f} ms   PSS {earlier.get('pss_mb')} -> {memory.get('pss_mb')} MB")
    print(f"  PSS of all         {one['pss_before_mb']} -> {one['pss_mb']} MB")
    checked = f"{one['conversations_verified']} of {one['conversations']}"
    print(f"  verified           {checked} conversations, {one['distinct_sentences']} distinct sentences")
    for key in ("faults_told", "lost_told", "doubled_told"):
        for line in one[key][:5]:
            print(f"  ! {line}")
    if one["errors_by_code"]:
        print(f"  ! {one['errors_by_code']}")
    if "spread" in one:
        print(f"  spread of {one['runs']} runs   {one['spread']}")
    print(flush=True)


def record(file: str, title: str, columns: dict[str, Any]) -> Path:
    """Add a line with date and commit to docs/measurements; the heading comes with the first."""
    root = Path(__file__).parents[5]
    path = root / "docs" / "measurements" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    row = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "commit": commit or "?", **columns}
    row["command"] = f"`{shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])}`"
    if not path.exists():
        head = f"# {title}\n\n| {' | '.join(row)} |\n|{'---|' * len(row)}\n"
        path.write_text(head)
    with path.open("a") as lines:
        lines.write(f"| {' | '.join(str(value) for value in row.values())} |\n")
    return path
