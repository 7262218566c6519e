"""Identifiers: UUIDv7 for rows (they sort by time), random tokens for whatever grants access."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_token() -> str:
    """192 random bits, URL-safe: for sessions and links. Store only its `hash_token`."""
    return secrets.token_urlsafe(24)


def hash_token(token: str) -> bytes:
    """SHA-256 of a token; enough because the token itself is random."""
    return hashlib.sha256(token.encode()).digest()
