"""The shipped pack keeps what docs/reference/pack-format.md promises of its content."""

from pathlib import Path

import xiaoer
from xiaoer.intelligence.packs.check import check_pack
from xiaoer.intelligence.packs.load import load_pack

PACK = Path(xiaoer.__file__).parent / "packs" / "ecommerce"


def test_the_ecommerce_pack_has_no_problem() -> None:
    problems = check_pack(load_pack(PACK))
    assert not problems, "\n".join(problems)
