"""Same-length folding of digits, so that offsets stay those of the original text, and check digits."""

from __future__ import annotations

import re

# Full-width digits, letters and marks that stand in numbers and addresses; one character for one.
_WIDE: dict[int, int | str] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDE |= {ord("－"): "-", ord("—"): "-", ord("–"): "-", ord("‑"): "-", ord("−"): "-", 0x3000: " ", 0xA0: " "}
_NOT_DIGIT = re.compile(r"\D")


def fold_width(text: str) -> str:
    """Half-width twin of a text, character for character."""
    return text if text.isascii() else text.translate(_WIDE)


def only_digits(text: str) -> str:
    return _NOT_DIGIT.sub("", text)


def is_id_card(value: str) -> bool:
    """ISO 7064 mod 11-2 over 18 characters, with a plausible birth date (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    if not ("1800" < value[6:10] < "2100" and "01" <= value[10:12] <= "12" and "01" <= value[12:14] <= "31"):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value[:17], weights, strict=True))
    return "10X98765432"[total % 11] == value[17].upper()


def is_luhn(value: str) -> bool:
    """The check digit of bank cards; `value` is digits only."""
    total = 0
    for place, char in enumerate(reversed(value)):
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
