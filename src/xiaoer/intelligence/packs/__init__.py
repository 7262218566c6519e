"""A pack's content: reading it, checking it, training its models, and loading the result to serve.

What a pack is: docs/reference/pack-format.md. Nothing here writes to a pack. Open `load.py` first,
`runtime.py` for what a server needs.
"""
