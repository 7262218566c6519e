"""Every text that an operation takes, with what no database stores; every number, with what no column holds.

The generator of `test_schema.py` finds these by chance; here each place is tried, on requests that are right otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from fuzz import Target, describe, list_operations
from stage import Stage
from test_access_matrix import MATRIX, World

TEXTS = {"nul": "a\x00b", "lone surrogate": "a\ud800b", "controls": "a\x07\x1b\x7fb", "long": "长" * 3000}
NUMBERS = [-1, 2**31, 2**63, -(2**70), 2**70]
PRINCIPALS = {"signOutVisitor": "visitor", "setUp": "nobody"}
# Contents by hand: the matrix sends only text.
CONTENTS: list[dict[str, Any]] = [
    {"type": "product", "product_id": "p"},
    {"type": "order", "number": "QH20261121000001"},
    {"type": "press", "seq": 3, "id": "x"},
]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))
    if not isinstance(value, dict | list):
        yield path, value


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


def mutants(body: Any) -> Iterator[tuple[str, Any]]:
    for path, value in leaves(body):
        replacements = TEXTS.values() if isinstance(value, str) else NUMBERS if isinstance(value, int) else ()
        for new in replacements:
            yield f"{path}={new!r:.30}", changed(body, path, new)


def caller(operation: str) -> str:
    """Somebody whom the operation serves, so that its body is looked at."""
    served = [name for name, status in MATRIX[operation].expected().items() if status < 300]
    return "administrator" if "administrator" in served else (served or ["nobody"])[0]


def full_body(operation: str, world: World) -> Any:
    row = MATRIX[operation]
    body = row.body(world) if row.body else None
    more: dict[str, dict[str, Any]] = {
        "sendMessage": {"context": {"url": "https://a.example", "title": "页", "product_id": "p"}},
        "welcomeVisitor": {"token": "t", "locale": "zh-CN", "name": "名"},
        "rateConversation": {"tags": ["好"], "comment": "谢谢"},
        "createEntry": {"hot": 1, "intent": "x", "related": ["y"], "version": 1},
        "changeEntry": {"hot": 1, "intent": "x", "related": ["y"], "version": 1},
        "changePerson": {"password": "a good long password"},
        "tryText": {"locale": "en"},
    }
    return body if body is None else {**body, **more.get(operation, {})}


@pytest.mark.parametrize("operation", sorted(name for name, row in MATRIX.items() if row.body is not None))
def test_bodies(stage: Stage, operation: str) -> None:
    branch = stage.a
    world = World(stage, caller(operation))
    if operation in ("changeShop", "changePerson", "signIn"):
        world.a = world.home = stage.open_branch("hostile")
        branch = world.a
    body = full_body(operation, world)
    path = urlsplit(MATRIX[operation].path).path
    for name in ("conversation", "mine", "entry", "colleague"):
        path = path.replace(f"{{{name}}}", world.find(name) if f"{{{name}}}" in path else "")
    bodies = list(mutants(body))
    if operation == "sendMessage":
        bodies += [(name, {**body, "content": one}) for content in CONTENTS for name, one in mutants(content)]
    with stage.client(world.token) as client:
        for name, one in bodies:
            response = client.request(
                MATRIX[operation].method, stage.url + path, content=json.dumps(one).encode(),
                headers={"Content-Type": "application/json"},
            )  # fmt: skip
            assert response.status_code < 500, f"{name}: {response.text}"
            if response.status_code >= 400:
                assert response.json()["code"], name
    assert branch


@pytest.mark.parametrize("operation", sorted(list_operations()))
def test_parameters(stage: Stage, operation: str) -> None:
    path, method = list_operations()[operation]
    parameters = describe()["paths"][path][method].get("parameters", [])
    target = Target(stage, stage.a, "visitor" if "/visitor" in path else "administrator")
    fixed = {one["name"]: str(target.known.get(one["name"], "x")) for one in parameters if one["in"] == "path"}
    values = [
        "%00",
        "a%00b",
        "%ED%A0%80",
        "%FF",
        quote("长" * 3000),
        "",
        "%2e%2e%2f",
        *map(str, NUMBERS),
        "1e400",
        "NaN",
    ]
    with stage.client() as client:
        for one in parameters:
            if one["in"] not in ("path", "query"):
                continue
            for value in values:
                filled = path
                for name, known in fixed.items():
                    filled = filled.replace(f"{{{name}}}", value if name == one["name"] else known)
                query = f"?{one['name']}={value}" if one["in"] == "query" else ""
                if one["in"] == "query" and "conversation_id" in target.known and operation == "listOwnEvents":
                    query += f"&conversation_id={target.known['conversation_id']}"
                response = client.request(method.upper(), stage.url + filled + query, headers=target.headers)
                assert response.status_code < 500, f"{one['name']}={value[:40]}: {response.text[:200]}"
