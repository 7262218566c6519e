"""The application layer: doors to the outside, the processes that run, and the wiring between all parts.

`roles.py` says what runs, `wiring.py` picks implementations, `http/` and `live/` are the doors, `jobs/` and
`loops/` what happens by itself, `cli/` the commands. No rule of the business is decided here. Open `roles.py`
first.
"""
