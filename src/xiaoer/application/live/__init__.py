"""Sockets: who is connected, what they have seen, and pushing what is new. Nothing is decided here.

`hub.py` pushes, `connection.py` is one socket's bounded way out, `visitor.py` and `desk.py` speak the two
protocols of `docs/reference/wire.md`. Actions and queries are handed in by `wiring` (`doors.py`): this package
imports none of them.
"""
