"""The first run on an empty installation: the one operation that nobody can call on a furnished stage."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stage import PASSWORD, Stage

from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.onboarding.actions.shops import set_up_shop
from xiaoer.business.onboarding.types import FirstRun
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Database
from xiaoer.kit.clock import SystemClock
from xiaoer.kit.errors import Conflict, InvalidInput
from xiaoer.kit.ids import new_id


@pytest.fixture
def empty(stage: Stage, db: Database) -> tuple[Backend, Library]:
    """A backend over an installation without anybody; models and keys are the stage's."""
    backend = Backend(
        db=db, sealer=stage.web.backend.sealer, clock=SystemClock(), process_id=new_id(),
        announce=lambda *_: None, broadcast=lambda *_: None,
    )  # fmt: skip
    return backend, Library(stage.web.library.models)


def first_run(**changes: Any) -> FirstRun:
    given = {"shop_name": "新店", "email": "Boss@Shop.example", "name": "店主", "password": PASSWORD}
    return FirstRun(**given | changes)


async def count(db: Database, table: str) -> int:
    return int(await db.fetchval(f"SELECT count(*) FROM {table}"))


async def test_of_ten_wizards_one_wins(empty: tuple[Backend, Library]) -> None:
    backend, library = empty
    runs = [
        set_up_shop(backend, library, first_run(email=f"boss{n}@shop.example"), user_agent="tests") for n in range(10)
    ]
    results = await asyncio.gather(*runs, return_exceptions=True)
    won = [one for one in results if not isinstance(one, BaseException)]
    lost = [one for one in results if isinstance(one, Conflict)]
    assert (len(won), len(lost)) == (1, 9)
    assert {one.code for one in lost} == {"setup.done_already"}
    assert won[0].staff.role == "administrator"
    assert await count(backend.db, "shop") == await count(backend.db, "staff") == 1
    assert await count(backend.db, "knowledge_entry") >= 300


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"shop_name": "  "}, "shop.invalid_name"),
        ({"email": "nobody"}, "staff.invalid_email"),
        ({"password": "short"}, "staff.password_length"),
        ({"password": "1234567890"}, "staff.password_common"),
        ({"locale": "xx"}, "locale.unknown"),
        ({"name": ""}, "name.invalid"),
    ],
)
async def test_a_refused_wizard_leaves_nothing(
    empty: tuple[Backend, Library], changes: dict[str, Any], code: str
) -> None:
    backend, library = empty
    with pytest.raises(InvalidInput) as refused:
        await set_up_shop(backend, library, first_run(**changes), user_agent="tests")
    assert refused.value.code == code
    assert await count(backend.db, "shop") == await count(backend.db, "staff") == 0
