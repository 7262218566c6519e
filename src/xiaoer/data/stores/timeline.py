"""The hot path: a shopper's message comes in, an answer goes out; each is one statement and one commit.

Both statements advance the conversation's two counters in the UPDATE that also locks the row, and insert the
events with the numbers it returns: that is what keeps `seq` and `public_seq` free of gaps.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from xiaoer.data.postgres.database import DuplicateKey, Executor
from xiaoer.data.rows.conversation import Changes, ConversationRow, EventRow, Guard, NewEvent, ReceivedRow
from xiaoer.kit.errors import NotSignedIn

# A lease is free when nobody holds it, or its holder has not beaten for three seconds (or is of an earlier boot,
# which beats under another id).
_RECEIVE = """
WITH prior AS (
    SELECT conversation_id, seq, public_seq, body_hash FROM event
    WHERE shop_id = $1 AND actor_id = $2 AND client_id = $3
), held AS (
    SELECT c.conversation_id, c.handler = 'bot' AND (c.lease_owner IS NULL OR NOT EXISTS (
        SELECT 1 FROM process p WHERE p.process_id = c.lease_owner AND p.beat_at > now() - interval '3 seconds'
    )) AS is_granted
    FROM conversation c
    WHERE c.shop_id = $1 AND c.customer_id = $2 AND c.state = 'open' AND NOT EXISTS (SELECT 1 FROM prior)
    FOR UPDATE OF c
), moved AS (
    UPDATE conversation c SET
        seq = c.seq + 1, public_seq = c.public_seq + 1,
        due_seq = CASE WHEN c.handler = 'bot' THEN c.seq + 1 ELSE c.due_seq END,
        lease_epoch = c.lease_epoch + held.is_granted::int,
        lease_owner = CASE WHEN held.is_granted THEN $4 ELSE c.lease_owner END,
        unread = c.unread + 1, last_text = $5, last_actor = 'customer', last_message_at = now(),
        context = COALESCE($6, c.context)
    FROM held WHERE c.shop_id = $1 AND c.conversation_id = held.conversation_id
    RETURNING c.conversation_id, c.seq, c.public_seq, held.is_granted, c.lease_epoch
), stored AS (
    INSERT INTO event (shop_id, conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name,
                       client_id, body_hash, data)
    SELECT $1, conversation_id, seq, public_seq, 'message', 'customer', $2, $7, $3, $8, $9 FROM moved
), sealed AS (
    INSERT INTO sealed_span (shop_id, conversation_id, seq, ordinal, sealed)
    SELECT $1, m.conversation_id, m.seq, s.ordinal, s.sealed
    FROM moved m, unnest($10::bytea[]) WITH ORDINALITY AS s (sealed, ordinal)
)
SELECT conversation_id, seq, public_seq, false AS is_repeat, $8::bytea AS body_hash, is_granted, lease_epoch FROM moved
UNION ALL
SELECT conversation_id, seq, public_seq, true, body_hash, false, 0 FROM prior
"""

_OPEN = """
WITH opened AS (
    INSERT INTO conversation (shop_id, conversation_id, customer_id, channel, locale, seq, public_seq, due_seq,
                              lease_epoch, lease_owner, unread, last_text, last_actor, context)
    SELECT $1, $11, u.customer_id, $12, $13, 2, 2, 2, 1, $4, 1, $5, 'customer', COALESCE($6::jsonb, '{}')
    FROM customer u WHERE u.shop_id = $1 AND u.customer_id = $2 AND u.merged_into IS NULL
    ON CONFLICT (shop_id, customer_id) WHERE state = 'open' DO NOTHING
    RETURNING conversation_id
), first AS (
    INSERT INTO event (shop_id, conversation_id, seq, public_seq, kind, actor_kind, actor_name, data)
    SELECT $1, conversation_id, 1, 1, 'opened', 'system', '',
           jsonb_build_object('locale', $13::text, 'channel', $12::text)
    FROM opened
), stored AS (
    INSERT INTO event (shop_id, conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name,
                       client_id, body_hash, data)
    SELECT $1, conversation_id, 2, 2, 'message', 'customer', $2, $7, $3, $8, $9 FROM opened
), sealed AS (
    INSERT INTO sealed_span (shop_id, conversation_id, seq, ordinal, sealed)
    SELECT $1, o.conversation_id, 2, s.ordinal, s.sealed
    FROM opened o, unnest($10::bytea[]) WITH ORDINALITY AS s (sealed, ordinal)
)
SELECT conversation_id, 2::bigint AS seq, 2::bigint AS public_seq, false AS is_repeat, $8::bytea AS body_hash,
       true AS is_granted, 1::bigint AS lease_epoch
