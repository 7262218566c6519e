"""Lists that people filter and sort: a typed filter tree becomes SQL against a whitelist, values only as $n.

A `Listing` is a constant of a store: what is selected, and which field stands for which expression. Nothing
that came from outside is ever part of the SQL text. This is the only place where SQL is put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from xiaoer.data.postgres.cursor import open_cursor, seal_cursor
from xiaoer.data.postgres.database import Executor, Record
from xiaoer.data.postgres.values import Kind, cast_of, read_value
from xiaoer.kit.errors import InvalidInput

MAX_NODES = 30
MAX_LIMIT = 200
MAX_CHOICES = 100

Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "starts_with", "is_null"]

_ORDERED: tuple[Operator, ...] = ("eq", "ne", "lt", "lte", "gt", "gte", "in", "is_null")
_OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    "text": ("eq", "ne", "in", "contains", "starts_with", "is_null"),
    "integer": _ORDERED,
    "time": _ORDERED,
    "uuid": ("eq", "ne", "in", "is_null"),
    "boolean": ("eq", "ne", "is_null"),
}
# No LIKE: its wildcards would have to be escaped out of what people type.
_TEMPLATES: dict[str, str] = {
    "eq": "{field} = {value}",
    "ne": "{field} IS DISTINCT FROM {value}",
    "lt": "{field} < {value}",
    "lte": "{field} <= {value}",
    "gt": "{field} > {value}",
    "gte": "{field} >= {value}",
    "in": "{field} = ANY ({value})",
    "contains": "position(lower({value}) IN lower({field})) > 0",
    "starts_with": "starts_with(lower({field}), lower({value}))",
}


class And(msgspec.Struct, frozen=True, tag="and", tag_field="type", forbid_unknown_fields=True):
    of: tuple[Filter, ...]


class Or(msgspec.Struct, frozen=True, tag="or", tag_field="type", forbid_unknown_fields=True):
    of: tuple[Filter, ...]


class Not(msgspec.Struct, frozen=True, tag="not", tag_field="type", forbid_unknown_fields=True):
    of: Filter


class Compare(msgspec.Struct, frozen=True, tag="compare", tag_field="type", forbid_unknown_fields=True):
    field: str
    op: str
    value: Any = None


Filter = And | Or | Not | Compare


@dataclass(frozen=True, slots=True)
class Field:
    """What a field stands for. An expression that may be sorted by is never null."""

    expression: str
    kind: Kind
    operators: tuple[Operator, ...] | None = None  # None: all that the kind allows
    is_sortable: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: `columns`, a `source` that ends inside its WHERE clause and uses $1…$n, fields, and the key.

    `key` breaks ties and makes pages exact; `default_sort` is a field, with `-` before it for descending.
    """

    columns: str
    source: str
    key: Field
    fields: Mapping[str, Field]
    default_sort: str


@dataclass(frozen=True, slots=True)
class Query:
    """What to run, and the sort to make the next cursor with."""

    sql: str
    args: tuple[Any, ...]
    sort: str
    limit: int


@dataclass(frozen=True, slots=True)
class Page:
    """Rows without the two helper columns; `next_cursor` is None on the last page."""

    items: list[dict[str, Any]]
    next_cursor: str | None


