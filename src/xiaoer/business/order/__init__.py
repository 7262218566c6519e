"""Orders, whoever keeps them: the built-in shop or a merchant's own platform.

Open `ports.py` for what a platform must answer.
"""
