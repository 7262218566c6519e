"""What every action is handed: the database, the sealer, the clock, this process's identity, and who to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from xiaoer.data.postgres.database import Database
from xiaoer.kit.clock import Clock
from xiaoer.kit.crypto import Sealer

# A conversation's timeline moved: (shop, conversation). Told after the commit, never inside it; it may get lost,
# because listeners also compare counters.
Announce = Callable[[UUID, UUID], None]
# Something unnumbered for the screens of a shop: (shop, frame). Typing, read marks, queue places.
Broadcast = Callable[[UUID, dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class Backend:
    """The hands of one process."""

    db: Database
    sealer: Sealer
    clock: Clock
    process_id: UUID
    announce: Announce
    broadcast: Broadcast
