"""What the shop knows: entries with similar questions and answers, their versions, imports, and the live index.

Open `actions/entries.py` for changing, `queries/library.py` for how a change reaches every process's index.
"""