FROM opened
"""

_APPEND = """
WITH moved AS (
    UPDATE conversation c SET
        seq = c.seq + $3, public_seq = c.public_seq + $4,
        handler = COALESCE($10, c.handler), state = COALESCE($11, c.state),
        assignee_id = CASE WHEN $10 = 'staff' THEN $12 WHEN $10 IS NOT NULL THEN NULL ELSE c.assignee_id END,
        waiting_since = CASE WHEN $10 = 'queue' THEN now() WHEN $10 IS NOT NULL OR $11 = 'ended' THEN NULL
                             ELSE c.waiting_since END,
        answered_seq = GREATEST(c.answered_seq, COALESCE($13, 0)),
        due_seq = CASE WHEN COALESCE($10, c.handler) <> 'bot' OR $11 = 'ended'
                       THEN GREATEST(c.answered_seq, COALESCE($13, 0)) ELSE c.due_seq END,
        dialogue = COALESCE($14, c.dialogue), summary = COALESCE($15, c.summary), rating = COALESCE($16, c.rating),
        last_text = COALESCE($17, c.last_text), last_actor = COALESCE($18, c.last_actor),
        last_message_at = CASE WHEN $17::text IS NULL THEN c.last_message_at ELSE now() END,
        lease_epoch = c.lease_epoch + ($10 IS NOT NULL OR COALESCE($11, '') = 'ended')::int,
        lease_owner = CASE WHEN $10 IS NOT NULL OR $11 = 'ended' OR c.due_seq <= $13 THEN NULL
                           ELSE c.lease_owner END,
        unread = CASE WHEN $19 THEN 0 ELSE c.unread END,
        staff_read_seq = CASE WHEN $19 THEN c.public_seq + $4 ELSE c.staff_read_seq END,
        ended_at = CASE WHEN $11 = 'ended' THEN now() ELSE c.ended_at END
    WHERE c.shop_id = $1 AND c.conversation_id = $2
      AND ($5::text IS NULL OR c.state = $5)
      AND ($6::text[] IS NULL OR c.handler = ANY ($6))
      AND ($7::uuid IS NULL OR c.assignee_id = $7)
      AND ($8::bigint IS NULL OR c.lease_epoch = $8)
      AND ($9::bigint IS NULL OR c.due_seq <= $9)
    RETURNING c.*
), given AS (
    SELECT * FROM jsonb_to_recordset($20) AS i (ordinal int, public_ordinal int, kind text, actor_kind text,
        actor_id uuid, actor_name text, client_id text, body_hash text, data jsonb, sealed jsonb)
), stored AS (
    INSERT INTO event (shop_id, conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name,
                       client_id, body_hash, data)
    SELECT m.shop_id, m.conversation_id, m.seq - $3 + i.ordinal, m.public_seq - $4 + i.public_ordinal, i.kind,
           i.actor_kind, i.actor_id, i.actor_name, i.client_id, decode(i.body_hash, 'base64'), i.data
    FROM moved m, given i
), sealed AS (
    INSERT INTO sealed_span (shop_id, conversation_id, seq, ordinal, sealed)
    SELECT m.shop_id, m.conversation_id, m.seq - $3 + i.ordinal, s.ordinal, decode(s.sealed, 'base64')
    FROM moved m, given i, jsonb_array_elements_text(i.sealed) WITH ORDINALITY AS s (sealed, ordinal)
)
SELECT * FROM moved
"""

_FIND_BY_CLIENT_ID = """
SELECT conversation_id, seq, COALESCE(public_seq, 0) AS public_seq, true AS is_repeat, body_hash,
       false AS is_granted, 0::bigint AS lease_epoch
