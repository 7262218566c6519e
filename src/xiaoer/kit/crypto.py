"""Sealing of columns that must not be readable in a dump: AES-256-GCM under a key derived for each shop.

The master key is 32 random bytes in `<data_dir>/master.key` (0600), or in XIAOER_MASTER_KEY. Each line or
comma separated part is `id:base64`; the highest id seals, every id opens. To rotate, add a line with the next
id, restart, and reseal what `is_sealed_with_old_key` still finds.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xiaoer.kit.errors import InvalidInput, XiaoerError

_NONCE_BYTES = 12
_MAX_CACHED_KEYS = 4096


class BrokenSeal(XiaoerError):
    """Sealed bytes were changed, moved to another row, or sealed under a master key that is not here."""

    status = 500


class Sealer:
    """Seals and opens values bound to their place: shop, table, column and row.

    A sealed value is `key id (1 byte) | nonce (12) | ciphertext and tag`. Random nonces are safe for 2^32
    values per shop and key.
    """

    def __init__(self, master_keys: dict[int, bytes]) -> None:
        if not master_keys:
            raise InvalidInput("crypto.no_master_key")
        self._master_keys = master_keys
        self._newest = max(master_keys)
        self._ciphers: dict[tuple[int, UUID], AESGCM] = {}

    def seal(self, shop_id: UUID, table: str, column: str, row: str, value: bytes) -> bytes:
        """Encrypt `value`; only `open` with the same shop, table, column and row reads it."""
        nonce = os.urandom(_NONCE_BYTES)
        place = _place(shop_id, table, column, row)
        return bytes([self._newest]) + nonce + self._cipher(self._newest, shop_id).encrypt(nonce, value, place)

    def open(self, shop_id: UUID, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """The value that was sealed; raises BrokenSeal when anything about it differs."""
        if len(sealed) <= _NONCE_BYTES or sealed[0] not in self._master_keys:
            raise BrokenSeal("crypto.broken_seal", table=table, column=column)
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher(sealed[0], shop_id).decrypt(nonce, ciphertext, _place(shop_id, table, column, row))
        except InvalidTag:
            raise BrokenSeal("crypto.broken_seal", table=table, column=column) from None

    def is_sealed_with_old_key(self, sealed: bytes) -> bool:
        """Whether a rotation has still to reseal this value."""
        return sealed[:1] != bytes([self._newest])

    def _cipher(self, key_id: int, shop_id: UUID) -> AESGCM:
        cipher = self._ciphers.get((key_id, shop_id))
        if cipher is None:
            if len(self._ciphers) >= _MAX_CACHED_KEYS:
                self._ciphers.clear()
            info = b"xiaoer/shop-key/1|" + shop_id.bytes
            cipher = AESGCM(HKDF(SHA256(), length=32, salt=None, info=info).derive(self._master_keys[key_id]))
            self._ciphers[key_id, shop_id] = cipher
        return cipher


def read_sealer(data_dir: Path) -> Sealer:
    """The sealer of this installation; the first call creates the key file."""
    given = os.environ.get("XIAOER_MASTER_KEY")
    return Sealer(parse_master_keys(given if given else _read_or_create(data_dir / "master.key")))


def parse_master_keys(text: str) -> dict[int, bytes]:
    """`id:base64` parts (a bare base64 is id 1) by their id; each key is 32 bytes, each id 1 to 255."""
    keys: dict[int, bytes] = {}
    for number, part in enumerate(text.replace(",", "\n").split(), start=1):
        raw_id, _, encoded = part.rpartition(":")
        try:
            key_id, key = int(raw_id or 1), base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise InvalidInput("crypto.invalid_master_key", line=number) from None
        if len(key) != 32 or not 0 < key_id < 256 or key_id in keys:
            raise InvalidInput("crypto.invalid_master_key", line=number)
        keys[key_id] = key
    return keys


def _read_or_create(path: Path) -> str:
    """The key file's text. Two first starts may race: link() lets exactly one file win, whole."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".master.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_directory(path.parent)
    return path.read_text()


def _sync_directory(path: Path) -> None:
    """Make a new name survive a power cut: losing this key loses every sealed column."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(shop_id: UUID, table: str, column: str, row: str) -> bytes:
    return b"|".join((shop_id.bytes, table.encode(), column.encode(), row.encode()))
