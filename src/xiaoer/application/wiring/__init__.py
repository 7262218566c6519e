"""The one place that picks implementations and binds them together: what a web and a worker process are made of.

`serving.py` runs a web process, `web.py` is its parts and loops, `doors.py` what its sockets may do, `working.py`
what a worker does. Nothing is imported here, so that a worker carries no web framework and no models.
"""
