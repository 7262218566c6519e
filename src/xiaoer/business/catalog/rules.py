"""How a row of the catalogue becomes what people see. Pure.

`ProductRow.title` holds the titles of all locales, because that column is the one that is searched; the title
to show is in `detail.title`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xiaoer.data.rows.storefront import ProductRow
from xiaoer.kit.money import Money

from .types import Category, Fact, Product, ProductDetail, Variant

DEFAULT_LOCALE = "zh-CN"
_NAMES: dict[str, dict[str, str]] = {
    "care": {"zh-CN": "使用与保养", "en": "Use and care"},
    "variants": {"zh-CN": "可选规格", "en": "Options"},
}


def localised(text: Mapping[str, str] | None, locale: str) -> str:
    """The text in that locale, else in the default one, else in whichever there is."""
    if not text:
        return ""
    return text.get(locale) or text.get(DEFAULT_LOCALE) or next(iter(text.values()))


def image_path(name: str) -> str:
    return f"/api/v1/storefront/images/{name}.svg"


def as_product(row: ProductRow, locale: str) -> Product:
    detail = row.detail
    original, promotion = detail.get("original_price"), detail.get("promotion")
    return Product(
        product_id=row.product_id, title=localised(detail["title"], locale), price=Money(row.price),
        stock=row.stock, image=image_path(detail["image"]), url=f"/demo/products/{row.product_id}",
        original_price=None if original is None else Money(original),
        promotion=localised(promotion["text"], locale) if promotion else None,
    )  # fmt: skip


def _as_variant(variant: Mapping[str, Any], locale: str) -> Variant:
    original = variant.get("original_price")
    return Variant(
        sku=variant["sku"], name=localised(variant["name"], locale), price=Money(variant["price"]),
        stock=variant["stock"], original_price=None if original is None else Money(original),
    )  # fmt: skip


def product_facts(row: ProductRow, locale: str) -> list[tuple[str, str]]:
    """What is known of a product as (name, value): its attributes, its options, its care."""
    detail = row.detail
    facts = [(localised(a["name"], locale), localised(a["value"], locale)) for a in detail["attributes"]]
    names = [localised(v["name"], locale) for v in detail["variants"]]
    if len(names) > 1:
        separator = "、" if locale.startswith("zh") else "; "
        facts.append((localised(_NAMES["variants"], locale), separator.join(names)))
    if care := localised(detail.get("care"), locale):
        facts.append((localised(_NAMES["care"], locale), care))
    return facts


def as_detail(row: ProductRow, locale: str) -> ProductDetail:
    detail = row.detail
    return ProductDetail(
        product=as_product(row, locale), category=row.category,
        category_name=localised(detail["category_name"], locale),
        subtitle=localised(detail.get("subtitle"), locale), is_hot=bool(detail.get("hot")),
        facts=[Fact(name, value) for name, value in product_facts(row, locale)],
        variants=[_as_variant(v, locale) for v in detail["variants"]],
    )  # fmt: skip


def as_categories(rows: Iterable[ProductRow], locale: str) -> list[Category]:
    """The categories of those products, in the products' order."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for row in rows:
        names.setdefault(row.category, localised(row.detail["category_name"], locale))
        counts[row.category] = counts.get(row.category, 0) + 1
    return [Category(category, names[category], counts[category]) for category in names]


def search_pattern(text: str | None) -> str | None:
    """An ILIKE pattern that finds the words in that order; None for nothing to look for."""
    words = (text or "").replace("\x00", "").split()[:8]
    if not words:
        return None
    escaped = [w[:40].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for w in words]
    return f"%{'%'.join(escaped)}%"
