"""The listing compiler."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaoer.data.postgres.database import Work
from xiaoer.data.postgres.listing import (
    And,
    Compare,
    Field,
    Filter,
    Listing,
    Not,
    Or,
    compile_page,
    fetch_page,
)
from xiaoer.kit.errors import InvalidInput

# A list over a constant, so that every operator meets PostgreSQL without a table.
_ITEMS = Listing(
    columns="i.id, i.name",
    source="jsonb_to_recordset($1) AS i (id uuid, name text, n bigint, ok boolean, at timestamptz) WHERE true",
    key=Field("i.id", "uuid"),
    fields={
        "id": Field("i.id", "uuid"),
        "name": Field("i.name", "text", is_sortable=True),
        "n": Field("i.n", "integer", is_sortable=True),
        "ok": Field("i.ok", "boolean"),
        "at": Field("i.at", "time", is_sortable=True),
        "only_eq": Field("i.name", "text", ("eq",)),
    },
    default_sort="-at",
)
_NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)


def _item(number: int) -> dict[str, Any]:
    return {
        "id": str(UUID(int=number)),
        "name": f"名 {number:02}%_'",
        "n": number // 3,
        "ok": None if number % 5 == 0 else number % 2 == 0,
        "at": (_NOON + timedelta(hours=number % 4)).isoformat(),
    }


_ROWS = [_item(number) for number in range(30)]


async def _numbers(work: Work, where: Filter | None) -> set[int]:
    page = await fetch_page(work, _ITEMS, [_ROWS], where=where, sort="n", limit=200)
    return {item["id"].int for item in page.items}


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (Compare("n", "eq", 2), {6, 7, 8}),
        (Compare("n", "gte", 9), {27, 28, 29}),
        (Compare("n", "in", [0, 9]), {0, 1, 2, 27, 28, 29}),
        (Compare("n", "in", []), set()),
        (Compare("name", "contains", "1%_'"), {1, 11, 21}),
        (Compare("name", "starts_with", "名 2"), set(range(20, 30))),
        (Compare("name", "contains", "%"), set(range(30))),
        (Compare("ok", "is_null", True), {0, 5, 10, 15, 20, 25}),
        (
            Not(Or((Compare("ok", "is_null", True), Compare("ok", "eq", True)))),
            {n for n in range(30) if n % 5 and n % 2},
        ),
        (Not(Compare("ok", "eq", True)), {n for n in range(30) if n % 5 == 0 or n % 2}),
        (Compare("ok", "ne", True), {n for n in range(30) if n % 5 == 0 or n % 2}),
        (And((Compare("at", "gt", "2026-11-11T22:00:00+08:00"), Compare("n", "lt", 2))), {3}),
        (Compare("id", "eq", str(UUID(int=4))), {4}),
        (And(()), set(range(30))),
        (Or(()), set()),
        (None, set(range(30))),
    ],
)
async def test_filters_select(work: Work, where: Filter | None, wanted: set[int]) -> None:
    assert await _numbers(work, where) == wanted


@pytest.mark.parametrize("sort", ["n", "-n", "name", "-name", "at", "-at", None])
@pytest.mark.parametrize("limit", [1, 7, 30])
async def test_pages_hold_each_row_once_in_order(work: Work, sort: str | None, limit: int) -> None:
    whole = await fetch_page(work, _ITEMS, [_ROWS], sort=sort, limit=200)
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await fetch_page(work, _ITEMS, [_ROWS], sort=sort, cursor=cursor, limit=limit)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole.items
    assert len(seen) == 30
    assert set(seen[0]) == {"id", "name"}


@pytest.mark.parametrize(
    ("where", "code", "params"),
    [
        (Compare("password", "eq", 1), "listing.unknown_field", {"field": "password"}),
        (Compare("n) OR (1=1", "eq", 1), "listing.unknown_field", {"field": "n) OR (1=1"}),
        (Compare("n", "like", 1), "listing.unknown_operator", {"field": "n", "operator": "like"}),
        (Compare("only_eq", "ne", "x"), "listing.unknown_operator", {"field": "only_eq"}),
        (Compare("n", "eq", "1"), "listing.invalid_value", {"field": "n"}),
        (Compare("n", "eq", True), "listing.invalid_value", {"field": "n"}),
        (Compare("n", "eq", 2**63), "listing.invalid_value", {"field": "n"}),
        (Compare("n", "in", 3), "listing.invalid_value", {"field": "n"}),
        (Compare("n", "in", list(range(101))), "listing.invalid_value", {"field": "n"}),
        (Compare("name", "eq", "x" * 501), "listing.invalid_value", {"field": "name"}),
        (Compare("name", "eq", "\x00"), "listing.invalid_value", {"field": "name"}),
        (Compare("name", "eq", "\ud800"), "listing.invalid_value", {"field": "name"}),
        (Compare("at", "eq", "2026-11-11T00:00:00"), "listing.invalid_value", {"field": "at"}),
        (Compare("id", "eq", "x"), "listing.invalid_value", {"field": "id"}),
        (And((Compare("n", "eq", 1),) * 30), "listing.too_many_conditions", {"limit": 30}),
    ],
)
def test_what_is_not_on_the_list_is_named(where: Filter, code: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        compile_page(_ITEMS, [[]], where=where)
    assert caught.value.code == code
    assert caught.value.params.items() >= params.items()


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_limits(limit: int) -> None:
    with pytest.raises(InvalidInput, match="invalid_limit"):
        compile_page(_ITEMS, [[]], limit=limit)


@pytest.mark.parametrize("sort", ["ok", "id", "nothing", "--n", "n; DROP TABLE shop", "-"])
def test_sorting_by_anything_else_is_refused(sort: str) -> None:
    with pytest.raises(InvalidInput, match="unknown_sort"):
        compile_page(_ITEMS, [[]], sort=sort)


async def test_cursors_that_were_touched_are_refused(work: Work) -> None:
    page = await fetch_page(work, _ITEMS, [_ROWS], sort="n", limit=5)
    cursor = page.next_cursor
    assert cursor is not None
    touched = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in range(len(cursor) - 1)
    ]
    for broken in [*touched, cursor[:-3], "", "A", "中", cursor * 100]:
        with pytest.raises(InvalidInput, match="invalid_cursor"):
            compile_page(_ITEMS, [[]], sort="n", cursor=broken)
    with pytest.raises(InvalidInput, match="invalid_cursor"):
        compile_page(_ITEMS, [[]], sort="-n", cursor=cursor)


def test_the_tree_is_read_from_json_and_knows_no_other_shape() -> None:
    text = '{"type":"and","of":[{"type":"not","of":{"type":"compare","field":"n","op":"eq","value":1}}]}'
    assert msgspec.json.decode(text, type=Filter) == And((Not(Compare("n", "eq", 1)),))  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text.replace('"value"', '"sql"'), type=Filter)  # type: ignore[arg-type]


_VALUES = st.one_of(
    st.text(max_size=30), st.integers(), st.booleans(), st.none(), st.lists(st.text(max_size=9), max_size=4)
)
_NAMES = st.one_of(st.sampled_from(sorted(_ITEMS.fields)), st.text(max_size=12))
_OPERATORS = st.one_of(
    st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "starts_with", "is_null"]),
    st.text(max_size=9),
)
_TREES = st.recursive(
    st.builds(Compare, _NAMES, _OPERATORS, _VALUES),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: And(tuple(parts)), st.lists(inner, max_size=4)),
        st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, max_size=4)),
    ),
    max_leaves=12,
)
_VALID = st.recursive(
    st.one_of(
        st.builds(
            Compare,
            st.just("name"),
            st.sampled_from(["eq", "ne", "contains", "starts_with"]),
            st.text(max_size=30),
        ),
        st.builds(Compare, st.just("n"), st.sampled_from(["eq", "lt", "gte"]), st.integers(-(2**63), 2**63 - 1)),
        st.builds(Compare, st.just("name"), st.just("in"), st.lists(st.text(max_size=9), max_size=3)),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner), st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, max_size=3))
    ),
    max_leaves=8,
)
# Everything the compiler may write; whatever else were in the text would have come from outside.
_SQL = re.compile(
    r"\A(?:[ (),.<>=]|\$\d+::(?:text|bigint|boolean|timestamptz|uuid)(?:\[\])?|\$1\b|"
    r"i\.(?:id|name|n|ok|at)\b|\b(?:"
    r"SELECT|AS|FROM|WHERE|AND|OR|ORDER|BY|ASC|DESC|LIMIT|IS|NOT|NULL|TRUE|DISTINCT|ANY|IN|position|lower|starts_with|"
    r"true|false|0|page_value|page_key|jsonb_to_recordset|i|id|uuid|name|text|n|bigint|ok|boolean|at|timestamptz)\b)*\Z"
)


@given(where=_TREES)
@settings(max_examples=400, deadline=None)
def test_no_value_lands_in_the_text(where: Filter) -> None:
    try:
        query = compile_page(_ITEMS, [[]], where=where)
    except InvalidInput:
        return
    assert _SQL.match(query.sql), query.sql
    assert {int(n) for n in re.findall(r"\$(\d+)", query.sql)} == set(range(1, len(query.args) + 1))


@given(where=_VALID)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_compiles_runs(work: Work, where: Filter) -> None:
    try:
        query = compile_page(_ITEMS, [json.loads("[]")], where=where)
    except InvalidInput:
        return
    assert await work.fetch(query.sql, *query.args) == []
