"""PostgreSQL itself: the embedded server, pool and units of work, notifications, migrations, list queries.

No table of ours is named here, except the one that records migrations. Open `database.py` for what stores
use, `supervisor.py` for how the embedded server is run, `listing.py` for filters from the outside.
"""
