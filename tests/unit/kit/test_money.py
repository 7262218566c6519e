"""Money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoer.kit.errors import InvalidInput
from xiaoer.kit.money import Money, format_money, parse_money


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "shown"),
    [
        (123450, "CNY", "zh-CN", "¥1,234.50"),
        (123450, "CNY", "en", "CN¥1,234.50"),
        (-5, "USD", "en", "-$0.05"),
        (1234, "JPY", "en", "JP¥1,234"),
        (1234, "THB", "zh-CN", "12.34 THB"),
        (1234, "THB", "en", "THB 12.34"),
        (1234567, "KWD", "en", "KWD 1,234.567"),
    ],
)
def test_formats(amount: int, currency: str, locale: str, shown: str) -> None:
    assert format_money(amount, currency, locale) == shown


@given(amount=st.integers(-(10**12), 10**12), currency=st.sampled_from(["CNY", "JPY", "KWD"]))
def test_what_is_shown_is_read_back(amount: int, currency: str) -> None:
    shown = format_money(amount, currency).replace("JP¥", "").replace("¥", "").replace(currency, "")
    assert parse_money(shown, currency) == Money(amount, currency)


@pytest.mark.parametrize("text", ["", "abc", "1.234", "1e3", "1.", "--1", "١٢"])
def test_odd_amounts_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_money(text)


def test_arithmetic_keeps_the_currency() -> None:
    assert Money(100) + Money(50) - Money(20) * 2 == Money(110)
    assert Money(101).share(50, 100) == Money(51)
    assert Money(-101).share(50, 100) == Money(-51)
    assert Money(1) < Money(2) <= Money(2)
    with pytest.raises(InvalidInput):
        Money(1) + Money(1, "USD")
