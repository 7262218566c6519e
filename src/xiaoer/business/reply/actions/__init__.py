"""The bot at work: `turn.py` takes and commits a turn, `compose.py` turns one message into a reply,
`orders.py` answers about orders and parcels."""
