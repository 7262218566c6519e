"""The demo's first conversations: shoppers of the demo really ask, the bot really answers, an agent joins one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import yaml

from xiaoer.business.conversation.actions import desk, shopper
from xiaoer.business.conversation.types import PageContext, SendText
from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity.queries import as_principal
from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.order.ports import ShopPlatform
from xiaoer.business.reply.actions.turn import take_turn
from xiaoer.business.shop.types import Shop
from xiaoer.data.backend import Backend
from xiaoer.data.stores import identity as identity_store
from xiaoer.data.stores import storefront as storefront_store
from xiaoer.kit.ids import new_id

SCRIPT_FILE = "conversations.yaml"


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation of `shop/conversations.yaml`; `agent` is the e-mail of who takes it over."""

    account: str
    says: Annotated[list[str], msgspec.Meta(min_length=1)]
    looks_at: str | None = None
    agent: str | None = None
    replies: list[str] = []
    ends: bool = False
    stars: int | None = None
    tags: list[str] = []


async def start_talk(backend: Backend, library: Library, platform: ShopPlatform, shop: Shop, folder: Path) -> None:
    """Play all scripts, one after the other, as if the shoppers had typed."""
    scripts = msgspec.convert(yaml.safe_load((folder / SCRIPT_FILE).read_text(encoding="utf-8")), list[Script])
    for script in scripts:
        await _play(backend, library, platform, shop, script)


async def _play(backend: Backend, library: Library, platform: ShopPlatform, shop: Shop, script: Script) -> None:
    visitor = await _sign_in(backend, shop, script)
    conversation_id = await _talk(backend, library, platform, visitor, script)
    if script.agent:
        await _join(backend, platform, script, conversation_id)
    if script.ends:
        await shopper.end_conversation(backend, visitor)
    if script.stars:
        await shopper.rate(backend, visitor, conversation_id, score=script.stars, tags=script.tags, comment="")


async def _sign_in(backend: Backend, shop: Shop, script: Script) -> Visitor:
    account = await storefront_store.find_account(backend.db, shop.shop_id, script.account)
    row = await identity_store.insert_customer(
        backend.db,
        shop.shop_id,
        new_id(),
        external_id=script.account,
        name=account.name if account else script.account,
        locale="zh-CN" if any("一" <= c <= "鿿" for c in "".join(script.says)) else "en",
    )
    return Visitor(row.shop_id, row.customer_id, is_verified=True, name=row.name, locale=row.locale,
                   external_id=row.external_id)  # fmt: skip


async def _talk(backend: Backend, library: Library, platform: ShopPlatform, visitor: Visitor, script: Script) -> UUID:
    context = None
    if script.looks_at:
        product = await platform.find_product(visitor.shop_id, script.looks_at, visitor.locale)
        if product is not None:
            context = PageContext(url=product.url, title=product.title, product_id=product.product_id)
    for words in script.says:
        received = await shopper.receive_message(
            backend, platform, visitor, client_id=new_id().hex, content=SendText(words), context=context
        )
        if received.turn is not None:
            await take_turn(backend, library, platform, received.turn)
    return received.ack.conversation_id


async def _join(backend: Backend, platform: ShopPlatform, script: Script, conversation_id: UUID) -> None:
    row = await identity_store.find_staff_by_email(backend.db, script.agent or "")
    if row is None:
        return
    staff = as_principal(row)
    await desk.take_over(backend, staff, conversation_id)
    for words in script.replies:
        await desk.send_message(
            backend, platform, staff, conversation_id, client_id=new_id().hex, content=SendText(words), is_note=False
        )
