"""First runs: `shops.py` sets a shop up, `talk.py` lets the demo's shoppers say something."""
