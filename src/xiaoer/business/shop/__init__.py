"""A shop: its name, hours, settings and keys. People are in `identity`, goods in `catalog`."""
