"""Reading staff."""

from __future__ import annotations

from datetime import datetime, timedelta

from xiaoer.data.backend import Backend
from xiaoer.data.rows.identity import StaffRow
from xiaoer.data.stores import identity as store
from xiaoer.kit.errors import NotSignedIn
from xiaoer.kit.ids import hash_token

from . import rules
from .types import Staff, StaffView

_ONLINE = timedelta(seconds=45)


def as_principal(row: StaffRow) -> Staff:
    return Staff(
        shop_id=row.shop_id, staff_id=row.staff_id, name=row.name, email=row.email, role=row.role,
        permissions=rules.PERMISSIONS[row.role], locale=row.locale,
    )  # fmt: skip


def as_view(row: StaffRow, now: datetime) -> StaffView:
    return StaffView(
        staff_id=row.staff_id, email=row.email, name=row.name, role=row.role,
        permissions=sorted(rules.PERMISSIONS[row.role]), locale=row.locale,
        is_online=row.last_seen_at is not None and now - row.last_seen_at < _ONLINE,
        disabled=row.disabled_at is not None,
    )  # fmt: skip


async def get_staff_by_token(backend: Backend, token: str) -> Staff:
    """The principal behind a session token; raises NotSignedIn."""
    row = await store.find_staff_by_session(backend.db, hash_token(token))
    if row is None:
        raise NotSignedIn("session.expired")
    return as_principal(row)


async def get_own_view(backend: Backend, staff: Staff) -> StaffView:
    row = await store.find_staff(backend.db, staff.shop_id, staff.staff_id)
    if row is None:
        raise NotSignedIn("session.expired")
    return as_view(row, backend.clock.now())


async def list_staff(backend: Backend, staff: Staff) -> list[StaffView]:
    """Everybody of the shop; any member may see their colleagues."""
    now = backend.clock.now()
    return [as_view(row, now) for row in await store.list_staff(backend.db, staff.shop_id)]


async def needs_setup(backend: Backend) -> bool:
    """Whether nobody can sign in yet."""
    return not await store.has_any_staff(backend.db)
