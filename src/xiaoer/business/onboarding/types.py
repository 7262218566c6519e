"""What the wizard asks, and the demo's sign-ins."""

from __future__ import annotations

from typing import Annotated

import msgspec

Short = Annotated[str, msgspec.Meta(max_length=254)]


class FirstRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first administrator and the shop; `with_demo_data` fills the built-in shop with goods and orders."""

    shop_name: Short
    email: Short
    name: Short
    password: Annotated[str, msgspec.Meta(max_length=1024)]
    locale: Annotated[str, msgspec.Meta(max_length=20)] = "zh-CN"
    with_demo_data: bool = False


class DemoAccount(msgspec.Struct, frozen=True):
    email: str
    password: str
    name: str
    role: str


# Public on purpose: they exist only in a demo shop, and the sign-in page shows them.
DEMO_ACCOUNTS = (
    DemoAccount("owner@demo.example", "demo-owner-1", "周敏", "administrator"),
    DemoAccount("lina@demo.example", "demo-agent-1", "李娜", "agent"),
    DemoAccount("chen@demo.example", "demo-agent-2", "陈宇", "agent"),
)
