"""All SQL outside the listing compiler, one module per noun, each statement a constant.

Every function takes an executor (a pool or a unit of work) and, where rows belong to a shop, the `shop_id`.
Permission is not asked here: `business` asks it. Open `timeline.py` for the hot path.
"""
