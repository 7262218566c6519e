"""SQL is a constant of `data`: refuses SQL text elsewhere, and SQL made by f-string, +, % or format anywhere.

The listing compiler is the one place that builds SQL, from a whitelist and with $n for every value.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path("src/xiaoer")
HOMES = (SOURCE / "data",)
BUILDERS = {SOURCE / "data/postgres/listing.py", SOURCE / "data/postgres/cursor.py", SOURCE / "data/postgres/values.py"}
_SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|pg_advisory|CREATE\s+TABLE)\b", re.S | re.I
)


def _is_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SQL.search(node.value))


def _built(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and any(_is_sql(part) for part in node.values):
            yield node.lineno, "an f-string makes SQL"
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Add | ast.Mod)
            and (_is_sql(node.left) or _is_sql(node.right))
        ):
            yield node.lineno, "+ or % makes SQL"
        if isinstance(node, ast.Attribute) and node.attr == "format" and _is_sql(node.value):
            yield node.lineno, "format makes SQL"


def _docstrings(tree: ast.AST) -> set[int]:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr)
    }


def check(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path not in BUILDERS:
        yield from (f"{path}:{line}: {what}" for line, what in _built(tree))
    if not any(path.is_relative_to(home) for home in HOMES):
        documented = _docstrings(tree)
        for node in ast.walk(tree):
            if _is_sql(node) and id(node) not in documented:
                yield f"{path}:{getattr(node, 'lineno', 0)}: SQL outside data"


def main() -> int:
    problems = [problem for path in sorted(SOURCE.rglob("*.py")) for problem in check(path)]
    print("\n".join(problems) or "sql: constants in data only")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
