"""Creating a shop and changing its settings."""

from __future__ import annotations

from uuid import UUID

import msgspec

from xiaoer.business.audit.actions import record_deed
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Executor
from xiaoer.data.stores import shop as store
from xiaoer.kit.errors import InvalidInput
from xiaoer.kit.ids import new_id, new_token

from . import rules
from .queries import as_shop
from .types import Settings, Shop

DEFAULT_HOURS: dict[str, list[tuple[str, str]]] = {day: [("09:00", "22:00")] for day in rules.DAYS}


def _sealed_secret(backend: Backend, shop_id: UUID) -> bytes:
    return backend.sealer.seal(shop_id, "shop", "identity_secret", str(shop_id), new_token().encode())


def check_shop_name(name: str) -> str:
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= 60:
        raise InvalidInput("shop.invalid_name", field="shop_name", limit=60)
    return trimmed


async def create_shop(
    backend: Backend, db: Executor, *, name: str, locale: str, is_demo: bool, slug: str | None = None
) -> Shop:
    """A new shop with its own widget key and identity secret, inside the caller's unit of work."""
    shop_id = new_id()
    settings = Settings(bot_name="小二" if locale == "zh-CN" else "Xiaoer", hours=DEFAULT_HOURS)
    row = await store.insert(
        db, shop_id, slug=slug or f"shop-{shop_id.hex[-8:]}", name=check_shop_name(name),
        locale=rules.check_locale(locale), timezone="Asia/Shanghai", widget_key=new_token(),
        identity_secret=_sealed_secret(backend, shop_id), settings=msgspec.to_builtins(settings), is_demo=is_demo,
    )  # fmt: skip
    return as_shop(row)


async def change_shop(
    backend: Backend, shop_id: UUID, by: UUID, *, name: str, locale: str, timezone: str, settings: Settings
) -> Shop:
    """Change what a merchant may set; the caller has checked the permission."""
    rules.check_settings(settings)
    async with backend.db.transaction() as work:
        row = await store.update(
            work, shop_id, name=check_shop_name(name), locale=rules.check_locale(locale),
            timezone=rules.check_timezone(timezone), settings=msgspec.to_builtins(settings),
        )  # fmt: skip
        await record_deed(
            work, shop_id, "shop.changed", actor_kind="staff", actor_id=by, object_kind="shop", object_id=shop_id
        )
    return as_shop(row)


async def rotate_identity_secret(backend: Backend, shop_id: UUID, by: UUID) -> None:
    """A new key; identities signed with the old one are refused from now on."""
    async with backend.db.transaction() as work:
        await store.set_identity_secret(work, shop_id, _sealed_secret(backend, shop_id))
        await record_deed(
            work, shop_id, "shop.identity_secret_rotated", actor_kind="staff", actor_id=by, object_kind="shop",
            object_id=shop_id,
        )  # fmt: skip
