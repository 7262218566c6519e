"""What a sign-in needs from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

# Called inside the sign-in's transaction: (work, shop, visitor, shopper, name). Brings the visitor's history along.
# The unit of work is opaque here: ports know no database.
HistoryJoiner = Callable[[Any, UUID, UUID, UUID, str], Awaitable[None]]