FROM event WHERE shop_id = $1 AND actor_id = $2 AND client_id = $3
"""

_LIST_SINCE = """
SELECT conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name, client_id, data, created_at
FROM event
WHERE shop_id = $1 AND conversation_id = $2 AND seq > $3 AND (NOT $4 OR public_seq IS NOT NULL)
ORDER BY seq LIMIT $5
"""

_LIST_PUBLIC_SINCE = """
SELECT conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name, client_id, data, created_at
FROM event
WHERE shop_id = $1 AND conversation_id = $2 AND public_seq > $3 ORDER BY public_seq LIMIT $4
"""

_LIST_BEFORE = """
SELECT conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name, client_id, data, created_at
FROM event
WHERE shop_id = $1 AND conversation_id = $2 AND seq < $3 AND (NOT $4 OR public_seq IS NOT NULL)
ORDER BY seq DESC LIMIT $5
"""

_LIST_HISTORY = """
SELECT conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name, client_id, data, created_at
FROM event e
WHERE e.shop_id = $1 AND e.public_seq IS NOT NULL
  AND e.conversation_id IN (SELECT conversation_id FROM conversation WHERE shop_id = $1 AND customer_id = $2)
  AND (e.conversation_id, e.public_seq) < ($3, $4)
ORDER BY e.conversation_id DESC, e.public_seq DESC LIMIT $5
"""

_LIST_MANY_SINCE = """
SELECT e.conversation_id, e.seq, e.public_seq, e.kind, e.actor_kind, e.actor_id, e.actor_name, e.client_id, e.data,
       e.created_at
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS w (shop_id, conversation_id, seq)
JOIN event e ON e.shop_id = w.shop_id AND e.conversation_id = w.conversation_id AND e.seq > w.seq
ORDER BY e.conversation_id, e.seq
"""

_GET_PUBLIC_EVENT = """
SELECT conversation_id, seq, public_seq, kind, actor_kind, actor_id, actor_name, client_id, data, created_at
FROM event WHERE shop_id = $1 AND conversation_id = $2 AND public_seq = $3
"""

_GET_SEALED = """
SELECT sealed FROM sealed_span WHERE shop_id = $1 AND conversation_id = $2 AND seq = $3 ORDER BY ordinal
"""


class Incoming:
    """A shopper's message on its way in: who sent it, under what client id, and what is stored."""

    __slots__ = (
        "actor_name",
        "body_hash",
        "client_id",
        "context",
        "customer_id",
        "data",
        "preview",
        "sealed",
        "shop_id",
    )

    def __init__(
        self,
        *,
        shop_id: UUID,
        customer_id: UUID,
        actor_name: str,
        client_id: str,
        body_hash: bytes,
        data: dict[str, Any],
        preview: str,
        context: dict[str, Any] | None,
        sealed: Sequence[bytes],
    ) -> None:
        self.shop_id = shop_id
        self.customer_id = customer_id
        self.actor_name = actor_name
        self.client_id = client_id
        self.body_hash = body_hash
        self.data = data
        self.preview = preview
        self.context = context
        self.sealed = sealed

    def arguments(self, process_id: UUID) -> tuple[Any, ...]:
        """The first ten parameters that receive and open share."""
        return (
            self.shop_id, self.customer_id, self.client_id, process_id, self.preview, self.context,
            self.actor_name, self.body_hash, self.data, list(self.sealed),
        )  # fmt: skip


async def receive(
    db: Executor, incoming: Incoming, *, process_id: UUID, new_conversation_id: UUID, channel: str, locale: str
) -> ReceivedRow:
    """Store a shopper's message once, make a turn due and take its lease if it is free; open a conversation if none is.

    Two senders of one client id, or two tabs that both open, race on unique indexes: the loser reads the winner's row.
    Raises NotSignedIn for a visitor who has become another customer.
    """
    shared = incoming.arguments(process_id)
    for _ in range(4):
        try:
            row = await db.fetchrow(_RECEIVE, *shared)
            if row is None:
                row = await db.fetchrow(_OPEN, *shared, new_conversation_id, channel, locale)
        except DuplicateKey:
            continue
        if row is not None:
            return ReceivedRow(**row)
    # A visitor who signed in elsewhere meanwhile is another customer now: this one opens no conversation any more.
    raise NotSignedIn("visitor.unknown_token")


