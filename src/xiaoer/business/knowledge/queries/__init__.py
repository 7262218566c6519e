"""Reading knowledge: `entries.py` for editors, `library.py` for the index that answers shoppers."""
