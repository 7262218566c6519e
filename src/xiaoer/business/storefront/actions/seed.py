"""The demo shop's rows, made from a pack's `shop/*.yaml`.

The same files, instant and seed give the same rows. Dates count back from `now`, so the shop looks alive
whenever it starts. Goods and shoppers are written in the files as they are; orders are recipes (a state, how
long ago, which goods), and the crowd fills the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec
import yaml

from xiaoer.business.storefront import rules
from xiaoer.business.storefront.types import (
    CategoryFile,
    City,
    Course,
    Invoice,
    Line,
    Moment,
    OrderDetail,
    OrderRecipe,
    OrdersFile,
    Payment,
    PeopleFile,
    Person,
    ProductFile,
    Receiver,
    Refund,
    Scan,
    Shipment,
    ShopFiles,
)
from xiaoer.kit.errors import InvalidInput

from .journey import CHINA, Trip, clock, day_of, plan_arrival, travel

Rows = list[dict[str, Any]]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_File = TypeVar("_File")
_ARRIVED = {"delivered", "completed"}
_RETURN_STEPS = ("applied", "approved", "returning", "inspecting", "paid")
_DIRECT_STEPS = ("applied", "approved", "paid")


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return msgspec.convert(yaml.load(path.read_bytes(), Loader=_Loader), kind)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise InvalidInput("pack.invalid_file", file=path.name, reason=str(error)[:300]) from error


@lru_cache(maxsize=4)
def load_shop(pack_shop_dir: Path) -> ShopFiles:
    """All files of a pack's shop, checked. Kept, because packs do not change while a process runs."""
    categories = [_read(path, CategoryFile) for path in sorted(pack_shop_dir.glob("products-*.yaml"))]
    return ShopFiles(
        categories=sorted(categories, key=lambda c: c.order),
        people=_read(pack_shop_dir / "people.yaml", PeopleFile),
        orders=_read(pack_shop_dir / "orders.yaml", OrdersFile),
    )  # fmt: skip


def build_rows(pack_shop_dir: Path, now: datetime, seed: int = 1) -> tuple[Rows, Rows, Rows]:
    """Products, accounts and orders in the shape that the functions of `data.stores.storefront` take."""
    shop = load_shop(pack_shop_dir)
    return list(_products(shop)), list(_accounts(shop)), _Orders(shop, now, seed).rows()


def _products(shop: ShopFiles) -> Iterator[dict[str, Any]]:
    for category in shop.categories:
        for product in category.products:
            detail = msgspec.to_builtins(product)
            detail["category_name"] = category.name
            yield {
                "product_id": product.id,
                "category": category.category,
                "title": " · ".join(product.title.values()),
                "sort_key": f"{category.order:02d}-{0 if product.hot else 1}-{product.id}",
                "detail": detail,
                "price": min(v.price for v in product.variants),
                "stock": sum(v.stock for v in product.variants),
            }


def _accounts(shop: ShopFiles) -> Iterator[dict[str, Any]]:
    cities = {city.id: city for city in shop.people.cities}
    for person in shop.people.people:
        detail = {
            "phone": person.phone, "level": person.level, "city": cities[person.city].name,
            "district": person.district, "address": person.address, "about": person.about,
        }  # fmt: skip
        yield {"account_id": person.id, "name": person.name, "detail": detail}


