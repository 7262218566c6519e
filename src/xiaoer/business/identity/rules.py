"""Roles and what they may do; what a password and an e-mail must look like. Pure."""

from __future__ import annotations

import re

from xiaoer.kit.errors import InvalidInput, NotAllowed

from .types import Staff

CONVERSATION_READ = "conversation.read"
CONVERSATION_SERVE = "conversation.serve"
CUSTOMER_READ = "customer.read"
CUSTOMER_REVEAL = "customer.reveal"
KNOWLEDGE_READ = "knowledge.read"
KNOWLEDGE_EDIT = "knowledge.edit"
SHOP_MANAGE = "shop.manage"
PEOPLE_MANAGE = "people.manage"

_SERVICE = {CONVERSATION_READ, CONVERSATION_SERVE, CUSTOMER_READ, CUSTOMER_REVEAL, KNOWLEDGE_READ}

PERMISSIONS: dict[str, frozenset[str]] = {
    "agent": frozenset(_SERVICE),
    "editor": frozenset({KNOWLEDGE_READ, KNOWLEDGE_EDIT}),
    "supervisor": frozenset(_SERVICE | {KNOWLEDGE_EDIT}),
    "administrator": frozenset(_SERVICE | {KNOWLEDGE_EDIT, SHOP_MANAGE, PEOPLE_MANAGE}),
}

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
_MIN_PASSWORD = 10
_MAX_PASSWORD = 128
# Ten characters keep most of the usual list away; these are the ones that remain.
_COMMON = frozenset(
    ["1234567890", "0123456789", "qwertyuiop", "1q2w3e4r5t", "password123", "password12", "1234512345",
     "woaini1314", "5201314520", "a123456789", "q123456789", "1111111111", "0000000000", "abcd123456", "aa12345678",
     "iloveyou12", "administrator", "xiaoer12345"]
)  # fmt: skip


def check_permission(staff: Staff, permission: str) -> None:
    """Refuse who lacks a permission."""
    if permission not in staff.permissions:
        raise NotAllowed("permission.missing", permission=permission)


def check_role(role: str) -> str:
    if role not in PERMISSIONS:
        raise InvalidInput("staff.unknown_role", field="role", value=role)
    return role


def check_email(email: str) -> str:
    """The address in the one form it is stored and compared in."""
    folded = email.strip().lower()
    if not _EMAIL.fullmatch(folded):
        raise InvalidInput("staff.invalid_email", field="email")
    return folded


def check_password(password: str) -> str:
    """Length over composition (ASVS 6.2): 10 to 128 characters and not among the commonest."""
    if not _MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        raise InvalidInput("staff.password_length", field="password", minimum=_MIN_PASSWORD, maximum=_MAX_PASSWORD)
    if password.lower() in _COMMON:
        raise InvalidInput("staff.password_common", field="password")
    return password


def check_name(name: str) -> str:
    """A name to show: 1 to 40 characters, no control characters."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > 40 or any(ord(c) < 32 for c in trimmed):
        raise InvalidInput("name.invalid", field="name", limit=40)
    return trimmed
