"""Who the staff are: accounts, roles, permissions, sessions. Shoppers are in `customer`.

Open `rules.py` for what each role may do, `actions.py` for signing in.
"""
