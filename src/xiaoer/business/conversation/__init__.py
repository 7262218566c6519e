"""Conversations: receiving, answering by people, taking over, ending, rating, reading.

A conversation is a row with two gap-free counters and a timeline of numbered events; applying the events after
a snapshot to that snapshot gives the fresh one (`rules.apply_event`). What the bot says is decided in `reply`.
Open `actions.py` for what shoppers do, `desk.py` inside `actions` for what people at the desk do.
"""
