"""Shoppers: anonymous visitors, signed-in shoppers, and the step from one to the other.

Open `actions.py`: `welcome_visitor` is where every widget starts.
"""
