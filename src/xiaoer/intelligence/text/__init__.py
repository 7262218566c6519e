"""Text made comparable: `normalise`, `guess_language` and the one feature function of all models, `ngrams`.

No model and no lexicon of meanings lives here. Open `ngrams.py` first.
"""
