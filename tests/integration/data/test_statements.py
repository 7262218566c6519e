"""Every SQL constant of the stores is prepared on the migrated schema: a wrong column or type fails here."""

from __future__ import annotations

import importlib
import pkgutil

import asyncpg
import pytest

from xiaoer.data import stores

_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def list_statements() -> list[tuple[str, str]]:
    found = []
    for module_info in pkgutil.iter_modules(stores.__path__, "xiaoer.data.stores."):
        module = importlib.import_module(module_info.name)
        found += [
            (f"{module_info.name.rpartition('.')[2]}.{name}", value)
            for name, value in vars(module).items()
            if isinstance(value, str) and name.lstrip("_").isupper() and value.lstrip().startswith(_VERBS)
        ]
    return found


def test_there_are_statements() -> None:
    assert len(list_statements()) > 80


@pytest.mark.parametrize(("name", "sql"), list_statements(), ids=[name for name, _ in list_statements()])
async def test_prepares(dsn: str, name: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.prepare(sql)
    finally:
        await connection.close()
