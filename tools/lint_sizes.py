"""Refuses what has grown too big: modules over 400 lines, functions over 40 statements, front-end files over 250.

Exceptions stand in EXCEPTIONS with their present size, which may only shrink.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES, FUNCTION_STATEMENTS, FRONTEND_LINES = 400, 40, 250
EXCEPTIONS: dict[str, int] = {}


def list_files() -> list[Path]:
    """What git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [Path(name) for name in names if Path(name).is_file()]


def count_statements(function: ast.AST) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def check_python(path: Path) -> Iterator[tuple[str, int, int]]:
    """(place, size, limit) of everything in a module that has a size."""
    text = path.read_text(encoding="utf-8")
    yield str(path), text.count("\n"), MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path}:{node.name}", count_statements(node), FUNCTION_STATEMENTS


def check(path: Path) -> Iterator[tuple[str, int, int]]:
    if path.suffix == ".py" and path.parts[0] in ("src", "tools"):
        yield from check_python(path)
    elif path.suffix in (".ts", ".tsx", ".vue", ".mjs") and path.parts[0] == "frontend":
        yield str(path), path.read_text(encoding="utf-8").count("\n"), FRONTEND_LINES


def main() -> int:
    problems = []
    for path in list_files():
        for place, size, limit in check(path):
            allowed = EXCEPTIONS.get(place, limit)
            if size > allowed:
                problems.append(f"{place}: {size}, at most {allowed}")
    print("\n".join(problems) or "sizes: all within their limits")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
