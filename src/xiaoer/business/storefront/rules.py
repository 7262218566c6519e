"""Names of states and carriers, masking, amounts, and how an order's row becomes what people see. Pure."""

from __future__ import annotations

import re

import msgspec

from xiaoer.business.catalog.rules import image_path, localised
from xiaoer.business.catalog.types import Logistics, Order, OrderItem, TimelineStep, Trace
from xiaoer.data.rows.storefront import AccountRow, OrderRow
from xiaoer.kit.masking import mask_phone
from xiaoer.kit.money import Money

from .types import Account, Line, OrderDetail, PromotionFile, Receiver, Shipment

FREE_FREIGHT_FROM = 5900
FREIGHT = 800
FREIGHT_REMOTE = 1500


def _names(**pairs: tuple[str, str]) -> dict[str, dict[str, str]]:
    return {key: {"zh-CN": chinese, "en": english} for key, (chinese, english) in pairs.items()}


STATE_LABELS = _names(
    unpaid=("待付款", "Awaiting payment"), paid=("待发货", "To be shipped"), shipped=("运输中", "Shipped"),
    delivered=("已签收", "Delivered"), completed=("交易完成", "Completed"), cancelled=("已取消", "Cancelled"),
    refunding=("退款中", "Refund in progress"), refunded=("已退款", "Refunded"),
)  # fmt: skip
MILESTONE_LABELS = _names(
    unpaid=("提交订单", "Order placed"), paid=("付款成功", "Paid"), shipped=("商家发货", "Shipped"),
    delivered=("包裹签收", "Delivered"), completed=("交易完成", "Completed"),
    cancelled=("订单取消", "Cancelled"), refunding=("申请退款", "Refund requested"),
    refunded=("退款成功", "Refunded"),
)  # fmt: skip
PARCEL_LABELS = _names(
    waiting=("待揽收", "Waiting for collection"), collected=("已揽收", "Collected"),
    in_transit=("运输中", "In transit"),
    delayed=("运输异常，较久未更新", "Delayed, no recent update"), delivering=("派送中", "Out for delivery"),
    failed=("派送未成功", "Delivery failed"), at_station=("已到驿站，待取件", "At the pick-up point"),
    signed=("已签收", "Signed for"),
)  # fmt: skip
LEVELS = _names(leaf=("青叶", "Leaf"), sprout=("青芽", "Sprout"), tree=("青木", "Tree"), forest=("青林", "Forest"))
PAYMENT_METHODS = _names(
    wechat=("微信支付", "WeChat Pay"),
    alipay=("支付宝", "Alipay"),
    card=("银行卡", "Bank card"),
    huabei=("花呗", "Huabei"),
)
CARRIERS = _names(
    sf=("顺丰速运", "SF Express"), zto=("中通快递", "ZTO Express"), yto=("圆通速递", "YTO Express")
)  # fmt: skip
CARRIER_PHONES = {"sf": "95338", "zto": "95311", "yto": "95554"}
TRACKING_PATTERNS = {"sf": r"SF\d{13}", "zto": r"75\d{12}", "yto": r"YT\d{13}"}
# What a parcel's newest scan says of the parcel.
STEP_STATES = {
    "collected": "collected", "hub": "in_transit", "left": "in_transit", "site": "in_transit",
    "delivering": "delivering", "failed": "failed", "station": "at_station", "signed": "signed",
}  # fmt: skip
_CANCELLED_UNPAID = {"zh-CN": "超时未付款，系统自动取消", "en": "it was not paid in time"}
_CANCELLED_BY_SHOPPER = {"zh-CN": "买家申请取消", "en": "cancelled at the buyer's request"}
_NUMBER = re.compile(r"QH\d{14}")


def normalise_number(number: str) -> str | None:
    """An order number as it is kept; None for what cannot be one."""
    folded = number.strip().upper()
    return folded if _NUMBER.fullmatch(folded) else None


