"""From a text to typed commands: what the shopper wants done next, decided by one readable table.

Commands propose; nothing here performs, answers or remembers. Flows and their state come later.
Open `types.py`, then the table in `rules.py`, then `understand.py`.
"""
