"""Spans: found where they are, and not found where they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoer.intelligence.entities.find import find_spans
from xiaoer.intelligence.entities.personal import find_personal


def kinds(text: str) -> list[tuple[str, str]]:
    return [(span.kind, span.normal) for span in find_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("订单QH20240618553271到哪了", [("order_number", "QH20240618553271")]),
        ("qh20240618553271", [("order_number", "QH20240618553271")]),
        ("ＱＨ２０２４０６１８５５３２７１", [("order_number", "QH20240618553271")]),
        ("订单号：202406185532711", [("order_number", "202406185532711")]),
        ("单号 20240618553271 这单", [("order_number", "20240618553271")]),
        ("order no. 20240618553271", [("order_number", "20240618553271")]),
        ("SF1234567890123到了吗", [("tracking_number", "SF1234567890123")]),
        ("yt1234567890123", [("tracking_number", "YT1234567890123")]),
        ("73512345678901", [("tracking_number", "73512345678901")]),
        ("JDVB12345678901", [("tracking_number", "JDVB12345678901")]),
        ("快递单号 123456789012", [("tracking_number", "123456789012")]),
        ("电话138-1234-5678", [("phone", "13812345678")]),
        ("电话１３８１２３４５６７８", [("phone", "13812345678")]),
        ("186 123 45678", [("phone", "18612345678")]),
        ("(+86)138 1234 5678", [("phone", "13812345678")]),
        ("tel13812345678", [("phone", "13812345678")]),
        ("收货人张三13812345678北京", [("phone", "13812345678")]),
        ("010-62345678", [("phone", "01062345678")]),
        ("call +1 (415) 555-2671", [("phone", "+14155552671")]),
        ("邮箱 A.b@QQ.com谢谢", [("email", "a.b@qq.com")]),
        ("身份证11010519491231002X", [("id_card", "11010519491231002X")]),
        ("卡号 4111 1111 1111 1111", [("bank_card", "4111111111111111")]),
    ],
)
def test_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "1381234567890",  # longer than a phone number
        "A13812345678",  # a code
        "110105194912310021",  # wrong check digit
        "4111 1111 1111 1112",  # fails Luhn
        "2024-06-18 12:30",
        "价格199元，打12315",
        "尾号8832",
        "400-000-8600",
        "a@b",
        "",
    ],
)
def test_not_found(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "QH13812345678901",
        "订单13812345678901到哪了",
        "单号 4111111111111111",
        "快递单号13812345678901",
        "SF1381234567890",
        "订单号 110101199003074610",
    ],
)
def test_order_and_tracking_numbers_are_never_personal(text: str) -> None:
    assert find_personal(text) == []


@given(st.text(alphabet="QHSF0123456789 +-@.a订单号电话１８", max_size=50))
def test_spans_point_into_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for span in find_spans(text):
        assert span.start >= end
        assert text[span.start : span.end] == span.text != ""
        end = span.end
