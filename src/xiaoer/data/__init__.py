"""The data layer: PostgreSQL and everything that is kept in it.

`postgres/` runs and reaches the server, `migrations/` is the schema, `rows/` the structs, `stores/` all SQL
by noun, `jobs/` the queue, `blobs/` the files. No permission and no business rule lives here; nothing above
this layer imports the driver. Open `postgres/database.py` first.
"""
