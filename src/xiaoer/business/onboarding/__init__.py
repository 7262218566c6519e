"""The first run: a shop with its administrator and its starting knowledge, or the demo shop with all it needs."""
