"""Text in, findings out: language, entities, intents, retrieval and the commands a turn follows from.

No database, no web, no clock; numpy lives here and nowhere else, scikit-learn only inside training
functions. Nothing here answers a shopper or touches an order: `dialogue` emits typed commands, the
business layer performs them. Open `dialogue/understand.py` first, then `packs/runtime.py` for the models.
Imports inside go one way: text < entities | intent < retrieval < packs < dialogue.
"""
