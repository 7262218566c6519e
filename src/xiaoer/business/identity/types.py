"""The principal of the console, and what people look like to others."""

from __future__ import annotations

from uuid import UUID

import msgspec


class Staff(msgspec.Struct, frozen=True):
    """A signed-in member of a shop's staff; `shop_id` comes from here and from nowhere else."""

    shop_id: UUID
    staff_id: UUID
    name: str
    email: str
    role: str
    permissions: frozenset[str]
    locale: str


class StaffView(msgspec.Struct, frozen=True):
    staff_id: UUID
    email: str
    name: str
    role: str
    permissions: list[str]
    locale: str
    is_online: bool
    disabled: bool


class SignedIn(msgspec.Struct, frozen=True):
    token: str
    staff: StaffView
