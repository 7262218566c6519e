"""Staff, customers, their sessions, and the counters that slow guessing down."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from xiaoer.data.postgres.database import Executor
from xiaoer.data.rows.identity import CustomerRow, StaffRow, VisitorRow
from xiaoer.data.stores.mapping import find_one, get_one, list_all

_INSERT_STAFF = """
INSERT INTO staff (shop_id, staff_id, email, name, role, password_hash, locale)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
"""
_FIND_STAFF_BY_EMAIL = "SELECT * FROM staff WHERE email = $1"
_FIND_STAFF = "SELECT * FROM staff WHERE shop_id = $1 AND staff_id = $2"
_LIST_STAFF = "SELECT * FROM staff WHERE shop_id = $1 ORDER BY created_at, staff_id"
_UPDATE_STAFF = """
UPDATE staff SET name = $3, role = $4, disabled_at = CASE WHEN $5 THEN COALESCE(disabled_at, now()) END,
    password_hash = COALESCE($6, password_hash)
WHERE shop_id = $1 AND staff_id = $2 RETURNING *
"""
_COUNT_ADMINISTRATORS = """
SELECT count(*) FROM staff WHERE shop_id = $1 AND role = 'administrator' AND disabled_at IS NULL AND staff_id <> $2
"""
_TOUCH_STAFF = "UPDATE staff SET last_seen_at = now() WHERE shop_id = $1 AND staff_id = ANY ($2)"
_LEAVE_STAFF = "UPDATE staff SET last_seen_at = NULL WHERE shop_id = $1 AND staff_id = $2"
_COUNT_ONLINE = """
SELECT count(*) FROM staff WHERE shop_id = $1 AND disabled_at IS NULL AND last_seen_at > now() - interval '45 seconds'
"""
_ANY_STAFF = "SELECT EXISTS (SELECT 1 FROM staff)"
_LOCK_FIRST_RUN = "SELECT pg_advisory_xact_lock(7300421)"

_INSERT_STAFF_SESSION = """
INSERT INTO staff_session (token_hash, shop_id, staff_id, user_agent, expires_at) VALUES ($1, $2, $3, $4, $5)
"""
_FIND_STAFF_BY_SESSION = """
SELECT s.*, x.last_used_at < now() - interval '1 minute' AS is_to_be_renewed
FROM staff_session x JOIN staff s ON s.shop_id = x.shop_id AND s.staff_id = x.staff_id
WHERE x.token_hash = $1 AND x.expires_at > now() AND x.last_used_at > now() - $2::interval AND s.disabled_at IS NULL
"""
_RENEW_STAFF_SESSION = "UPDATE staff_session SET last_used_at = now() WHERE token_hash = $1"
_DELETE_STAFF_SESSION = "DELETE FROM staff_session WHERE token_hash = $1"
_DELETE_STAFF_SESSIONS = "DELETE FROM staff_session WHERE shop_id = $1 AND staff_id = $2"
_PURGE_SESSIONS = """
WITH a AS (DELETE FROM staff_session WHERE expires_at < now()),
     b AS (DELETE FROM rate_limit WHERE window_start < now() - interval '1 day')
DELETE FROM visitor_session WHERE expires_at < now()
"""

_INSERT_CUSTOMER = """
INSERT INTO customer (shop_id, customer_id, external_id, name, locale) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shop_id, external_id) DO UPDATE SET last_seen_at = now(),
    name = CASE WHEN EXCLUDED.name = '' THEN customer.name ELSE EXCLUDED.name END
RETURNING *
"""
_FIND_CUSTOMER = "SELECT * FROM customer WHERE shop_id = $1 AND customer_id = $2"
_UPDATE_CUSTOMER = """
UPDATE customer SET name = COALESCE($3, name), locale = COALESCE($4, locale), last_seen_at = now()
WHERE shop_id = $1 AND customer_id = $2 RETURNING *
"""
_MERGE_CUSTOMER = """
UPDATE customer SET merged_into = $3
WHERE shop_id = $1 AND customer_id = $2 AND merged_into IS NULL AND external_id IS NULL
"""
_INSERT_VISITOR_SESSION = """
INSERT INTO visitor_session (token_hash, shop_id, customer_id, is_verified, expires_at) VALUES ($1, $2, $3, $4, $5)
"""
_FIND_VISITOR = """
SELECT v.shop_id, v.customer_id, v.is_verified, c.name, c.locale, c.external_id
FROM visitor_session v JOIN customer c ON c.shop_id = v.shop_id AND c.customer_id = v.customer_id
WHERE v.token_hash = $1 AND v.expires_at > now() AND c.merged_into IS NULL
"""
_DELETE_VISITOR_SESSION = "DELETE FROM visitor_session WHERE token_hash = $1"
_DELETE_VISITOR_SESSIONS = "DELETE FROM visitor_session WHERE shop_id = $1 AND customer_id = $2"

_COUNT_USE = """
INSERT INTO rate_limit (key, window_start, uses) VALUES ($1, now(), 1)
ON CONFLICT (key) DO UPDATE SET
    uses = CASE WHEN rate_limit.window_start < now() - $2::interval THEN 1 ELSE rate_limit.uses + 1 END,
    window_start = CASE WHEN rate_limit.window_start < now() - $2::interval THEN now() ELSE rate_limit.window_start END