class _Orders:
    """Cooks the recipes; one random source per order, so that one more recipe does not change the others."""

    def __init__(self, shop: ShopFiles, now: datetime, seed: int) -> None:
        self.now, self.seed = now.astimezone(CHINA).replace(microsecond=0), seed
        self.products = {p.id: p for category in shop.categories for p in category.products}
        self.fresh = {p.id for c in shop.categories if c.category == "food" for p in c.products}
        self.promotions = {p.id: p.promotion for p in self.products.values()}
        self.cities = {city.id: city for city in shop.people.cities}
        self.people = {person.id: person for person in shop.people.people}
        self.recipes, self.crowd, self.reasons = shop.orders.orders, shop.orders.crowd, shop.orders.reasons

    def rows(self) -> Rows:
        rows = [self._cook(index, recipe, self._rng(index)) for index, recipe in enumerate(self.recipes)]
        characters = {recipe.account for recipe in self.recipes}
        others = [account for account in self.people if account not in characters]
        wanted = [p.id for p in self.products.values() for _ in range(3 if p.hot else 1)]
        index = len(rows)
        for crowd in self.crowd:
            first, last = (_minutes(bound) for bound in crowd.ago)
            for _ in range(crowd.count):
                rng = self._rng(index)
                recipe = OrderRecipe(
                    account=rng.choice(others), state=crowd.state, course=crowd.course,
                    ago=_written(rng.randint(first, last), crowd.ago[0][-1]),
                    items=self._pick_items(rng, wanted),
                    invoice="个人" if crowd.state == "completed" and rng.random() < 0.15 else "",
                )  # fmt: skip
                rows.append(self._cook(index, recipe, rng))
                index += 1
        return rows

    def _rng(self, index: int) -> Random:
        return Random(f"{self.seed}:{index}")

    def _pick_items(self, rng: Random, wanted: list[str]) -> list[str]:
        chosen = dict.fromkeys(rng.choice(wanted) for _ in range(rng.choice((1, 1, 1, 2, 2, 3))))
        return [
            f"{product}/{rng.randrange(len(self.products[product].variants))}*{rng.choice((1, 1, 1, 1, 2))}"
            for product in chosen
        ]

    def _cook(self, index: int, recipe: OrderRecipe, rng: Random) -> dict[str, Any]:
        person = self.people[recipe.account]
        city = self.cities[person.city]
        created = self._created(recipe.ago, rng)
        lines = [_line(item, self.products) for item in recipe.items]
        items_amount = rules.total_items(lines)
        discount = rules.discount_of(lines, self.promotions)
        freight = rules.freight_of(items_amount - discount, remote=city.remote)
        amount = items_amount - discount + freight
        life = _Life(self, recipe, rng, created, lines, amount=amount, freight=freight).live()
        detail = OrderDetail(
            seeded=True, items=lines, items_amount=items_amount, discount=discount, freight=freight,
            receiver=_receiver(person, city), milestones=life.moments, payment=life.payment,
            shipments=life.shipments, refunds=life.refunds, invoice=life.invoice,
        )  # fmt: skip
        return {
            "number": f"QH{created:%Y%m%d}{(index * 7919 + 130_363) % 1_000_000:06d}",
            "account_id": person.id,
            "state": recipe.state,
            "amount": amount,
            "currency": "CNY",
            "detail": msgspec.to_builtins(detail),
            "created_at": created.astimezone(UTC).isoformat(),
        }

    def _created(self, ago: str, rng: Random) -> datetime:
        """Minutes and hours are exact; days are days of the calendar, at an hour when people shop."""
        if ago.endswith("d"):
            return clock(day_of(self.now) - timedelta(days=int(ago[:-1])), rng, 8, 23)
        return self.now - timedelta(minutes=_minutes(ago))


