"""HTTP: one module per noun, each handler a door to one action or query. No decision is taken here.

`services.py` is what handlers are given, `principals.py` finds out who asks, `errors.py` answers in one shape,
`app.py` puts it together. Sockets are in `live`.
"""
