"""The browser tests: a real server, a real Chromium. `pytest tests/e2e` runs them alone."""
