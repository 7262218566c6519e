"""The quick tier of the kill tests; `make chaos` runs the full counts."""

from __future__ import annotations

import random

import pytest

from .kill import run

QUICK = ["web", "worker", "tree", "postgres"]
# A busy test machine is slower than the one the limits are for.
PATIENCE = 3.0


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [20261121, random.randrange(10**6)], ids=["fixed", "random"])
def test_nothing_acknowledged_is_lost_or_doubled(seed: int) -> None:
    kinds = list(QUICK)
    random.Random(seed).shuffle(kinds)
    print(f"seed {seed}: {kinds}")
    result = run(seed, kinds, rate=40, shoppers=20)
    assert result.faults == [], f"seed {seed}"
    assert result.slow(PATIENCE) == [], f"seed {seed}"
    assert result.in_flight >= 3, f"seed {seed}: the kills did not hit what they were aimed at"
    assert result.acked > 100
    assert result.notes > 0
