"""Conversations: reading them, lists, read marks, leases. What moves the counters is in `timeline.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from xiaoer.data.postgres.database import Executor
from xiaoer.data.postgres.listing import Field, Filter, Listing, fetch_page
from xiaoer.data.rows.conversation import ConversationRow, ListedConversationRow, OwedRow

_GET = "SELECT * FROM conversation WHERE shop_id = $1 AND conversation_id = $2"

_FIND_CURRENT = """
SELECT * FROM conversation WHERE shop_id = $1 AND customer_id = $2
ORDER BY (state = 'open') DESC, created_at DESC LIMIT 1
"""

_LISTED = """
SELECT c.*, u.name AS customer_name, u.external_id IS NOT NULL AS is_verified, s.name AS assignee_name
FROM conversation c
JOIN customer u ON u.shop_id = c.shop_id AND u.customer_id = c.customer_id
LEFT JOIN staff s ON s.shop_id = c.shop_id AND s.staff_id = c.assignee_id
WHERE c.shop_id = $1 AND c.conversation_id = ANY ($2)
"""

CONVERSATIONS = Listing(
    columns="c.conversation_id",
    source="conversation c JOIN customer u ON u.shop_id = c.shop_id AND u.customer_id = c.customer_id "
    "WHERE c.shop_id = $1",
    key=Field("c.conversation_id", "uuid"),
    fields={
        "state": Field("c.state", "text", ("eq",)),
        "handler": Field("c.handler", "text", ("eq",)),
        "assignee_id": Field("c.assignee_id", "uuid", ("eq",)),
        "name": Field("u.name", "text", ("contains",)),
        "last_text": Field("c.last_text", "text", ("contains",)),
        "last_message_at": Field("c.last_message_at", "time", is_sortable=True),
        # Only conversations in the queue have it, so only they may be sorted by it.
        "waiting_since": Field("c.waiting_since", "time", is_sortable=True),
    },
    default_sort="-last_message_at",
)

_COUNT = """
SELECT handler, assignee_id, count(*) AS n FROM conversation
WHERE shop_id = $1 AND state = 'open' GROUP BY handler, assignee_id
"""

_LIST_OF_CUSTOMER = """
SELECT conversation_id FROM conversation WHERE shop_id = $1 AND customer_id = $2
ORDER BY created_at DESC LIMIT $3
"""

_MARK_READ_BY_CUSTOMER = """
UPDATE conversation SET customer_read_seq = LEAST($4, public_seq)
WHERE shop_id = $1 AND conversation_id = $2 AND customer_id = $3 AND customer_read_seq < LEAST($4, public_seq)
RETURNING customer_read_seq, staff_read_seq
"""

_MARK_READ_BY_STAFF = """
UPDATE conversation SET staff_read_seq = GREATEST(staff_read_seq, LEAST($3, public_seq)),
    unread = (SELECT count(*) FROM event e WHERE e.shop_id = $1 AND e.conversation_id = $2
              AND e.public_seq > LEAST($3, conversation.public_seq) AND e.actor_kind = 'customer'
              AND e.kind = 'message')
WHERE shop_id = $1 AND conversation_id = $2 AND (staff_read_seq < LEAST($3, public_seq) OR unread > 0)
RETURNING customer_read_seq, staff_read_seq
"""

_QUEUE = """
SELECT conversation_id, waiting_since FROM conversation
WHERE shop_id = $1 AND handler = 'queue' AND state = 'open' ORDER BY waiting_since, conversation_id
"""

# How fast the queue has moved lately: the mean gap between take-overs in the last two hours.
_TAKE_OVER_GAP = """
SELECT count(*) AS n, extract(epoch FROM max(created_at) - min(created_at))::float8 AS span
FROM event WHERE shop_id = $1 AND kind = 'taken_over' AND created_at > now() - interval '2 hours'
"""

_COUNTERS = """
SELECT w.shop_id, w.conversation_id, c.seq
FROM unnest($1::uuid[], $2::uuid[]) AS w (shop_id, conversation_id)
JOIN conversation c ON c.shop_id = w.shop_id AND c.conversation_id = w.conversation_id
"""

# All that a turn needs, in one round trip: the row, its customer, and the messages the bot owes an answer.
_OWED = """
SELECT c.*, u.locale AS customer_locale, u.external_id,
    (SELECT jsonb_agg(e.data ORDER BY e.seq) FROM event e
     WHERE e.shop_id = c.shop_id AND e.conversation_id = c.conversation_id AND e.seq > c.answered_seq
       AND e.seq <= c.due_seq AND e.actor_kind = 'customer' AND e.kind = 'message') AS pending
