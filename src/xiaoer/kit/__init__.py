"""Tools without a business word in them: errors, ids, clock, configuration, logging, crypto, masking.

Nothing here knows what a shop, a conversation or an order is. Open `errors.py` first.
"""
