"""A widget says hello: resume, begin, or turn a visitor into the shopper it turned out to be."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from xiaoer.business.shop import rules as shop_rules
from xiaoer.business.shop.queries import get_identity_secret, get_shop_by_widget_key
from xiaoer.business.shop.types import Shop
from xiaoer.data.backend import Backend
from xiaoer.data.rows.identity import CustomerRow, VisitorRow
from xiaoer.data.stores import identity as store
from xiaoer.data.stores import shop as shop_store
from xiaoer.kit.errors import TooManyRequests
from xiaoer.kit.ids import hash_token, new_id, new_token

from . import rules
from .ports import HistoryJoiner
from .types import Identity, VisitorWelcome

ANONYMOUS_LIFE = timedelta(days=180)
VERIFIED_LIFE = timedelta(days=7)
_NEW_VISITORS_PER_ADDRESS = 20_000
_NEW_VISITORS_WINDOW = timedelta(hours=1)


async def welcome_visitor(
    backend: Backend,
    *,
    widget_key: str,
    token: str | None,
    identity: Identity | None,
    locale: str | None,
    name: str | None,
    address: str,
    join_history: HistoryJoiner,
) -> VisitorWelcome:
    """Resume the token's visitor, or begin a new one; a signed identity makes it that shopper.

    An anonymous visitor who signs in brings their conversations along. A verified shopper's token with another
    identity begins afresh as that other one, and nothing is joined: chats never cross from person to person.
    """
    shop = await get_shop_by_widget_key(backend, widget_key)
    known = await store.find_visitor(backend.db, hash_token(token)) if token else None
    if known is not None and known.shop_id != shop.shop_id:
        known = None
    if identity is not None:
        secret = await get_identity_secret(backend, shop.shop_id)
        rules.check_identity(identity, secret, widget_key, backend.clock.now().timestamp())
        return await _sign_in(backend, shop, identity, known, token, locale, join_history)
    if known is not None and token is not None:
        return await _resume(backend, known, token, locale, name)
    if await store.count_use(backend.db, f"visitors-from:{address}", _NEW_VISITORS_WINDOW) > _NEW_VISITORS_PER_ADDRESS:
        raise TooManyRequests("visitor.too_many", retry_after=60)
    return await _begin(backend, shop, locale, name)


async def _resume(
    backend: Backend, known: VisitorRow, token: str, locale: str | None, name: str | None
) -> VisitorWelcome:
    chosen = shop_rules.pick_locale(locale, known.locale)
    shown = known.name or rules.clean_name(name)
    if chosen != known.locale or shown != known.name:
        await store.update_customer(backend.db, known.shop_id, known.customer_id, name=shown, locale=chosen)
    return VisitorWelcome(
        token=token, customer_id=known.customer_id, is_verified=known.is_verified, name=shown, locale=chosen
    )


async def _begin(backend: Backend, shop: Shop, locale: str | None, name: str | None) -> VisitorWelcome:
    async with backend.db.transaction() as work:
        row = await store.insert_customer(
            work, shop.shop_id, new_id(), external_id=None, name=rules.clean_name(name),
            locale=shop_rules.pick_locale(locale, shop.locale),
        )  # fmt: skip
        token = new_token()
        expires = backend.clock.now() + ANONYMOUS_LIFE
        await store.insert_visitor_session(work, hash_token(token), row, is_verified=False, expires_at=expires)
    return _welcome(token, row, is_verified=False)


async def _sign_in(
    backend: Backend,
    shop: Shop,
    identity: Identity,
    known: VisitorRow | None,
    token: str | None,
    locale: str | None,
    join_history: HistoryJoiner,
) -> VisitorWelcome:
    name = rules.clean_name(identity.name)
    if known is not None and token and known.is_verified and known.external_id == identity.user_id:
        return await _resume(backend, known, token, locale, name)
    async with backend.db.transaction() as work:
        row = await store.insert_customer(
            work, shop.shop_id, new_id(), external_id=identity.user_id, name=name,
            locale=shop_rules.pick_locale(locale, shop.locale),
        )  # fmt: skip
        if known is not None and not known.is_verified and known.external_id is None:
            await join_history(work, shop.shop_id, known.customer_id, row.customer_id, row.name)
            await shop_store.move_attachments(work, shop.shop_id, known.customer_id, row.customer_id)
            await store.merge_customer(work, shop.shop_id, known.customer_id, row.customer_id)
            await store.delete_visitor_sessions(work, shop.shop_id, known.customer_id)
        fresh = new_token()
        expires = backend.clock.now() + VERIFIED_LIFE
        await store.insert_visitor_session(work, hash_token(fresh), row, is_verified=True, expires_at=expires)
    return _welcome(fresh, row, is_verified=True)


def _welcome(token: str, row: CustomerRow, *, is_verified: bool) -> VisitorWelcome:
    return VisitorWelcome(
        token=token, customer_id=row.customer_id, is_verified=is_verified, name=row.name, locale=row.locale
    )


async def sign_out_visitor(backend: Backend, token: str) -> None:
    """Forget a visitor's token; the next hello begins afresh."""
    await store.delete_visitor_session(backend.db, hash_token(token))


async def change_visitor_locale(backend: Backend, shop_id: UUID, customer_id: UUID, locale: str) -> None:
    await store.update_customer(backend.db, shop_id, customer_id, name=None, locale=shop_rules.check_locale(locale))
