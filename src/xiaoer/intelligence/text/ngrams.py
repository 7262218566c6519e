"""The one feature function: hashed n-grams of a normalised text, the same in training and in serving.

Han text gives characters 1-4 with sentence ends; other scripts give words, word pairs and the
characters 2-5 of each word. A gram is its CRC-32, seeded by kind; each model folds it into its own
number of buckets, so one pass over a text serves every model. Changing anything here changes
`FEATURES`, which artefacts record and refuse to mix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

FEATURES = "ngrams-1"
BUCKETS = 1 << 15

_HAN = "\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\U00020000-\U0003134f"
_WORD = re.compile(rf"[^\W_{_HAN}]+(?:'[a-z]+)?")
_NOT_STREAM = re.compile(rf"[^{_HAN}\x01\x020-9]+")
_ANY_HAN = re.compile(rf"[{_HAN}]")
_CODE = re.compile(r"[a-z]{0,4}\d{6,}")
_A_WORD, _A_CODE = "\x01", "\x02"
_SEED_WORD, _SEED_PAIR, _SEED_PIECE = 0x57, 0x50, 0x43


@dataclass(frozen=True, slots=True)
class Grams:
    """Raw 32-bit grams of one text, repeats included. The first `terms` are what lexical search uses."""

    hashes: NDArray[np.uint32]
    terms: int

    @property
    def search_terms(self) -> NDArray[np.uint32]:
        return self.hashes[: self.terms]


def ngrams(text: str) -> Grams:
    """Grams of a text that `normalise` returned (`NormalText.text`)."""
    stream, words = _split(text)
    terms = _terms(stream, words)
    count = len(terms)
    if stream:
        terms += _han_pieces(stream)
    for word in words:
        terms += _word_pieces(word)
    return Grams(np.array(terms, dtype=np.uint32), count)


def search_terms(text: str) -> list[int]:
    """Only what lexical search needs: `ngrams(text).search_terms` at a third of the cost."""
    return _terms(*_split(text))


def term_words(text: str) -> dict[int, str]:
    """Each search term of a normalised text with the characters or words it stands for, in order."""
    stream, words = _split(text)
    shown = stream.replace(_A_WORD, "…").replace(_A_CODE, "#")
    found = [*shown, *(shown[i : i + 2] for i in range(len(shown) - 1)), *words]
    found += [f"{left} {right}" for left, right in pairwise(words)]
    return dict(zip(_terms(stream, words), found, strict=True))


def vectorise(grams: Grams, idf: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Active buckets and their log-tf x idf weights of unit length; `len(idf)` is a power of two."""
    counts: dict[int, int] = {}
    mask = len(idf) - 1
    for bucket in (grams.hashes & np.uint32(mask)).tolist():
        counts[bucket] = counts.get(bucket, 0) + 1
    active = np.fromiter(counts, dtype=np.int64, count=len(counts))
    if not counts:
        return active, np.zeros(0, dtype=np.float32)
    weights = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[active]
    unit: NDArray[np.float32] = (weights / np.sqrt(weights @ weights)).astype(np.float32)
    return active, unit


def _split(text: str) -> tuple[str, list[str]]:
    """The Han stream (other words as one mark each) and the words; a stream without Han is empty."""
    words = [_A_CODE if _CODE.fullmatch(word) else word for word in _WORD.findall(text)]
    if not _ANY_HAN.search(text):
        return "", words
    marked = _WORD.sub(_mark, text) if words else text
    return _NOT_STREAM.sub("", marked), words


def _mark(match: re.Match[str]) -> str:
    word = match[0]
    if _CODE.fullmatch(word):
        return _A_CODE
    return word if word.isdecimal() and word.isascii() else _A_WORD


def _terms(stream: str, words: list[str]) -> list[int]:
    raw = stream.encode("utf-32-le")
    end = len(raw)
    terms = [crc32(raw[i : i + 4]) for i in range(0, end, 4)]
    terms += [crc32(raw[i : i + 8]) for i in range(0, end - 4, 4)]
    coded = [word.encode() for word in words]
    terms += [crc32(word, _SEED_WORD) for word in coded]
    terms += [crc32(b"%b %b" % pair, _SEED_PAIR) for pair in pairwise(coded)]
    return terms


def _han_pieces(stream: str) -> list[int]:
    raw = f"^{stream}$".encode("utf-32-le")
    end = len(raw)
    pieces = [crc32(raw[:8]), crc32(raw[-8:])]
    pieces += [crc32(raw[i : i + 12]) for i in range(0, end - 8, 4)]
    pieces += [crc32(raw[i : i + 16]) for i in range(0, end - 12, 4)]
    return pieces


@lru_cache(maxsize=1 << 14)
def _word_pieces(word: str) -> tuple[int, ...]:
    raw = f" {word[:40]} ".encode("utf-32-le")
    end = len(raw)
    return tuple(crc32(raw[i : i + size], _SEED_PIECE) for size in (8, 12, 16, 20) for i in range(0, end - size + 4, 4))
