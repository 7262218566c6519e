"""Kills processes under load and looks for what was lost, doubled or disordered.

`kill.py` runs it all (`python -m tests.chaos.kill --kills 20 --pg-kills 5`), `client.py` is the separate process that
makes the load, keeps the ledger and pulls the trigger, `timeline.py` judges, `test_kill.py` is the quick tier.
"""
