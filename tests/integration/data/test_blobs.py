"""Blobs."""

from __future__ import annotations

import os
from uuid import UUID, uuid4

import pytest

from xiaoer.data.blobs import MAX_BYTES, delete_blob, find_blob, get_blob_bytes, put_blob, read_blob
from xiaoer.data.postgres.database import Executor, Work
from xiaoer.kit.errors import NotFound, TooLarge


async def _make_shop(db: Executor) -> UUID:
    shop_id = uuid4()
    sql = "INSERT INTO shop (shop_id, slug, name, widget_key, identity_secret) VALUES ($1, $2, '', $2, '')"
    await db.execute(sql, shop_id, str(shop_id))
    return shop_id


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 3 * 1024 * 1024 + 7])
async def test_a_blob_comes_back_as_it_went_in(work: Work, size: int) -> None:
    shop_id, data = await _make_shop(work), os.urandom(size)
    blob = await put_blob(work, shop_id, data, "image/png")
    pieces = [piece async for piece in read_blob(work, shop_id, blob.blob_id)]
    assert b"".join(pieces) == data
    assert all(len(piece) <= 256 * 1024 for piece in pieces)
    assert (blob.bytes, blob.mime) == (size, "image/png")
    assert await find_blob(work, shop_id, blob.blob_id) == blob


async def test_another_shop_sees_and_deletes_nothing(work: Work) -> None:
    mine, other = await _make_shop(work), await _make_shop(work)
    blob = await put_blob(work, mine, b"x", "text/plain")
    assert await find_blob(work, other, blob.blob_id) is None
    assert await delete_blob(work, other, blob.blob_id) is False
    with pytest.raises(NotFound):
        await get_blob_bytes(work, other, blob.blob_id)
    assert await get_blob_bytes(work, mine, blob.blob_id) == b"x"


async def test_deleting_takes_the_pieces_along(work: Work) -> None:
    shop_id = await _make_shop(work)
    blob = await put_blob(work, shop_id, b"x" * 600_000, "text/plain")
    assert await work.fetchval("SELECT count(*) FROM blob_chunk WHERE shop_id = $1", shop_id) == 3
    assert await delete_blob(work, shop_id, blob.blob_id) is True
    assert await delete_blob(work, shop_id, blob.blob_id) is False
    assert await work.fetchval("SELECT count(*) FROM blob_chunk WHERE shop_id = $1", shop_id) == 0


async def test_the_limit_is_twenty_megabytes(work: Work) -> None:
    shop_id = await _make_shop(work)
    assert (await put_blob(work, shop_id, bytes(MAX_BYTES), "x/y")).bytes == MAX_BYTES
    with pytest.raises(TooLarge):
        await put_blob(work, shop_id, bytes(MAX_BYTES + 1), "x/y")
