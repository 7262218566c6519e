"""Goods, and the shapes in which everybody shows goods and orders. Below every context that shows them.

Open `types.py` for the shapes, `queries.py` for reading the catalogue, `rules.py` for how a row becomes
a shape.
"""