async def append(
    db: Executor, shop_id: UUID, conversation_id: UUID, events: Sequence[NewEvent], changes: Changes, guard: Guard
) -> ConversationRow | None:
    """Add numbered events and change the conversation in one statement; None when the guard did not hold.

    A change of handler, or the end, bumps the lease's epoch, so that a turn under way elsewhere can write nothing.
    Raises DuplicateKey when a client id was used before.
    """
    items, public = _numbered(events)
    row = await db.fetchrow(
        _APPEND, shop_id, conversation_id, len(events), public,
        guard.state, list(guard.handlers) if guard.handlers else None, guard.assignee_id, guard.lease_epoch,
        guard.due_at_most, changes.handler, changes.state, changes.assignee_id, changes.answered_seq,
        changes.dialogue, changes.summary, changes.rating, changes.last_text, changes.last_actor,
        changes.is_read_by_staff, items,
    )  # fmt: skip
    return None if row is None else ConversationRow(**row)


def _numbered(events: Sequence[NewEvent]) -> tuple[list[dict[str, Any]], int]:
    """Give each event its place among the new ones, and each public one its place among the public ones."""
    items: list[dict[str, Any]] = []
    public = 0
    for ordinal, event in enumerate(events, start=1):
        public += event.is_public
        items.append(
            {
                "ordinal": ordinal,
                "public_ordinal": public if event.is_public else None,
                "kind": event.kind,
                "actor_kind": event.actor_kind,
                "actor_id": str(event.actor_id) if event.actor_id else None,
                "actor_name": event.actor_name,
                "client_id": event.client_id,
                "body_hash": base64.b64encode(event.body_hash).decode() if event.body_hash else None,
                "data": event.data,
                "sealed": [base64.b64encode(span).decode() for span in event.sealed],
            }
        )
    return items, public


async def find_by_client_id(db: Executor, shop_id: UUID, actor_id: UUID, client_id: str) -> ReceivedRow | None:
    """What an actor stored under a client id of theirs."""
    row = await db.fetchrow(_FIND_BY_CLIENT_ID, shop_id, actor_id, client_id)
    return None if row is None else ReceivedRow(**row)


async def list_since(
    db: Executor, shop_id: UUID, conversation_id: UUID, seq: int, *, public_only: bool = False, limit: int = 500
) -> list[EventRow]:
    """Events after `seq` (staff's counter), oldest first."""
    rows = await db.fetch(_LIST_SINCE, shop_id, conversation_id, seq, public_only, limit)
    return [EventRow(**row) for row in rows]


async def list_public_since(
    db: Executor, shop_id: UUID, conversation_id: UUID, public_seq: int, *, limit: int = 500
) -> list[EventRow]:
    """Events the shopper may see after `public_seq`, oldest first."""
    rows = await db.fetch(_LIST_PUBLIC_SINCE, shop_id, conversation_id, public_seq, limit)
    return [EventRow(**row) for row in rows]


async def list_before(
    db: Executor, shop_id: UUID, conversation_id: UUID, seq: int, *, public_only: bool = False, limit: int = 50
) -> list[EventRow]:
    """The last events before `seq`, oldest first."""
    rows = await db.fetch(_LIST_BEFORE, shop_id, conversation_id, seq, public_only, limit)
    return [EventRow(**row) for row in reversed(rows)]


async def list_history(
    db: Executor, shop_id: UUID, customer_id: UUID, before: tuple[UUID, int], *, limit: int = 50
) -> list[EventRow]:
    """A customer's older public events over all their conversations (UUIDv7 ids sort by time), oldest first."""
    rows = await db.fetch(_LIST_HISTORY, shop_id, customer_id, before[0], before[1], limit)
    return [EventRow(**row) for row in reversed(rows)]


async def list_many_since(db: Executor, wanted: Sequence[tuple[UUID, UUID, int]]) -> list[EventRow]:
    """Events of several (shop, conversation, after seq) at once: one round trip for a whole fan-out."""
    shops, conversations, seqs = zip(*wanted, strict=True)
    rows = await db.fetch(_LIST_MANY_SINCE, list(shops), list(conversations), list(seqs))
    return [EventRow(**row) for row in rows]


async def find_public_event(db: Executor, shop_id: UUID, conversation_id: UUID, public_seq: int) -> EventRow | None:
    """One event by the shopper's number."""
    row = await db.fetchrow(_GET_PUBLIC_EVENT, shop_id, conversation_id, public_seq)
    return None if row is None else EventRow(**row)


async def get_sealed(db: Executor, shop_id: UUID, conversation_id: UUID, seq: int) -> list[bytes]:
    """The sealed personal spans of one message, in order."""
    return [row["sealed"] for row in await db.fetch(_GET_SEALED, shop_id, conversation_id, seq)]
