"""What proves a shopper, and what an account of staff must look like."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from xiaoer.business.customer import rules as customer
from xiaoer.business.customer.types import Identity
from xiaoer.business.identity import rules as identity
from xiaoer.business.identity.types import Staff
from xiaoer.kit.errors import InvalidInput, NotAllowed, NotSignedIn
from xiaoer.kit.ids import new_id

SECRET, KEY, NOW = "s3cret", "widget", 1_800_000_000


def signed(user_id: str = "u1", expires_at: int = NOW + 60, *, secret: str = SECRET, key: str = KEY) -> Identity:
    return Identity(user_id, "名", expires_at, customer.sign_identity(secret, user_id, expires_at, key))


def test_the_signature_is_the_documented_one() -> None:
    """As `docs/reference/wire.md` and every shop's server compute it."""
    found = customer.sign_identity("secret", "42", 1_800_000_000, "key")
    assert found == hmac.digest(b"secret", b"42|1800000000|key", hashlib.sha256).hex()


@pytest.mark.parametrize("expires_at", [NOW + 1, NOW + 24 * 3600])
def test_a_right_identity_passes(expires_at: int) -> None:
    customer.check_identity(signed(expires_at=expires_at), SECRET, KEY, NOW)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (signed(expires_at=NOW), "identity.expired"),
        (signed(expires_at=NOW + 24 * 3600 + 1), "identity.lives_too_long"),
        (signed(secret="other"), "identity.bad_signature"),
        (signed(key="other"), "identity.bad_signature"),
        (Identity("u2", "", NOW + 60, signed().signature), "identity.bad_signature"),
        (Identity("u1", "", NOW + 60, ""), "identity.bad_signature"),
        (Identity("u1", "", NOW + 60, "é"), "identity.bad_signature"),
        (signed(user_id=""), "identity.invalid_user"),
        (signed(user_id="a|b"), "identity.invalid_user"),
        (signed(user_id="u" * 129), "identity.invalid_user"),
    ],
)
def test_a_wrong_identity_is_refused(one: Identity, code: str) -> None:
    with pytest.raises((NotSignedIn, InvalidInput)) as refused:
        customer.check_identity(one, SECRET, KEY, NOW)
    assert refused.value.code == code


def test_a_bar_cannot_move_between_the_fields() -> None:
    """`a|1` with expiry 2 and `a` with expiry `1|2` would sign alike, were bars allowed."""
    assert customer.sign_identity(SECRET, "a|1", 2, KEY) == customer.sign_identity(SECRET, "a", "1|2", KEY)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        customer.check_identity(signed(user_id="a|1"), SECRET, KEY, NOW)


@pytest.mark.parametrize(
    ("given", "kept"),
    [(None, ""), ("", ""), ("  小明 ", "小明"), ("a\nb\x00c", "abc"), ("长" * 60, "长" * 40)],
)
def test_a_name_is_one_short_line(given: str | None, kept: str) -> None:
    assert customer.clean_name(given) == kept


# --- staff --------------------------------------------------------------------------------------------------


def staff(role: str) -> Staff:
    return Staff(new_id(), new_id(), "名", "a@b.example", role, identity.PERMISSIONS[role], "zh-CN")


ALLOWED = {
    #                      administrator supervisor agent editor
    identity.CONVERSATION_READ: (True, True, True, False),
    identity.CONVERSATION_SERVE: (True, True, True, False),
    identity.CUSTOMER_READ: (True, True, True, False),
    identity.CUSTOMER_REVEAL: (True, True, True, False),
    identity.KNOWLEDGE_READ: (True, True, True, True),
    identity.KNOWLEDGE_EDIT: (True, True, False, True),
    identity.SHOP_MANAGE: (True, False, False, False),
    identity.PEOPLE_MANAGE: (True, False, False, False),
}


def test_roles_may_what_the_table_says() -> None:
    for permission, row in ALLOWED.items():
        for role, is_allowed in zip(("administrator", "supervisor", "agent", "editor"), row, strict=True):
            if is_allowed:
                identity.check_permission(staff(role), permission)
            else:
                with pytest.raises(NotAllowed):
                    identity.check_permission(staff(role), permission)
    assert set().union(*identity.PERMISSIONS.values()) == set(ALLOWED), "a permission without a row"


@pytest.mark.parametrize("password", ["", "short", "a" * 9, "a" * 129, "1234567890", "PassWord123", "AbCd123456"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        identity.check_password(password)
    assert refused.value.params["field"] == "password"


@pytest.mark.parametrize("password", ["a" * 10 + "b", "正确的马电池订书钉呀呀", " leading blanks ", "x" * 127 + "y"])
def test_a_long_password_needs_no_composition(password: str) -> None:
    assert identity.check_password(password) == password


@pytest.mark.parametrize(
    "email", ["", "a", "@b", "a@", "a b@c.example", "a@b\n.example", "a@@b", "x" * 65 + "@b.example"]
)
def test_a_wrong_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput):
        identity.check_email(email)


def test_an_address_is_folded() -> None:
    assert identity.check_email("  Boss@Shop.Example ") == "boss@shop.example"


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\nb", "a\x00b"])
def test_a_wrong_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        identity.check_name(name)


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(InvalidInput):
        identity.check_role("owner")
    assert identity.check_role("agent") == "agent"
