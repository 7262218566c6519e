"""Signing in and out, and managing the shop's people."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from xiaoer.business.audit.actions import record_deed
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import DuplicateKey, Executor
from xiaoer.data.rows.identity import StaffRow
from xiaoer.data.stores import identity as store
from xiaoer.kit.errors import Conflict, InvalidInput, NotFound, NotSignedIn, TooManyRequests
from xiaoer.kit.ids import hash_token, new_id, new_token

from . import rules
from .queries import as_view
from .types import SignedIn, Staff, StaffView

SESSION_LIFE = timedelta(days=7)
_GUESS_WINDOW = timedelta(minutes=15)
_GUESSES_PER_ACCOUNT = 10
_GUESSES_PER_ADDRESS = 60

# Two threads bound what a flood of sign-ins can cost: one verification takes about 20 ms of a core.
_HASHERS = ThreadPoolExecutor(2, thread_name_prefix="argon2")
_ARGON2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DUMMY = _ARGON2.hash("nobody has this password")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_HASHERS, _ARGON2.hash, password)


def _verifies(stored: str, password: str) -> bool:
    try:
        return _ARGON2.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def sign_in(backend: Backend, *, email: str, password: str, address: str, user_agent: str) -> SignedIn:
    """A new session. Guesses are counted before the password is looked at, so that parallel ones count too."""
    folded = email.strip().lower()[:254]
    for key, allowed in (
        (f"sign-in:{folded}", _GUESSES_PER_ACCOUNT),
        (f"sign-in-from:{address}", _GUESSES_PER_ADDRESS),
    ):
        if await store.count_use(backend.db, key, _GUESS_WINDOW) > allowed:
            raise TooManyRequests("session.too_many_attempts", retry_after=int(_GUESS_WINDOW.total_seconds()))
    row = await store.find_staff_by_email(backend.db, folded)
    # An unknown address costs the same hash as a known one, so that the time does not tell them apart.
    stored = row.password_hash if row else _DUMMY
    right = await asyncio.get_running_loop().run_in_executor(_HASHERS, _verifies, stored, password[:1024])
    if row is None or not right or row.disabled_at is not None:
        raise NotSignedIn("session.wrong_credentials")
    await store.forget_uses(backend.db, f"sign-in:{folded}")
    return await open_session(backend, row, user_agent)


async def open_session(backend: Backend, row: StaffRow, user_agent: str) -> SignedIn:
    """A session for somebody whose identity has been proven."""
    token = new_token()
    now = backend.clock.now()
    async with backend.db.transaction() as work:
        await store.insert_staff_session(work, hash_token(token), row, user_agent, now + SESSION_LIFE)
        await record_deed(
            work, row.shop_id, "session.opened", actor_kind="staff", actor_id=row.staff_id,
            object_kind="staff", object_id=row.staff_id,
        )  # fmt: skip
    return SignedIn(token=token, staff=as_view(row, now))


async def sign_out(backend: Backend, token: str) -> None:
    await store.delete_staff_session(backend.db, hash_token(token))


async def add_staff(
    db: Executor, shop_id: UUID, *, email: str, name: str, role: str, password: str, locale: str, by: UUID | None
) -> StaffRow:
    """A new account inside the caller's unit of work; refuses a taken e-mail."""
    folded, shown = rules.check_email(email), rules.check_name(name)
    hashed = await hash_password(rules.check_password(password))
    try:
        row = await store.insert_staff(
            db, shop_id, new_id(), email=folded, name=shown, role=rules.check_role(role), password_hash=hashed,
            locale=locale,
        )  # fmt: skip
    except DuplicateKey as error:
        raise Conflict("staff.email_taken", field="email") from error
    await record_deed(
        db, shop_id, "staff.added", actor_kind="staff" if by else "system", actor_id=by, object_kind="staff",
        object_id=row.staff_id, role=role,
    )  # fmt: skip
    return row


async def create_staff(backend: Backend, staff: Staff, *, email: str, name: str, role: str, password: str) -> StaffView:
    """An administrator adds a colleague."""
    rules.check_permission(staff, rules.PEOPLE_MANAGE)
    async with backend.db.transaction() as work:
        row = await add_staff(
            work, staff.shop_id, email=email, name=name, role=role, password=password, locale=staff.locale,
            by=staff.staff_id,
        )  # fmt: skip
    return as_view(row, backend.clock.now())


async def change_staff(
    backend: Backend, staff: Staff, staff_id: UUID, *, name: str, role: str, disabled: bool, password: str | None
) -> StaffView:
    """Change a colleague; the last administrator stays one. A new role or password ends their sessions."""
    rules.check_permission(staff, rules.PEOPLE_MANAGE)
    shown, checked_role = rules.check_name(name), rules.check_role(role)
    hashed = await hash_password(rules.check_password(password)) if password else None
    async with backend.db.transaction() as work:
        before = await store.find_staff(work, staff.shop_id, staff_id)
        if before is None:
            raise NotFound("staff.not_found")
        loses_power = before.role == "administrator" and (role != "administrator" or disabled)
        if loses_power and not await store.count_other_administrators(work, staff.shop_id, staff_id):
            raise InvalidInput("staff.last_administrator", field="role")
        row = await store.update_staff(
            work, staff.shop_id, staff_id, name=shown, role=checked_role, disabled=disabled, password_hash=hashed
        )
        if row is None:
            raise NotFound("staff.not_found")
        if disabled or hashed or before.role != role:
            await store.delete_staff_sessions(work, staff.shop_id, staff_id)
        await record_deed(
            work, staff.shop_id, "staff.changed", actor_kind="staff", actor_id=staff.staff_id, object_kind="staff",
            object_id=staff_id, role=role, disabled=disabled, password_changed=hashed is not None,
        )  # fmt: skip
    if disabled or hashed or before.role != role:
        # Open desks of theirs close at once, and do not wait for their next command.
        backend.broadcast(staff.shop_id, {"type": "expelled", "subject_id": str(staff_id)})
    return as_view(row, backend.clock.now())
