"""`xiaoer packs build`: check a pack's content and train its models."""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

import msgspec

from xiaoer.kit.errors import InvalidInput


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["build", "check"], help="train the models, or only look for problems")
    parser.add_argument("--pack", default="ecommerce", help="which pack (ecommerce)")
    parser.add_argument("--json", action="store_true", help="the report as one JSON object on the last line")


def run(args: argparse.Namespace) -> int:
    # Only here: training loads scikit-learn.
    from xiaoer.intelligence.packs.build import build_pack
    from xiaoer.intelligence.packs.check import check_pack
    from xiaoer.intelligence.packs.load import load_pack

    folder = Path(str(files("xiaoer") / "packs" / args.pack))
    if not folder.is_dir():
        raise InvalidInput("pack.unknown", field="pack", value=args.pack)
    problems = check_pack(load_pack(folder))
    for problem in problems:
        print(f"  {problem}")
    if problems or args.verb == "check":
        print(f"{args.pack}: {len(problems)} problems")
        return 1 if problems else 0
    report = build_pack(folder, folder / "built")
    seconds = report.load_seconds + report.intent_seconds + report.gate_seconds
    print(f"{args.pack} {report.manifest.version}: {report.bytes / 1e6:.1f} MB of models in {seconds:.0f} s")
    if args.json:
        print(msgspec.json.encode(report).decode())
    return 0
