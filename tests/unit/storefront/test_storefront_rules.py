"""What people get to see of goods and orders."""

from __future__ import annotations

import re

import msgspec
import pytest
from storefront_demo import Demo

from xiaoer.business.catalog import rules as catalog_rules
from xiaoer.business.catalog.rules import as_categories, as_detail, as_product, product_facts, search_pattern
from xiaoer.business.storefront import rules
from xiaoer.business.storefront.types import Line, PromotionFile, Receiver

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_an_order_shows_no_personal_data(demo: Demo, locale: str) -> None:
    for row in demo.orders:
        receiver = rules.read_detail(row).receiver
        shown = msgspec.json.encode([rules.as_order(row, locale), rules.as_logistics(row, locale)]).decode()
        assert receiver.phone not in shown
        assert receiver.address not in shown
        assert f"{receiver.phone[:3]}****{receiver.phone[-4:]}" in shown
        assert f'"{receiver.name}' not in shown


def test_the_masked_receiver() -> None:
    receiver = Receiver(
        name="林晓雨", phone="13800000001", province={"zh-CN": "浙江省"},
        city={"zh-CN": "杭州市", "en": "Hangzhou"}, district="西湖区", address="学院路",
    )  # fmt: skip
    assert rules.mask_receiver(receiver, "zh-CN") == "林** 138****0001 杭州市"
    assert rules.mask_receiver(receiver, "en") == "林** 138****0001 Hangzhou"
    assert "12345" not in rules.mask_receiver(msgspec.structs.replace(receiver, phone="12345"), "en")


def test_an_order_is_in_one_language(demo: Demo) -> None:
    for row in demo.orders:
        order = rules.as_order(row, "en")
        texts = [order.state_label, order.carrier or "", *(s.label for s in order.timeline)]
        texts += [text for item in order.items for text in (item.title, item.variant)]
        for parcel in rules.as_logistics(row, "en"):
            texts += [
                parcel.state_label,
                parcel.carrier,
                *(t.text for t in parcel.traces),
                *(t.place for t in parcel.traces),
            ]
        assert not [text for text in texts if HAN.search(text)]


def test_the_wire_leaves_out_what_there_is_not(demo: Demo) -> None:
    unpaid = next(o for o in demo.orders if o.state == "unpaid")
    wire = msgspec.to_builtins(rules.as_order(unpaid, "zh-CN"))
    assert "carrier" not in wire
    assert wire["state_label"] == "待付款"
    assert wire["timeline"] == [{"state": "unpaid", "label": "提交订单", "at": wire["created_at"]}]
    assert wire["amount"] == {"amount": unpaid.amount, "currency": "CNY"}


def test_logistics_are_newest_first(demo: Demo) -> None:
    shipped = next(o for o in demo.orders if o.state == "completed")
    (parcel,) = rules.as_logistics(shipped, "zh-CN")
    assert parcel.number == shipped.number
    assert parcel.state == "signed"
    times = [t.at for t in parcel.traces]
    assert times == sorted(times, reverse=True)


def test_numbers_are_folded_or_refused() -> None:
    assert rules.normalise_number(" qh20250618000123 ") == "QH20250618000123"
    for wrong in ("", "20250618000123", "QH2025061800012", "QH20250618000123'", "QH20250618000１２3x"):
        assert rules.normalise_number(wrong) is None


def _line(product_id: str, price: int, quantity: int = 1) -> Line:
    return Line(product_id=product_id, sku="s", title={}, variant={}, quantity=quantity, price=price, image="i")


def test_discount_counts_promoted_lines_only() -> None:
    promotion = PromotionFile(kind="full_reduction", text={}, threshold=19900, reduction=2000)
    promotions = {"a": promotion, "b": promotion, "c": None}
    assert rules.discount_of([_line("a", 19899), _line("c", 9900)], promotions) == 0
    assert rules.discount_of([_line("a", 10000), _line("b", 9900)], promotions) == 2000
    assert rules.discount_of([_line("a", 9950, 2)], promotions) == 2000


@pytest.mark.parametrize(("payable", "remote", "freight"), [(5899, False, 800), (5899, True, 1500), (5900, True, 0)])
def test_freight(payable: int, remote: bool, freight: int) -> None:
    assert rules.freight_of(payable, remote=remote) == freight


def test_a_product_on_the_wire(demo: Demo) -> None:
    row = next(p for p in demo.products if p.product_id == "p-digital-01")
    product = msgspec.to_builtins(as_product(row, "en"))
    assert product["title"] == "Chengyin Air 3 noise-cancelling earbuds"
    assert product["image"] == "/api/v1/storefront/images/p-digital-01.svg"
    assert product["url"] == "/demo/products/p-digital-01"
    assert product["price"] == {"amount": 29900, "currency": "CNY"}
    assert product["original_price"]["amount"] == 39900
    plain = next(p for p in demo.products if p.product_id == "p-digital-11")
    assert not {"original_price", "promotion"} & set(msgspec.to_builtins(as_product(plain, "en")))


def test_facts_name_the_attributes(demo: Demo) -> None:
    row = next(p for p in demo.products if p.product_id == "p-digital-01")
    assert ("质保", "12 个月") in product_facts(row, "zh-CN")
    assert ("Warranty", "12 months") in product_facts(row, "en")
    detail = as_detail(row, "en")
    assert [(f.name, f.value) for f in detail.facts] == product_facts(row, "en")
    assert len(detail.variants) == 2


def test_categories_keep_their_order(demo: Demo) -> None:
    ordered = sorted(demo.products, key=lambda p: (p.sort_key, p.product_id))
    categories = as_categories(ordered, "zh-CN")
    assert [c.name for c in categories][:2] == ["服饰", "鞋靴"]
    assert sum(c.count for c in categories) == len(demo.products)
    assert next(p for p in ordered).detail["hot"]


def test_search_patterns_are_literal() -> None:
    assert search_pattern("  ") is None
    assert search_pattern(None) is None
    assert search_pattern("100%_\\ 棉") == "%100\\%\\_\\\\%棉%"


def test_localised_falls_back() -> None:
    assert catalog_rules.localised({"zh-CN": "甲", "en": "A"}, "fr") == "甲"
    assert catalog_rules.localised({"en": "A"}, "zh-CN") == "A"
    assert catalog_rules.localised({}, "en") == ""


def test_accounts_for_the_switcher(demo: Demo) -> None:
    account = rules.as_account(demo.accounts[0], "zh-CN")
    assert (account.name, account.level_name, account.city) == ("林晓雨", "青叶", "杭州市")
    assert "13800001001" not in msgspec.json.encode(account).decode()
