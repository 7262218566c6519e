"""Which knowledge entry answers a text, how sure that is, and why.

Exact lexical search over all phrasings (`index.py`, immutable snapshots with an overlay for edits) and
a logistic gate that turns a hit into answer, clarify or unknown (`gate.py`). No entry's answer text lives
here and nothing is stored. Open `types.py` first, then `search.py`.
"""
