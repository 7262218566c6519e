"""`xiaoer bench`: load from separate processes over real sockets, with a ledger that the server knows nothing of.

Open `load.py` first: it prepares the shop and lets the generators loose. `worker.py` is one generator, `ledger.py` what
it writes down, `sentences.py` what is said and when, `agents.py` the people at the desk, `observe.py` the server's
processes, `report.py` the figures, `idle.py` the other measurement, `wire.py` the clients. Nothing here is imported
by a server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from xiaoer.application.cli.options import add_place, read_options
from xiaoer.kit.errors import InvalidInput

MOST_SHOPPERS, MOST_SECONDS = 50_000, 3600


def configure(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    chat = kinds.add_parser("chat", help="shoppers who talk: rate reached, latency, nothing lost, nothing doubled")
    chat.add_argument("--shoppers", type=int, default=500, help="connected shoppers")
    chat.add_argument("--turns-per-second", type=float, default=50.0, metavar="R", help="open loop, Poisson")
    chat.add_argument("--seconds", type=float, default=30.0, help="measured time")
    chat.add_argument("--warm-up", type=float, default=3.0, help="seconds of load before that, not measured")
    chat.add_argument("--generators", type=int, default=1, help="processes that make the load")
    chat.add_argument("--runs", type=int, default=1, help="how often; gives the spread")
    chat.add_argument("--seed", type=int, help="of the plan; random when not given, and printed")
    chat.add_argument("--sentences", metavar="DIR", help="*.jsonl of {text,id,also?} and _other.jsonl of {text,kind}")
    chat.add_argument("--verify", type=int, default=10_000, metavar="N", help="at most so many conversations read back")
    chat.add_argument("--check", action="store_true", help="fail (1) when the acceptance figures are not reached")
    chat.add_argument("--wrong", metavar="FILE", help="write knowledge turns that were answered wrongly, as JSONL")
    idle = kinds.add_parser("idle", help="shoppers who are connected and say nothing: memory before and after")
    idle.add_argument("--connections", type=int, default=2000)
    idle.add_argument("--seconds", type=float, default=5.0, help="how long to rest before each look")
    idle.add_argument("--spoken", action="store_true", help="each has an open conversation")
    for one in (chat, idle):
        one.add_argument(
            "--url", type=_loopback_url, help="a running demo server on this machine, instead of one started for this"
        )
        one.add_argument("--record", action="store_true", help="add a line to docs/measurements/bench.md")
        one.add_argument("--json", action="store_true", help="one JSON object on the last line")
        add_place(one)


def run(args: argparse.Namespace) -> int:
    from xiaoer.application.cli.bench.wire import Broken
    from xiaoer.application.roles import raise_file_limit

    raise_file_limit()
    try:
        return _chat(args) if args.what == "chat" else _idle(args)
    except (Broken, OSError, TimeoutError) as error:
        print(f"xiaoer bench: {error or type(error).__name__}", file=sys.stderr)
        return 1


def _loopback_url(text: str) -> str:
    """http://host:port of this machine: load is never aimed at another."""
    found = re.fullmatch(r"http://(127\.0\.0\.1|localhost):(\d{1,5})/?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not like http://127.0.0.1:8600: only this machine may be loaded")
    return text.rstrip("/")


def _check_bounds(args: argparse.Namespace) -> None:
    bounds = {
        "shoppers": (2, MOST_SHOPPERS), "turns_per_second": (0.1, 10_000), "seconds": (1, MOST_SECONDS),
        "warm_up": (0, 60), "generators": (1, 8), "runs": (1, 20), "verify": (1, 10**6),
    }  # fmt: skip
    for name, (least, most) in bounds.items():
        if not least <= getattr(args, name) <= most:
            raise InvalidInput("bench.out_of_bounds", field=f"--{name.replace('_', '-')}", least=least, most=most)


def _chat(args: argparse.Namespace) -> int:
    from xiaoer.application.cli.bench import load, report
    from xiaoer.application.cli.bench.sentences import find_sentences, read_sentences
    from xiaoer.application.cli.bench.server import make_scratch, reach_server

    _check_bounds(args)
    sentences = read_sentences(find_sentences(args.sentences))
    seed = random.randrange(10**6) if args.seed is None else args.seed
    scratch = make_scratch()
    runs: list[dict[str, Any]] = []
    wrong: list[dict[str, str]] = []
    try:
        with reach_server(read_options(args), args.url) as target:
            for number in range(args.runs):
                asked = load.Load(
                    args.shoppers, args.turns_per_second, args.seconds, args.warm_up, args.generators, seed + number,
                    args.verify,
                )  # fmt: skip
                outcome = asyncio.run(load.run_load(target, asked, sentences, scratch))
                runs.append(report.summarise(outcome))
                wrong += report.list_wrong(outcome)
                report.print_table(runs[-1])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    figures = report.join_runs(runs)
    if args.wrong:
        Path(args.wrong).write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in wrong))
    return _tell(args, figures, report.list_missed(figures) if args.check else [])


def _idle(args: argparse.Namespace) -> int:
    from xiaoer.application.cli.bench.idle import run_idle
    from xiaoer.application.cli.bench.server import reach_server

    if not 1 <= args.connections <= MOST_SHOPPERS:
        raise InvalidInput("bench.out_of_bounds", field="--connections", least=1, most=MOST_SHOPPERS)
    with reach_server(read_options(args), args.url) as target:
        figures = asyncio.run(run_idle(target, args.connections, args.seconds, have_spoken=args.spoken))
    print(f"{args.connections} shoppers: {figures['pss_before_mb']} -> {figures['pss_mb']} MB PSS")
    for role, after in figures["memory_after"].items():
        print(f"  {role:<10} {figures['memory_before'].get(role, {}).get('pss_mb')} -> {after['pss_mb']} MB")
    return _tell(args, figures, [])


def _tell(args: argparse.Namespace, figures: dict[str, Any], missed: list[str]) -> int:
    from xiaoer.application.cli.bench import report

    for line in missed:
        print(f"missed: {line}")
    if args.record:
        keys = ("asked_per_second", "reached_per_second", "p50_ms", "p95_ms", "p99_ms", "errors", "lost", "doubled",
                "knowledge_right", "knowledge_replies_right", "cpu_ms_per_turn", "pss_before_mb", "pss_mb", "connections", "added_mb")  # fmt: skip
        columns = {key: figures.get("spread", {}).get(key, figures[key]) for key in keys if key in figures}
        file = "bench.md" if args.what == "chat" else "idle.md"
        print(f"recorded in {report.record(file, f'xiaoer bench {args.what}', columns)}")
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    return 1 if missed else 0
