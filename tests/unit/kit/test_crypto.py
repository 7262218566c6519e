"""Sealing."""

from __future__ import annotations

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from xiaoer.kit.crypto import BrokenSeal, Sealer, parse_master_keys, read_sealer
from xiaoer.kit.errors import InvalidInput

SHOP = uuid4()
KEY = os.urandom(32)


def test_what_was_sealed_opens() -> None:
    sealer = Sealer({1: KEY})
    for value in (b"", b"x", "手机 13812345678".encode(), os.urandom(5000)):
        sealed = sealer.seal(SHOP, "shop", "secret", "r", value)
        assert value == sealer.open(SHOP, "shop", "secret", "r", sealed)
        assert len(value) < 8 or value not in sealed


def test_the_same_value_seals_differently_each_time() -> None:
    sealer = Sealer({1: KEY})
    assert len({sealer.seal(SHOP, "t", "c", "r", b"v") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "place",
    [(uuid4(), "t", "c", "r"), (SHOP, "u", "c", "r"), (SHOP, "t", "d", "r"), (SHOP, "t", "c", "s")],
)
def test_a_value_moved_elsewhere_does_not_open(place: tuple[object, str, str, str]) -> None:
    sealer = Sealer({1: KEY})
    sealed = sealer.seal(SHOP, "t", "c", "r", b"v")
    with pytest.raises(BrokenSeal):
        sealer.open(*place, sealed)  # type: ignore[arg-type]


def test_any_changed_bit_is_found() -> None:
    sealer = Sealer({1: KEY})
    sealed = sealer.seal(SHOP, "t", "c", "r", b"v")
    for position in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises(BrokenSeal):
                sealer.open(SHOP, "t", "c", "r", bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(BrokenSeal):
            sealer.open(SHOP, "t", "c", "r", sealed[:length])


def test_a_rotated_key_seals_and_the_old_one_still_opens() -> None:
    old = Sealer({1: KEY}).seal(SHOP, "t", "c", "r", b"v")
    rotated = Sealer({1: KEY, 2: os.urandom(32)})
    assert rotated.open(SHOP, "t", "c", "r", old) == b"v"
    assert rotated.is_sealed_with_old_key(old)
    assert not rotated.is_sealed_with_old_key(rotated.seal(SHOP, "t", "c", "r", b"v"))


def test_the_key_file_is_created_once_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XIAOER_MASTER_KEY", raising=False)
    with ThreadPoolExecutor(8) as pool:
        sealers = list(pool.map(lambda _: read_sealer(tmp_path), range(8)))
    sealed = sealers[0].seal(SHOP, "t", "c", "r", b"v")
    assert {sealer.open(SHOP, "t", "c", "r", sealed) for sealer in sealers} == {b"v"}
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOER_MASTER_KEY", base64.b64encode(KEY).decode())
    sealed = read_sealer(tmp_path).seal(SHOP, "t", "c", "r", b"v")
    assert Sealer({1: KEY}).open(SHOP, "t", "c", "r", sealed) == b"v"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["x", "1:AAAA", f"0:{'A' * 43}=", f"256:{'A' * 43}=", "1:\u00e9", f"a:{'A' * 43}="])
def test_a_broken_master_key_is_named(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_master_keys(text)


def test_no_key_is_no_sealer() -> None:
    with pytest.raises(InvalidInput):
        Sealer(parse_master_keys("\n"))
