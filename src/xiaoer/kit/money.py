"""Money: whole minor units (分, cents) with a currency. There are no floats in it."""

from __future__ import annotations

from dataclasses import dataclass

from xiaoer.kit.errors import InvalidInput

# Digits after the point where it is not two, and signs that readers of either language know.
_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
_SIGNS = {
    "CNY": "¥",
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "TWD": "NT$",
    "JPY": "JP¥",
    "KRW": "₩",
}


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`Money(12345, "CNY")` is 123.45 yuan."""

    amount: int
    currency: str = "CNY"

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def share(self, numerator: int, denominator: int) -> Money:
        """A fraction, rounded half away from zero: 30 % is `share(30, 100)`."""
        if denominator <= 0:
            raise InvalidInput("money.invalid_share", value=denominator)
        product = self.amount * numerator
        rounded = (2 * abs(product) + denominator) // (2 * denominator)
        return Money(rounded if product >= 0 else -rounded, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise InvalidInput("money.other_currency", currency=other.currency, wanted=self.currency)
        return other.amount


def format_money(amount: int, currency: str = "CNY", locale: str = "zh-CN") -> str:
    """`¥1,234.50` in either language; without a known sign `THB 1,234.50` or `1,234.50 THB` (Chinese)."""
    digits = _DIGITS.get(currency, 2)
    major, minor = divmod(abs(amount), 10**digits)
    number = f"{major:,}.{minor:0{digits}d}" if digits else f"{major:,}"
    minus = "-" if amount < 0 else ""
    sign = _SIGNS.get(currency)
    # In an English text a bare ¥ could be yen.
    if sign == "¥" and not locale.startswith("zh"):
        sign = "CN¥"
    if sign:
        return f"{minus}{sign}{number}"
    return f"{minus}{number} {currency}" if locale.startswith("zh") else f"{minus}{currency} {number}"


def parse_money(text: str, currency: str = "CNY") -> Money:
    """`1,234.5` as minor units; more digits than the currency has, or anything else, is InvalidInput."""
    digits = _DIGITS.get(currency, 2)
    whole, point, fraction = text.strip().replace(",", "").partition(".")
    sign = -1 if whole.startswith("-") else 1
    whole = whole.removeprefix("-")
    is_number = whole.isascii() and whole.isdigit() and (not point or (fraction.isascii() and fraction.isdigit()))
    if not is_number or len(fraction) > digits:
        raise InvalidInput("money.invalid_amount", value=text[:40], currency=currency)
    return Money(sign * (int(whole) * 10**digits + int(fraction.ljust(digits, "0") or 0)), currency)
