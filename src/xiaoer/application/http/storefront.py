"""The demo shop's own pages ask here; open to everybody, and only while the shop is a demo."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post

from xiaoer.business.catalog import queries as catalog
from xiaoer.business.catalog.types import Category, Product, ProductDetail
from xiaoer.business.customer.rules import sign_identity
from xiaoer.business.customer.types import Identity
from xiaoer.business.shop.queries import find_demo_shop, get_identity_secret
from xiaoer.business.shop.types import Shop
from xiaoer.business.storefront import queries as storefront
from xiaoer.business.storefront.types import Account
from xiaoer.kit.errors import NotFound

from .errors import RESPONSES
from .services import Services

_IMAGE = re.compile(r"[a-z0-9_\-]{1,80}\.svg")


class Accounts(msgspec.Struct, frozen=True):
    items: list[Account]


class Products(msgspec.Struct, frozen=True):
    items: list[Product]
    categories: list[Category]


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: Annotated[str, msgspec.Meta(max_length=60)]


class SignedIdentity(msgspec.Struct, frozen=True):
    identity: Identity


async def _demo_shop(services: Services) -> Shop:
    shop = await find_demo_shop(services.backend)
    if shop is None:
        raise NotFound("storefront.no_demo")
    return shop


@get("/storefront/accounts", operation_id="listDemoAccounts", responses=RESPONSES)
async def list_accounts(services: Services, locale: str = "zh-CN") -> Accounts:
    """Demo shoppers one can sign in as."""
    shop = await _demo_shop(services)
    return Accounts(await storefront.list_accounts(services.backend, shop.shop_id, locale))


@post("/storefront/sign-in", operation_id="signInDemoShopper", status_code=200, responses=RESPONSES)
async def sign_in(services: Services, data: SignInBody) -> SignedIdentity:
    """What a real shop's server would do after its own sign-in: sign who the shopper is, for an hour."""
    shop = await _demo_shop(services)
    account = await storefront.find_account(services.backend, shop.shop_id, data.account_id, "zh-CN")
    if account is None:
        raise NotFound("storefront.account_not_found", field="account_id")
    secret = await get_identity_secret(services.backend, shop.shop_id)
    expires_at = int(services.backend.clock.now().timestamp()) + 3600
    signature = sign_identity(secret, account.account_id, expires_at, shop.widget_key)
    return SignedIdentity(Identity(account.account_id, account.name, expires_at, signature))


@get("/storefront/products", operation_id="listDemoProducts", responses=RESPONSES)
async def list_products(
    services: Services, category: str | None = None, q: str | None = None, locale: str = "zh-CN"
) -> Products:
    """Goods by category or words."""
    shop = await _demo_shop(services)
    items = await catalog.list_products(services.backend, shop.shop_id, locale, category=category, text=q)
    return Products(items, await catalog.list_categories(services.backend, shop.shop_id, locale))


@get("/storefront/products/{product_id:str}", operation_id="getDemoProduct", responses=RESPONSES)
async def get_product(services: Services, product_id: str, locale: str = "zh-CN") -> ProductDetail:
    """One product with its variants and attributes."""
    shop = await _demo_shop(services)
    detail = await catalog.find_product_detail(services.backend, shop.shop_id, product_id, locale)
    if detail is None:
        raise NotFound("product.not_found", field="product_id")
    return detail


@get("/storefront/images/{name:str}", operation_id="getProductImage", responses=RESPONSES, media_type="image/svg+xml")
async def get_image(services: Services, name: str) -> Response[bytes]:
    """A drawn picture of the pack."""
    path = services.shop_folder / "images" / name
    if not _IMAGE.fullmatch(name) or not path.is_file():
        raise NotFound("storefront.image_not_found")
    headers = {"Cache-Control": "public, max-age=86400", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(path.read_bytes(), media_type="image/svg+xml", headers=headers)


storefront_routes = Router(
    "", route_handlers=[list_accounts, sign_in, list_products, get_product, get_image], tags=["storefront"]
)
