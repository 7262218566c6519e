"""What shoppers say: sentences from files, mixed as the load asks for, at instants of a Poisson process."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from xiaoer.application.cli.bench.ledger import KNOWLEDGE, ORDERS, SMALL_TALK, UNKNOWN, PlannedTurn
from xiaoer.kit.errors import InvalidInput

MIX = {KNOWLEDGE: 0.50, ORDERS: 0.25, SMALL_TALK: 0.10, UNKNOWN: 0.15}
_OTHER_FILE = "_other.jsonl"
_OTHER_KINDS = {"order": ORDERS, "smalltalk": SMALL_TALK, "unknown": UNKNOWN}
_HELD_BACK = Path("tests") / "quality" / "heldback"

Sentence = tuple[str, list[str]]  # what is said, and the entries that answer it rightly


def find_sentences(given: str | None) -> Path:
    """The directory that was given, else the held-back sentences of this checkout."""
    choices = [Path(given)] if given else [Path(__file__).parents[5] / _HELD_BACK, Path.cwd() / _HELD_BACK]
    for folder in choices:
        if any(folder.glob("*.jsonl")):
            return folder
    raise InvalidInput("bench.no_sentences", field="--sentences", looked_in=", ".join(map(str, choices)))


def read_sentences(folder: Path) -> dict[str, list[Sentence]]:
    """By kind; raises InvalidInput with file and line for what does not fit."""
    found: dict[str, list[Sentence]] = {kind: [] for kind in MIX}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            try:
                raw = json.loads(line)
                if path.name == _OTHER_FILE:
                    found[_OTHER_KINDS[raw["kind"]]].append((raw["text"], []))
                else:
                    also = raw.get("also") or []
                    found[KNOWLEDGE].append((raw["text"], [raw["id"], *([also] if isinstance(also, str) else also)]))
            except (ValueError, KeyError, TypeError) as error:
                raise InvalidInput("bench.bad_sentence", file=path.name, line=number, reason=str(error)) from error
    missing = [kind for kind, sentences in found.items() if not sentences]
    if missing:
        raise InvalidInput("bench.no_sentences", field="--sentences", missing=", ".join(missing), looked_in=str(folder))
    return found


def plan_turns(
    sentences: dict[str, list[Sentence]], rate: float, seconds: float, warm_up: float, seed: int
) -> list[PlannedTurn]:
    """`rate` turns a second from -warm_up to `seconds`, as many as asked exactly, at instants drawn at random."""
    dice = random.Random(seed)
    supply = {kind: _in_turn(some, dice) for kind, some in sentences.items()}
    planned = []
    for begin, end in ((-warm_up, 0.0), (0.0, seconds)):
        total = round(rate * (end - begin))
        kinds = [kind for kind, share in MIX.items() for _ in range(round(total * share))]
        kinds = (kinds + [KNOWLEDGE] * total)[:total]
        dice.shuffle(kinds)
        instants = sorted(dice.uniform(begin, end) for _ in range(total))
        for at, kind in zip(instants, kinds, strict=True):
            text, accepted = next(supply[kind])
            planned.append(PlannedTurn(round(at, 5), kind, text, accepted))
    return planned


def _in_turn(some: list[Sentence], dice: random.Random) -> Iterator[Sentence]:
    """Every sentence once before any comes again."""
    while True:
        round_of_all = list(some)
        dice.shuffle(round_of_all)
        yield from round_of_all
