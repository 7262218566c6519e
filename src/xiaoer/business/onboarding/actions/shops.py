"""Setting a shop up for the first time, by a person in the wizard or by the demo."""

from __future__ import annotations

from pathlib import Path

from xiaoer.business.identity import actions as identity
from xiaoer.business.identity.types import SignedIn
from xiaoer.business.knowledge.actions.pack import stock_from_pack
from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.onboarding.types import DEMO_ACCOUNTS, FirstRun
from xiaoer.business.order.ports import ShopPlatform
from xiaoer.business.shop.actions import create_shop
from xiaoer.business.shop.queries import find_demo_shop
from xiaoer.business.shop.types import Shop
from xiaoer.business.storefront.actions.seeding import seed_demo_shop
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Executor
from xiaoer.data.stores import identity as identity_store
from xiaoer.kit.errors import Conflict

from .talk import start_talk


async def _take_first_run(work: Executor) -> bool:
    """Whether this is the first run; two wizards at once wait for each other."""
    await identity_store.lock_first_run(work)
    return not await identity_store.has_any_staff(work)


async def set_up_shop(backend: Backend, library: Library, first: FirstRun, *, user_agent: str) -> SignedIn:
    """Create the shop, its administrator and its knowledge at once; 409 when somebody was first."""
    async with backend.db.transaction() as work:
        if not await _take_first_run(work):
            raise Conflict("setup.done_already")
        shop = await create_shop(backend, work, name=first.shop_name, locale=first.locale, is_demo=False)
        row = await identity.add_staff(
            work, shop.shop_id, email=first.email, name=first.name, role="administrator", password=first.password,
            locale=first.locale, by=None,
        )  # fmt: skip
        await stock_from_pack(work, shop.shop_id, library.models.pack)
        if first.with_demo_data:
            await seed_demo_shop(backend, work, shop.shop_id)
    return await identity.open_session(backend, row, user_agent)


async def ensure_demo_shop(backend: Backend, library: Library, platform: ShopPlatform, folder: Path) -> None:
    """The demo shop, made on the first start and kept fresh on later ones; `folder` is the pack's `shop/`."""
    shop = await find_demo_shop(backend)
    is_new = shop is None
    async with backend.db.transaction() as work:
        if shop is None:
            if not await _take_first_run(work):
                return
            shop = await _create_demo_shop(backend, library, work)
        await stock_from_pack(work, shop.shop_id, library.models.pack)
        await seed_demo_shop(backend, work, shop.shop_id)
    if is_new:
        await start_talk(backend, library, platform, shop, folder)


async def _create_demo_shop(backend: Backend, library: Library, work: Executor) -> Shop:
    name = library.models.pack.variables["shop_name"].value["zh-CN"]
    shop = await create_shop(backend, work, name=name, locale="zh-CN", is_demo=True, slug="demo")
    for one in DEMO_ACCOUNTS:
        await identity.add_staff(
            work, shop.shop_id, email=one.email, name=one.name, role=one.role, password=one.password,
            locale="zh-CN", by=None,
        )  # fmt: skip
    return shop