def mask_receiver(receiver: Receiver, locale: str) -> str:
    """`林** 138****0001 杭州市`: enough to recognise one's own, not enough to find somebody."""
    return f"{receiver.name[:1]}** {mask_phone(receiver.phone)} {localised(receiver.city, locale)}"


def total_items(items: list[Line]) -> int:
    return sum(item.price * item.quantity for item in items)


def discount_of(items: list[Line], promotions: dict[str, PromotionFile | None]) -> int:
    """The best reduction that the promoted lines together reach; they do not add up."""
    reached: dict[tuple[int, int], int] = {}
    for item in items:
        promotion = promotions.get(item.product_id)
        if promotion is not None and promotion.kind == "full_reduction":
            key = (promotion.threshold, promotion.reduction)
            reached[key] = reached.get(key, 0) + item.price * item.quantity
    return max((off for (threshold, off), total in reached.items() if total >= threshold), default=0)


def freight_of(payable: int, *, remote: bool) -> int:
    if payable >= FREE_FREIGHT_FROM:
        return 0
    return FREIGHT_REMOTE if remote else FREIGHT


def read_detail(row: OrderRow) -> OrderDetail:
    return msgspec.convert(row.detail, OrderDetail)


def parcel_state(shipment: Shipment) -> str:
    if not shipment.scans:
        return "waiting"
    state = STEP_STATES.get(shipment.scans[-1].step, "in_transit")
    return "delayed" if shipment.is_stuck and state == "in_transit" else state


def as_order(row: OrderRow, locale: str) -> Order:
    detail = read_detail(row)
    parcel = detail.shipments[0] if detail.shipments else None
    return Order(
        number=row.number, state=row.state, state_label=localised(STATE_LABELS[row.state], locale),
        created_at=row.created_at, amount=Money(row.amount, row.currency),
        items=[
            OrderItem(
                product_id=line.product_id, title=localised(line.title, locale),
                variant=localised(line.variant, locale), quantity=line.quantity,
                price=Money(line.price, row.currency), image=image_path(line.image),
            )
            for line in detail.items
        ],
        timeline=[
            TimelineStep(moment.state, localised(MILESTONE_LABELS[moment.state], locale), moment.at)
            for moment in detail.milestones
        ],
        carrier=localised(CARRIERS[parcel.carrier], locale) if parcel else None,
        tracking_number=parcel.tracking_number if parcel else None,
        receiver_masked=mask_receiver(detail.receiver, locale),
        refund_amount=Money(sum(one.amount for one in detail.refunds), row.currency) if detail.refunds else None,
        note=_why(row.state, detail, locale),
    )  # fmt: skip


def _why(state: str, detail: OrderDetail, locale: str) -> str | None:
    """Why an order was cancelled or is being refunded."""
    if detail.refunds:
        return localised(detail.refunds[0].reason, locale)
    if state != "cancelled":
        return None
    return localised(_CANCELLED_BY_SHOPPER if detail.payment else _CANCELLED_UNPAID, locale)


def as_logistics(row: OrderRow, locale: str) -> list[Logistics]:
    """The parcels of an order, each with its newest trace first."""
    found = []
    for parcel in read_detail(row).shipments:
        state = parcel_state(parcel)
        found.append(
            Logistics(
                number=row.number, carrier=localised(CARRIERS[parcel.carrier], locale),
                carrier_phone=CARRIER_PHONES[parcel.carrier], tracking_number=parcel.tracking_number,
                state=state, state_label=localised(PARCEL_LABELS[state], locale),
                traces=[
                    Trace(scan.at, localised(scan.text, locale), localised(scan.place, locale))
                    for scan in reversed(parcel.scans)
                ],
            )
        )  # fmt: skip
    return found


def as_account(row: AccountRow, locale: str) -> Account:
    detail = row.detail
    return Account(
        account_id=row.account_id, name=row.name, level=detail["level"],
        level_name=localised(LEVELS[detail["level"]], locale), city=localised(detail["city"], locale),
        about=localised(detail.get("about"), locale),
    )  # fmt: skip
