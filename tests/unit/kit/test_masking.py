"""Masks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoer.kit.masking import MASKS, mask


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", "13812348000", "138****8000"),
        ("phone", "+86 138-1234-8000", "+86 138****8000"),
        ("phone", "8613812348000", "+86 138****8000"),
        ("phone", "4001234", "400****1234"),
        ("phone", "110", "****10"),
        ("email", "xiaoming@example.com", "x****@example.com"),
        ("email", "no address", "****"),
        ("id_card", "110101199003078888", "110***********8888"),
        ("id_card", "1101", "****"),
        ("bank_card", "6222 0212 3456 7890", "**** **** **** 7890"),
        ("bank_card", "1234", "****"),
        ("name", "王小明", "王**"),
        ("name", "王", "王*"),
        ("name", "John Smith", "J*** S***"),
        ("name", "", ""),
        ("address", "浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区****"),
        ("address", "somewhere", "so****"),
        ("something else", "secret", "****"),
    ],
)
def test_masks(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@given(kind=st.sampled_from(sorted(MASKS)), value=st.text(max_size=60))
def test_no_mask_fails_on_odd_text(kind: str, value: str) -> None:
    assert isinstance(mask(kind, value), str)


@given(digits=st.text("0123456789", min_size=11, max_size=19))
def test_numbers_never_show_more_than_their_ends(digits: str) -> None:
    for kind in ("phone", "id_card", "bank_card"):
        assert digits not in mask(kind, digits)
        assert "*" in mask(kind, digits)