@dataclass(slots=True)
class _Compiler:
    fields: Mapping[str, Field]
    args: list[Any]
    nodes: int = field(default=0)

    def condition(self, node: Filter) -> str:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise InvalidInput("listing.too_many_conditions", field="filter", limit=MAX_NODES)
        match node:
            case And(of=parts):
                return self._joined(parts, " AND ", "true")
            case Or(of=parts):
                return self._joined(parts, " OR ", "false")
            case Not(of=part):
                # What is unknown (null) counts as not fulfilled, so its negation counts as fulfilled.
                return f"(({self.condition(part)}) IS NOT TRUE)"
            case Compare():
                return f"({self._comparison(node)})"

    def value(self, value: Any, cast: str) -> str:
        """Take a value in as the next parameter; only its number and a type of ours go into the text."""
        self.args.append(value)
        return f"${len(self.args)}::{cast}"

    def _joined(self, parts: Sequence[Filter], word: str, empty: str) -> str:
        return f"({word.join(self.condition(part) for part in parts)})" if parts else empty

    def _comparison(self, node: Compare) -> str:
        known = self.fields.get(node.field)
        if known is None:
            raise InvalidInput("listing.unknown_field", field=node.field[:60], known=", ".join(self.fields))
        operators = _OPERATORS[known.kind] if known.operators is None else known.operators
        if node.op not in operators:
            raise InvalidInput(
                "listing.unknown_operator",
                field=node.field,
                operator=node.op[:60],
                known=", ".join(operators),
            )
        if node.op == "is_null":
            wanted = read_value(node.field, "boolean", node.value)
            return f"{known.expression} IS {'NULL' if wanted else 'NOT NULL'}"
        if node.op == "in":
            value = self.value(_read_choices(node.field, known.kind, node.value), cast_of(known.kind) + "[]")
        else:
            value = self.value(read_value(node.field, known.kind, node.value), cast_of(known.kind))
        return _TEMPLATES[node.op].format(field=known.expression, value=value)


def compile_page(
    listing: Listing,
    args: Sequence[Any],
    *,
    where: Filter | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Query:
    """One page as SQL and its values; whatever is not on the whitelist is InvalidInput that names it."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput("listing.invalid_limit", field="limit", value=limit, limit=MAX_LIMIT)
    order = sort or listing.default_sort
    by = _sort_field(listing, order)
    compiler = _Compiler(listing.fields, list(args))
    conditions = [compiler.condition(where)] if where is not None else []
    direction, comparison = ("DESC", "<") if order.startswith("-") else ("ASC", ">")
    if cursor is not None:
        last, key = open_cursor(cursor, order, by.kind, listing.key.kind)
        after = f"({compiler.value(last, cast_of(by.kind))}, {compiler.value(key, cast_of(listing.key.kind))})"
        conditions.append(f"({by.expression}, {listing.key.expression}) {comparison} {after}")
    bound = compiler.value(limit + 1, "bigint")
    filters = "".join(f" AND {condition}" for condition in conditions)
    # All parts are constants of a Listing or come from the compiler above.
    sql = (
        f"SELECT {listing.columns}, {by.expression} AS page_value, {listing.key.expression} AS page_key "  # noqa: S608
        f"FROM {listing.source}{filters} "
        f"ORDER BY {by.expression} {direction}, {listing.key.expression} {direction} LIMIT {bound}"
    )
    return Query(sql, tuple(compiler.args), order, limit)


def cut_page(query: Query, rows: Sequence[Record]) -> Page:
    """The page that the query's rows make; one row more than asked for says that there is a next."""
    items = [dict(row) for row in rows]
    ends = [(item.pop("page_value"), item.pop("page_key")) for item in items]
    if len(items) <= query.limit:
        return Page(items, None)
    return Page(items[: query.limit], seal_cursor(query.sort, *ends[query.limit - 1]))


async def fetch_page(
    db: Executor,
    listing: Listing,
    args: Sequence[Any],
    *,
    where: Filter | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Compile, run and cut one page."""
    query = compile_page(listing, args, where=where, sort=sort, cursor=cursor, limit=limit)
    return cut_page(query, await db.fetch(query.sql, *query.args))


def _sort_field(listing: Listing, order: str) -> Field:
    known = listing.fields.get(order.removeprefix("-"))
    if known is None or not known.is_sortable:
        names = ", ".join(name for name, each in listing.fields.items() if each.is_sortable)
        raise InvalidInput("listing.unknown_sort", field="sort", value=order[:60], known=names)
    return known


def _read_choices(name: str, kind: Kind, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) > MAX_CHOICES:
        raise InvalidInput("listing.invalid_value", field=name, wanted=f"a list of at most {MAX_CHOICES}")
    return [read_value(name, kind, each) for each in value]
