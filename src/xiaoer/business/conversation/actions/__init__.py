"""Writing into conversations: `shopper.py` for what shoppers do, `desk.py` for staff, `contents.py` for both."""
