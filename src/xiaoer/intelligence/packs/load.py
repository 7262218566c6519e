"""Reads a pack's YAML into frozen structs; whatever is wrong is said with its file and place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from xiaoer.intelligence.packs.types import Category, IntentFile, Localised, Manifest, Pack, Variable
from xiaoer.kit.errors import InvalidInput

T = TypeVar("T")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ITEM = re.compile(r"\.(\w+)\[(\d+)\]")


class PackInvalid(InvalidInput):
    """`file` and `place` (a line, an id or a path inside the file) say where, `reason` what."""


def load_pack(path: Path) -> Pack:
    """Reads a pack directory; raises PackInvalid at the first file that does not fit the format."""
    if not (path / "manifest.yaml").is_file():
        raise PackInvalid("pack.missing_file", file=str(path / "manifest.yaml"), place="", reason="no such file")
    intents = [_read(file, IntentFile) for file in sorted((path / "intents").glob("*.yaml"))]
    return Pack(
        manifest=_read(path / "manifest.yaml", Manifest),
        labels=_read(path / "labels.yaml", dict[str, Localised]),
        intents=tuple(intent for file in intents for intent in file.intents),
        categories=tuple(_read(file, Category) for file in sorted((path / "answers").glob("*.yaml"))),
        variables=_read(path / "variables.yaml", dict[str, Variable]),
        phrases={
            file.stem: _read(file, dict[str, tuple[str, ...]]) for file in sorted((path / "phrases").glob("*.yaml"))
        },
    )


def _read(file: Path, kind: type[T]) -> T:
    try:
        raw = yaml.load(file.read_bytes(), Loader=_LOADER)  # noqa: S506 - the C twin of SafeLoader
    except FileNotFoundError as error:
        raise PackInvalid("pack.missing_file", file=str(file), place="", reason="no such file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error)
        raise PackInvalid("pack.not_yaml", file=str(file), place=place, reason=reason) from error
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `")
        raise PackInvalid("pack.not_valid", file=str(file), place=_place(raw, where), reason=reason) from error


def _place(raw: Any, where: str) -> str:
    """`$.entries[3].similar` → `shipping.when_ship similar` where item 3 has that id."""
    where = where.rstrip("`").removeprefix("$")
    match = _ITEM.match(where)
    if match is None:
        return where.strip(".")
    try:
        name = raw[match[1]][int(match[2])]["id"]
    except (KeyError, IndexError, TypeError):
        return where.strip(".")
    return f"{name} {where[match.end() :].strip('.')}".strip()
