"""How a shop proves who its shopper is. Pure."""

from __future__ import annotations

import hashlib
import hmac

from xiaoer.kit.errors import InvalidInput, NotSignedIn

from .types import Identity

MAX_LIFE_SECONDS = 24 * 3600


def sign_identity(secret: str, user_id: str, expires_at: int, widget_key: str) -> str:
    """Hex HMAC-SHA256 over `user_id|expires_at|widget_key`; a user id may not hold a bar."""
    message = f"{user_id}|{expires_at}|{widget_key}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def check_identity(identity: Identity, secret: str, widget_key: str, now_seconds: float) -> None:
    """Refuse an identity that is empty, forged, of another shop, expired, or valid for longer than a day."""
    if not 1 <= len(identity.user_id) <= 128 or "|" in identity.user_id:
        raise InvalidInput("identity.invalid_user", field="identity.user_id")
    expected = sign_identity(secret, identity.user_id, identity.expires_at, widget_key)
    if not hmac.compare_digest(expected.encode(), identity.signature.encode()):
        raise NotSignedIn("identity.bad_signature", field="identity.signature")
    if identity.expires_at <= now_seconds:
        raise NotSignedIn("identity.expired", field="identity.expires_at")
    if identity.expires_at > now_seconds + MAX_LIFE_SECONDS:
        raise NotSignedIn("identity.lives_too_long", field="identity.expires_at", limit=MAX_LIFE_SECONDS)


def clean_name(name: str | None) -> str:
    """A shopper's name as shown to agents: one line, at most 40 characters."""
    return "".join(c for c in (name or "") if ord(c) >= 32).strip()[:40]
