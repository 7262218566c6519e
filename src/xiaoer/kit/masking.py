"""How a personal value is shown to someone who may know that it exists, but not the whole of it.

Finding such values in a text is `intelligence.entities`; these functions get the bare value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_STARS = "****"


def mask_phone(phone: str) -> str:
    """`13812348000` becomes `138****8000`; a country code stays readable, short ones keep their last two."""
    digits = re.sub(r"\D", "", phone)
    prefix = ""
    if len(digits) > 11 and (phone.lstrip().startswith("+") or digits.startswith("86")):
        prefix, digits = f"+{digits[:-11]} ", digits[-11:]
    if len(digits) < 7:
        return _STARS + digits[-2:] if len(digits) > 2 else _STARS
    return f"{prefix}{digits[:3]}{_STARS}{digits[-4:]}"


def mask_email(email: str) -> str:
    """`xiaoming@example.com` becomes `x****@example.com`."""
    name, at, domain = email.strip().rpartition("@")
    if not at:
        return _STARS
    return f"{name[:1]}{_STARS}@{domain}"


def mask_id_card(number: str) -> str:
    """An 18-digit `110101199003078888` becomes `110***********8888`: no birthday, no sex digit alone."""
    return _keep_ends(number, 3, 4)


def mask_bank_card(number: str) -> str:
    """`6222021234567890` becomes `**** **** **** 7890`, whatever its length."""
    digits = re.sub(r"\D", "", number)
    return f"{_STARS} {_STARS} {_STARS} {digits[-4:]}" if len(digits) > 8 else _STARS


def mask_name(name: str) -> str:
    """`王小明` becomes `王**`, `John Smith` becomes `J*** S***`."""
    name = unicodedata.normalize("NFC", name.strip())
    if not name:
        return ""
    if any("\u4e00" <= letter <= "\u9fff" for letter in name):
        return name[0] + "*" * max(1, len(name) - 1)
    return " ".join(f"{part[0]}***" for part in name.split())


def mask_address(address: str) -> str:
    """Province, city and district stay; street, house and door do not."""
    region = re.match(r"^.{2,12}?[区县](?=.)|^.{2,10}?市(?=.)", address.strip())
    kept = region.group() if region else address.strip()[:2]
    return kept + _STARS


MASKS: dict[str, Callable[[str], str]] = {
    "phone": mask_phone,
    "email": mask_email,
    "id_card": mask_id_card,
    "bank_card": mask_bank_card,
    "name": mask_name,
    "address": mask_address,
}


def mask(kind: str, value: str) -> str:
    """Mask by kind; an unknown kind shows nothing at all."""
    masker = MASKS.get(kind)
    return masker(value) if masker else _STARS


def _keep_ends(value: str, head: int, tail: int) -> str:
    value = value.strip()
    hidden = len(value) - head - tail
    # With too little hidden, the ends would give the whole away.
    return f"{value[:head]}{'*' * hidden}{value[-tail:]}" if hidden >= 4 else _STARS
