"""Xiaoer (小二): customer service that an online shop runs itself.

Four layers and a kit; imports point down only: application > business > data | intelligence > kit.
Start with `application/roles.py` to see what runs, and `docs/explain/life-of-a-message.md` for why.
"""

__version__ = "0.1.0"
