"""Files in PostgreSQL: one row of facts and its pieces. Who may read one, `business` asks at every read.

Nothing here knows attachments or pictures. Open `store.py`.
"""

from xiaoer.data.blobs.store import (
    MAX_BYTES,
    Blob,
    delete_blob,
    find_blob,
    get_blob_bytes,
    put_blob,
    read_blob,
)

__all__ = ["MAX_BYTES", "Blob", "delete_blob", "find_blob", "get_blob_bytes", "put_blob", "read_blob"]
