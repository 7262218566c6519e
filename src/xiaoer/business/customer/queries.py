"""Reading customers and finding out who is at a widget."""

from __future__ import annotations

from uuid import UUID

from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.data.backend import Backend
from xiaoer.data.rows.identity import VisitorRow
from xiaoer.data.stores import identity as store
from xiaoer.kit.errors import NotFound, NotSignedIn
from xiaoer.kit.ids import hash_token

from .types import CustomerView, Visitor


def as_visitor(row: VisitorRow) -> Visitor:
    return Visitor(
        shop_id=row.shop_id, customer_id=row.customer_id, is_verified=row.is_verified, name=row.name,
        locale=row.locale, external_id=row.external_id if row.is_verified else None,
    )  # fmt: skip


async def get_visitor_by_token(backend: Backend, token: str) -> Visitor:
    """The principal behind a visitor's token; raises NotSignedIn."""
    row = await store.find_visitor(backend.db, hash_token(token))
    if row is None:
        raise NotSignedIn("visitor.unknown_token")
    return as_visitor(row)


async def get_customer(backend: Backend, staff: Staff, customer_id: UUID) -> CustomerView:
    """A customer of the caller's shop."""
    identity_rules.check_permission(staff, identity_rules.CUSTOMER_READ)
    row = await store.find_customer(backend.db, staff.shop_id, customer_id)
    if row is None:
        raise NotFound("customer.not_found")
    return CustomerView(
        customer_id=row.customer_id, name=row.name, is_verified=row.external_id is not None,
        external_id=row.external_id, locale=row.locale, created_at=row.created_at, last_seen_at=row.last_seen_at,
    )  # fmt: skip
