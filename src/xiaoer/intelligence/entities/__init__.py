"""What a message names: order and tracking numbers, and personal data that must be sealed on receipt.

Rules and check digits only, no model; street addresses and people's names are not found yet.
Open `find.py` first.
"""
