"""The bot's turn: what is owed, what it means, what is said, written under the lease.

`actions/turn.py` takes a turn, `actions/compose.py` makes messages of commands, `rules.py` fills phrases and
decides when a person is needed, `queries/` is what a widget shows before anybody speaks.
"""