class _Life:
    """What has happened to one order since it was placed."""

    def __init__(
        self, kitchen: _Orders, recipe: OrderRecipe, rng: Random, created: datetime, lines: list[Line], *,
        amount: int, freight: int,
    ) -> None:  # fmt: skip
        self.now, self.fresh, self.reasons = kitchen.now, kitchen.fresh, kitchen.reasons
        self.person = kitchen.people[recipe.account]
        self.city = kitchen.cities[self.person.city]
        self.recipe, self.rng, self.created, self.lines = recipe, rng, created, lines
        self.amount, self.freight = amount, freight
        self.moments: list[Moment] = []
        self.payment: Payment | None = None
        self.shipments: list[Shipment] = []
        self.refunds: list[Refund] = []
        self.invoice: Invoice | None = None

    def live(self) -> _Life:
        state, course = self.recipe.state, self.recipe.course
        self._reach("unpaid", self.created)
        if state == "unpaid":
            return self
        if state == "cancelled" and course != "before_shipping":
            self._reach("cancelled", min(self.created + timedelta(minutes=30), self.now))
            return self
        paid = self._pay()
        if state == "paid":
            return self
        if course == "before_shipping":
            self._give_up(paid)
            return self
        at = self._ship(paid)
        if state == "completed":
            at = min(at + timedelta(hours=self.rng.randrange(3, 240)), self.now - timedelta(hours=2))
            self._reach("completed", at)
            self._invoice(at)
        elif state in {"refunding", "refunded"}:
            self._refund(min(at + timedelta(hours=self.rng.randrange(2, 40)), self.now - timedelta(hours=2)))
        return self

    def _reach(self, state: str, at: datetime) -> None:
        self.moments.append(Moment(state, at.astimezone(UTC)))

    def _between(self, start: datetime, part: float) -> datetime:
        return (start + (self.now - start) * part).replace(microsecond=0)

    def _pay(self) -> datetime:
        at = min(self.created + timedelta(seconds=self.rng.randrange(15, 900)), self._between(self.created, 0.5))
        method = self.rng.choice(("wechat", "wechat", "alipay", "alipay", "card", "huabei"))
        self.payment = Payment(method=method, amount=self.amount, paid_at=at.astimezone(UTC))
        self._reach("paid", at)
        return at

    def _ship(self, paid: datetime) -> datetime:
        """Ships, and delivers unless the parcel is still on its way; the last instant of that."""
        local = paid.astimezone(CHINA)
        shipped = clock(day_of(paid) + timedelta(days=0 if local.hour < 15 else 1), self.rng, 16, 18)
        arrived = self.recipe.state in _ARRIVED or self.recipe.state in {"refunding", "refunded"}
        course: Course = self.recipe.course
        is_fresh = any(line.product_id in self.fresh for line in self.lines)
        carrier = "sf" if is_fresh else self.rng.choice(("zto", "zto", "zto", "yto", "yto", "sf"))
        arrives_on = plan_arrival(shipped, self.city, course, self.now, arrived=arrived)
        trip = Trip(city=self.city, person=self.person, carrier=carrier, shipped_at=shipped, arrives_on=arrives_on)
        scans: list[Scan] = travel(trip, course, self.rng, self.now, arrived=arrived)
        self.shipments.append(
            Shipment(
                carrier=carrier, tracking_number=tracking_number(carrier, self.rng),
                shipped_at=shipped.astimezone(UTC), scans=scans, is_stuck=course == "stuck",
            )
        )  # fmt: skip
        self._reach("shipped", shipped)
        if not arrived:
            return shipped
        self._reach("delivered", scans[-1].at)
        return scans[-1].at

    def _give_up(self, paid: datetime) -> None:
        """Paid, then not wanted any more before it was shipped."""
        at = self._between(paid, 0.2)
        if self.recipe.state == "cancelled":
            self._reach("cancelled", at)
            self._add_refund("refund_only", self.amount, "before_shipping", at, _DIRECT_STEPS)
        else:
            self._refund(at)

    def _refund(self, at: datetime) -> None:
        self._reach("refunding", at)
        is_return = self.recipe.course in {"normal", "returned"}
        steps: tuple[str, ...] = _RETURN_STEPS if is_return else _DIRECT_STEPS
        if self.recipe.state == "refunding":
            steps = steps[: self.rng.randrange(1, len(steps))]
        amount = self.amount
        if self.recipe.course == "damaged":
            amount = min(amount, self.lines[0].price * self.lines[0].quantity)
        elif is_return:
            amount -= self.freight  # who sends goods back pays for their way there
        why = self.recipe.course if self.recipe.course in self.reasons else "returned"
        last = self._add_refund("return" if is_return else "refund_only", amount, why, at, steps)
        if self.recipe.state == "refunded":
            self._reach("refunded", last)

    def _add_refund(self, kind: str, amount: int, why: str, at: datetime, steps: tuple[str, ...]) -> datetime:
        whole = min(self.now - at, timedelta(days=6))
        times = [(at + whole * (0.9 * i / len(steps))).replace(microsecond=0) for i in range(len(steps))]
        reason = self.recipe.reason or self.rng.choice(self.reasons[why])
        moments = [Moment(step, when.astimezone(UTC)) for step, when in zip(steps, times, strict=True)]
        self.refunds.append(Refund(kind=kind, amount=amount, reason=reason, steps=moments))
        return times[-1]

    def _invoice(self, at: datetime) -> None:
        if self.recipe.invoice:
            title = self.person.name if self.recipe.invoice == "个人" else self.recipe.invoice
            issued = self._between(at, 0.4).astimezone(UTC)
            self.invoice = Invoice(kind="electronic", title=title, amount=self.amount, issued_at=issued)


def _minutes(span: str) -> int:
    return int(span[:-1]) * {"m": 1, "h": 60, "d": 1440}[span[-1]]


def _written(minutes: int, unit: str) -> str:
    return f"{minutes // 1440}d" if unit == "d" else f"{minutes}m"


def _line(item: str, products: dict[str, ProductFile]) -> Line:
    rest, _, quantity = item.partition("*")
    product_id, _, position = rest.partition("/")
    product = products[product_id]
    variant = product.variants[int(position or 0)]
    return Line(
        product_id=product.id, sku=variant.sku, title=product.title, variant=variant.name,
        quantity=int(quantity or 1), price=variant.price, image=product.image,
    )  # fmt: skip


def _receiver(person: Person, city: City) -> Receiver:
    return Receiver(
        name=person.name, phone=person.phone, province=city.province, city=city.name,
        district=person.district, address=person.address,
    )  # fmt: skip


def tracking_number(carrier: str, rng: Random) -> str:
    """A number in the carrier's pattern; see `rules.TRACKING_PATTERNS`."""
    prefix, digits = {"sf": ("SF", 13), "zto": ("75", 12), "yto": ("YT", 13)}[carrier]
    return prefix + "".join(str(rng.randrange(10)) for _ in range(digits))
