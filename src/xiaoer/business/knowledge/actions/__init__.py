"""Changing knowledge: `entries.py` one at a time, `imports.py` from a file, `pack.py` from a starting pack."""
