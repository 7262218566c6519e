"""The built-in shop: goods, shoppers and orders. It answers as `order.ports.ShopPlatform`, by shape.

Open `seed.py` for how the demo comes to life (`journey.py` for the parcels' travels), `actions.py` for
putting it into the database and keeping it fresh, `queries.py` for reading it.
"""
