"""Filling the demo shop: `seeding.py` writes it, `seed.py` makes its rows, `journey.py` its parcels' traces."""
