"""One frozen struct per table row, by noun. No SQL and no driver here: `stores` fills them."""
