"""Put, find, read and delete a blob. Reading fetches piece by piece and holds no connection in between."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import msgspec

from xiaoer.data.postgres.database import Executor
from xiaoer.kit.errors import NotFound, TooLarge
from xiaoer.kit.ids import new_id

CHUNK_BYTES = 256 * 1024
MAX_BYTES = 20 * 1024 * 1024

_PUT = """
WITH stored AS (
    INSERT INTO blob (shop_id, blob_id, sha256, bytes, mime) VALUES ($1, $2, $3, $4, $5) RETURNING *
), pieces AS (
    INSERT INTO blob_chunk (shop_id, blob_id, n, data)
    SELECT $1, $2, piece.n - 1, piece.data FROM unnest($6::bytea[]) WITH ORDINALITY AS piece (data, n)
)
SELECT * FROM stored
"""
_FIND = "SELECT * FROM blob WHERE shop_id = $1 AND blob_id = $2"
_READ_CHUNK = "SELECT data FROM blob_chunk WHERE shop_id = $1 AND blob_id = $2 AND n = $3"
_DELETE = "DELETE FROM blob WHERE shop_id = $1 AND blob_id = $2"


class Blob(msgspec.Struct, frozen=True):
    """The facts about a stored file."""

    shop_id: UUID
    blob_id: UUID
    sha256: bytes
    bytes: int
    mime: str
    created_at: datetime


async def put_blob(db: Executor, shop_id: UUID, data: bytes, mime: str) -> Blob:
    """Store a file of up to 20 MB in one statement; raises TooLarge beyond that."""
    if len(data) > MAX_BYTES:
        raise TooLarge("blob.too_large", bytes=len(data), limit=MAX_BYTES)
    pieces = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    digest = hashlib.sha256(data).digest()
    row = await db.fetchrow(_PUT, shop_id, new_id(), digest, len(data), mime, pieces)
    if row is None:
        raise LookupError("the stored blob did not come back")
    return Blob(**row)


async def find_blob(db: Executor, shop_id: UUID, blob_id: UUID) -> Blob | None:
    """The facts, or None when this shop has no such blob."""
    row = await db.fetchrow(_FIND, shop_id, blob_id)
    return None if row is None else Blob(**row)


async def read_blob(db: Executor, shop_id: UUID, blob_id: UUID) -> AsyncIterator[bytes]:
    """Its pieces in order; raises NotFound at the first when there is none, or when deleted meanwhile."""
    blob = await find_blob(db, shop_id, blob_id)
    if blob is None:
        raise NotFound("blob.not_found", blob_id=blob_id)
    for n in range(-(-blob.bytes // CHUNK_BYTES)):
        data = await db.fetchval(_READ_CHUNK, shop_id, blob_id, n)
        if data is None:
            raise NotFound("blob.not_found", blob_id=blob_id)
        yield data


async def get_blob_bytes(db: Executor, shop_id: UUID, blob_id: UUID) -> bytes:
    """The whole file; for what has to be parsed at once."""
    return b"".join([piece async for piece in read_blob(db, shop_id, blob_id)])


async def delete_blob(db: Executor, shop_id: UUID, blob_id: UUID) -> bool:
    """Whether there was one to delete."""
    return await db.execute(_DELETE, shop_id, blob_id) == 1
