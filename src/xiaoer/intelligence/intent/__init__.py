"""Which of the pack's fine intents a text is, with a calibrated probability, or that it is none.

`model.py` serves (numpy only), `train.py` fits (scikit-learn inside functions), `artefact.py` is the
file between them. Open `types.py` first.
"""