FROM conversation c JOIN customer u ON u.shop_id = c.shop_id AND u.customer_id = c.customer_id
WHERE c.shop_id = $1 AND c.conversation_id = $2
"""

_BEAT = """
INSERT INTO process (process_id, role) VALUES ($1, $2)
ON CONFLICT (process_id) DO UPDATE SET beat_at = now()
"""

_BURY = "DELETE FROM process WHERE beat_at < now() - interval '1 hour'"
_LEAVE = "DELETE FROM process WHERE process_id = $1"

# Due turns that nobody works on are taken again, a few at a time: nobody living holds the lease, or this process
# does without knowing, because the answer to its own commit was lost on the way. The two seconds keep it from
# taking what another task of its own is just about to begin.
_CLAIM_DUE = """
UPDATE conversation c SET lease_epoch = c.lease_epoch + 1, lease_owner = $1
FROM (
    SELECT d.shop_id, d.conversation_id FROM conversation d
    WHERE d.due_seq > d.answered_seq AND d.handler = 'bot' AND d.state = 'open'
      AND (d.lease_owner IS NULL OR NOT EXISTS (
          SELECT 1 FROM process p WHERE p.process_id = d.lease_owner AND p.beat_at > now() - interval '3 seconds')
          OR d.lease_owner = $1 AND d.conversation_id <> ALL ($3) AND d.last_message_at < now() - interval '2 seconds')
    ORDER BY d.last_message_at LIMIT $2 FOR UPDATE SKIP LOCKED
) due
WHERE c.shop_id = due.shop_id AND c.conversation_id = due.conversation_id
RETURNING c.shop_id, c.conversation_id, c.lease_epoch
"""

_FREE_LEASE = """
UPDATE conversation SET lease_owner = NULL WHERE shop_id = $1 AND conversation_id = $2 AND lease_epoch = $3
"""

# A message whose client id the shopper has used as well keeps its author: a client id is once per sender.
_REASSIGN_CUSTOMER = """
WITH moved AS (
    UPDATE conversation SET customer_id = $3 WHERE shop_id = $1 AND customer_id = $2 RETURNING conversation_id
)
UPDATE event e SET actor_id = $3 FROM moved m
WHERE e.shop_id = $1 AND e.conversation_id = m.conversation_id AND e.actor_kind = 'customer' AND e.actor_id = $2
  AND NOT EXISTS (SELECT 1 FROM event x WHERE x.shop_id = $1 AND x.actor_id = $3 AND x.client_id = e.client_id)
"""


async def find(db: Executor, shop_id: UUID, conversation_id: UUID) -> ConversationRow | None:
    row = await db.fetchrow(_GET, shop_id, conversation_id)
    return None if row is None else ConversationRow(**row)


async def find_current(db: Executor, shop_id: UUID, customer_id: UUID) -> ConversationRow | None:
    """The customer's open conversation, else their latest."""
    row = await db.fetchrow(_FIND_CURRENT, shop_id, customer_id)
    return None if row is None else ConversationRow(**row)


async def list_by_id(db: Executor, shop_id: UUID, ids: Sequence[UUID]) -> list[ListedConversationRow]:
    """Conversations with their names, in the order of `ids`; missing ones are left out."""
    rows = await db.fetch(_LISTED, shop_id, list(ids))
    found = {row["conversation_id"]: _listed(dict(row)) for row in rows}
    return [found[one] for one in ids if one in found]


def _listed(row: dict[str, Any]) -> ListedConversationRow:
    names = {key: row.pop(key) for key in ("customer_name", "is_verified", "assignee_name")}
    return ListedConversationRow(conversation=ConversationRow(**row), **names)


async def list_ids(
    db: Executor, shop_id: UUID, where: Filter, *, sort: str | None, cursor: str | None, limit: int
) -> tuple[list[UUID], str | None]:
    """A page of ids, newest message first unless `sort` says otherwise, and the cursor of the next."""
    page = await fetch_page(db, CONVERSATIONS, [shop_id], where=where, sort=sort, cursor=cursor, limit=limit)
    return [item["conversation_id"] for item in page.items], page.next_cursor


