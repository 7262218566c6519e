"""The shapes of an order under the names this context uses; they are defined below it, in `catalog`."""

from __future__ import annotations

from xiaoer.business.catalog.types import (
    ORDER_STATES,
    Logistics,
    Order,
    OrderItem,
    Product,
    TimelineStep,
    Trace,
)
from xiaoer.kit.money import Money

__all__ = ["ORDER_STATES", "Logistics", "Money", "Order", "OrderItem", "Product", "TimelineStep", "Trace"]