RETURNING uses
"""
_FORGET_USES = "DELETE FROM rate_limit WHERE key = $1"

IDLE_LIMIT = timedelta(hours=12)


async def insert_staff(
    db: Executor, shop_id: UUID, staff_id: UUID, *, email: str, name: str, role: str, password_hash: str, locale: str
) -> StaffRow:
    """Raises DuplicateKey when the e-mail is taken."""
    return await get_one(db, StaffRow, _INSERT_STAFF, shop_id, staff_id, email, name, role, password_hash, locale)


async def find_staff_by_email(db: Executor, email: str) -> StaffRow | None:
    return await find_one(db, StaffRow, _FIND_STAFF_BY_EMAIL, email)


async def find_staff(db: Executor, shop_id: UUID, staff_id: UUID) -> StaffRow | None:
    return await find_one(db, StaffRow, _FIND_STAFF, shop_id, staff_id)


async def list_staff(db: Executor, shop_id: UUID) -> list[StaffRow]:
    return await list_all(db, StaffRow, _LIST_STAFF, shop_id)


async def update_staff(
    db: Executor, shop_id: UUID, staff_id: UUID, *, name: str, role: str, disabled: bool, password_hash: str | None
) -> StaffRow | None:
    return await find_one(db, StaffRow, _UPDATE_STAFF, shop_id, staff_id, name, role, disabled, password_hash)


async def count_other_administrators(db: Executor, shop_id: UUID, staff_id: UUID) -> int:
    return int(await db.fetchval(_COUNT_ADMINISTRATORS, shop_id, staff_id))


async def touch_staff(db: Executor, shop_id: UUID, staff_ids: list[UUID]) -> None:
    """Say that these people have a desk open."""
    await db.execute(_TOUCH_STAFF, shop_id, staff_ids)


async def leave_staff(db: Executor, shop_id: UUID, staff_id: UUID) -> None:
    await db.execute(_LEAVE_STAFF, shop_id, staff_id)


async def count_online(db: Executor, shop_id: UUID) -> int:
    return int(await db.fetchval(_COUNT_ONLINE, shop_id))


async def has_any_staff(db: Executor) -> bool:
    return bool(await db.fetchval(_ANY_STAFF))


async def lock_first_run(db: Executor) -> None:
    """Let one first run after the other look whether it is the first."""
    await db.execute(_LOCK_FIRST_RUN)


async def insert_staff_session(
    db: Executor, token_hash: bytes, staff: StaffRow, user_agent: str, expires_at: datetime
) -> None:
    await db.execute(_INSERT_STAFF_SESSION, token_hash, staff.shop_id, staff.staff_id, user_agent[:200], expires_at)


async def find_staff_by_session(db: Executor, token_hash: bytes) -> StaffRow | None:
    """Who a session token stands for; once a minute its use is written down, so that only idle sessions run out."""
    record = await db.fetchrow(_FIND_STAFF_BY_SESSION, token_hash, IDLE_LIMIT)
    if record is None:
        return None
    row = dict(record)
    if row.pop("is_to_be_renewed"):
        await db.execute(_RENEW_STAFF_SESSION, token_hash)
    return StaffRow(**row)


async def delete_staff_session(db: Executor, token_hash: bytes) -> None:
    await db.execute(_DELETE_STAFF_SESSION, token_hash)


async def delete_staff_sessions(db: Executor, shop_id: UUID, staff_id: UUID) -> None:
    await db.execute(_DELETE_STAFF_SESSIONS, shop_id, staff_id)


async def purge_sessions(db: Executor) -> None:
    """Forget expired sessions and old rate windows."""
    await db.execute(_PURGE_SESSIONS)


async def insert_customer(
    db: Executor, shop_id: UUID, customer_id: UUID, *, external_id: str | None, name: str, locale: str
) -> CustomerRow:
    """A new customer, or the existing one of that external id."""
    return await get_one(db, CustomerRow, _INSERT_CUSTOMER, shop_id, customer_id, external_id, name, locale)


async def find_customer(db: Executor, shop_id: UUID, customer_id: UUID) -> CustomerRow | None:
    return await find_one(db, CustomerRow, _FIND_CUSTOMER, shop_id, customer_id)


async def update_customer(
    db: Executor, shop_id: UUID, customer_id: UUID, *, name: str | None, locale: str | None
) -> CustomerRow | None:
    return await find_one(db, CustomerRow, _UPDATE_CUSTOMER, shop_id, customer_id, name, locale)


async def merge_customer(db: Executor, shop_id: UUID, visitor_id: UUID, shopper_id: UUID) -> None:
    """Note that an anonymous visitor was this shopper; a shopper is never merged into another."""
    await db.execute(_MERGE_CUSTOMER, shop_id, visitor_id, shopper_id)


async def insert_visitor_session(
    db: Executor, token_hash: bytes, customer: CustomerRow, *, is_verified: bool, expires_at: datetime
) -> None:
    await db.execute(
        _INSERT_VISITOR_SESSION, token_hash, customer.shop_id, customer.customer_id, is_verified, expires_at
    )


async def find_visitor(db: Executor, token_hash: bytes) -> VisitorRow | None:
    """Who a visitor's token stands for."""
    return await find_one(db, VisitorRow, _FIND_VISITOR, token_hash)


async def delete_visitor_session(db: Executor, token_hash: bytes) -> None:
    await db.execute(_DELETE_VISITOR_SESSION, token_hash)


async def delete_visitor_sessions(db: Executor, shop_id: UUID, customer_id: UUID) -> None:
    await db.execute(_DELETE_VISITOR_SESSIONS, shop_id, customer_id)


async def count_use(db: Executor, key: str, window: timedelta) -> int:
    """Count one use of a key and say how many there were in its window, this one included. Atomic."""
    return int(await db.fetchval(_COUNT_USE, key, window))


async def forget_uses(db: Executor, key: str) -> None:
    await db.execute(_FORGET_USES, key)
