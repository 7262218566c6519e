"""That the load generator itself works; figures are taken by `make bench`."""