async def count_open(db: Executor, shop_id: UUID) -> list[tuple[str, UUID | None, int]]:
    """Open conversations by handler and assignee."""
    return [(row["handler"], row["assignee_id"], row["n"]) for row in await db.fetch(_COUNT, shop_id)]


async def list_ids_of_customer(db: Executor, shop_id: UUID, customer_id: UUID, limit: int) -> list[UUID]:
    return [row["conversation_id"] for row in await db.fetch(_LIST_OF_CUSTOMER, shop_id, customer_id, limit)]


async def mark_read_by_customer(
    db: Executor, shop_id: UUID, conversation_id: UUID, customer_id: UUID, public_seq: int
) -> tuple[int, int] | None:
    """Advance the shopper's cursor; (customer, staff) cursors, or None when nothing moved."""
    row = await db.fetchrow(_MARK_READ_BY_CUSTOMER, shop_id, conversation_id, customer_id, public_seq)
    return None if row is None else (row["customer_read_seq"], row["staff_read_seq"])


async def mark_read_by_staff(
    db: Executor, shop_id: UUID, conversation_id: UUID, public_seq: int
) -> tuple[int, int] | None:
    """Advance the desk's cursor and recount what is unread; None when nothing moved."""
    row = await db.fetchrow(_MARK_READ_BY_STAFF, shop_id, conversation_id, public_seq)
    return None if row is None else (row["customer_read_seq"], row["staff_read_seq"])


async def list_queue(db: Executor, shop_id: UUID) -> list[UUID]:
    """Who waits for a person, longest first."""
    return [row["conversation_id"] for row in await db.fetch(_QUEUE, shop_id)]


async def measure_take_overs(db: Executor, shop_id: UUID) -> tuple[int, float]:
    """How many take-overs the last two hours saw, and the seconds between the first and the last of them."""
    row = await db.fetchrow(_TAKE_OVER_GAP, shop_id)
    return (0, 0.0) if row is None else (row["n"], row["span"] or 0.0)


async def read_counters(db: Executor, wanted: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], int]:
    """The `seq` that each (shop, conversation) has reached."""
    if not wanted:
        return {}
    shops, conversations = zip(*wanted, strict=True)
    rows = await db.fetch(_COUNTERS, list(shops), list(conversations))
    return {(row["shop_id"], row["conversation_id"]): row["seq"] for row in rows}


async def find_owed(db: Executor, shop_id: UUID, conversation_id: UUID) -> OwedRow | None:
    """A conversation with what the bot owes it, for a turn."""
    record = await db.fetchrow(_OWED, shop_id, conversation_id)
    if record is None:
        return None
    row = dict(record)
    names = {key: row.pop(key) for key in ("customer_locale", "external_id")}
    return OwedRow(pending=row.pop("pending") or [], conversation=ConversationRow(**row), **names)


async def beat(db: Executor, process_id: UUID, role: str) -> None:
    """Say that a process lives; its leases stand for three more seconds."""
    await db.execute(_BEAT, process_id, role)


async def leave(db: Executor, process_id: UUID) -> None:
    """A process ends cleanly: its leases are free at once, and long-dead ones are forgotten."""
    await db.execute(_LEAVE, process_id)
    await db.execute(_BURY)


async def claim_due(
    db: Executor, process_id: UUID, limit: int, under_way: Sequence[UUID]
) -> list[tuple[UUID, UUID, int]]:
    """Take leases of due turns that nobody works on: (shop, conversation, epoch); `under_way` are this process's."""
    rows = await db.fetch(_CLAIM_DUE, process_id, limit, list(under_way))
    return [(row["shop_id"], row["conversation_id"], row["lease_epoch"]) for row in rows]


async def free_lease(db: Executor, shop_id: UUID, conversation_id: UUID, lease_epoch: int) -> None:
    """Give a turn back undone, so that the next sweep takes it."""
    await db.execute(_FREE_LEASE, shop_id, conversation_id, lease_epoch)


async def reassign_customer(db: Executor, shop_id: UUID, from_customer: UUID, to_customer: UUID) -> None:
    """Give a visitor's conversations, and the authorship of its messages, to the shopper it turned out to be."""
    await db.execute(_REASSIGN_CUSTOMER, shop_id, from_customer, to_customer)
