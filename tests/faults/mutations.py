"""Damage done to the bytes of a file: what transfers, disks and strangers do to it."""

import re
import struct
from collections.abc import Callable, Sequence
from random import Random

_LARGE = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_WORDS = (
    b'-1',
    b'0',
    b'1',
    b'4294967296',
    b'9' * 25,
    b'1e400',
    b'nan',
    b'-inf',
    b'0x10',
    b'""',
    b'null',
    b'[]',
    b'{}',
    b'\xff\xfe',
)
_NUMBER = re.compile(rb'-?\d+(?:\.\d+)?')
_Damage = Callable[[bytearray, Random], bytearray]


def damaged(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    """``data`` after one to four injuries, sometimes with a part of another file inside."""
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if others and rng.random() < 0.1:
            result = _spliced(result, rng.choice(others), rng)
        else:
            result = rng.choice(_KINDS)(result, rng)
    return bytes(result)


def _place(data: bytearray, rng: Random) -> int:
    """Anywhere, but half of the time among the first bytes, where headers are."""
    end = max(len(data), 1)
    return rng.randrange(min(end, 200) if rng.random() < 0.5 else end)


def _flip_bit(data: bytearray, rng: Random) -> bytearray:
    if data:
        data[_place(data, rng)] ^= 1 << rng.randrange(8)
    return data


def _large_number(data: bytearray, rng: Random) -> bytearray:
    width, code = rng.choice(((1, 'B'), (2, 'H'), (4, 'I'), (8, 'Q')))
    start = _place(data, rng)
    value = rng.choice(_LARGE) & (256**width - 1)
    data[start : start + width] = struct.pack(rng.choice('<>') + code, value)
    return data


def _other_word(data: bytearray, rng: Random) -> bytearray:
    """One written number becomes another word: text headers, JSON, tables."""
    found = list(_NUMBER.finditer(data[:20000]))
    if found:
        start, stop = rng.choice(found).span()
        data[start:stop] = rng.choice(_WORDS)
    return data


def _cut(data: bytearray, rng: Random) -> bytearray:
    return data[: _place(data, rng)]


def _remove(data: bytearray, rng: Random) -> bytearray:
    start = _place(data, rng)
    del data[start : start + rng.choice((1, 2, 4, 8, 60))]
    return data


def _repeat(data: bytearray, rng: Random) -> bytearray:
    start = _place(data, rng)
    piece = data[start : start + rng.choice((1, 4, 16, 100))]
    data[start:start] = piece * rng.choice((1, 2, 20))
    return data


def _remove_line(data: bytearray, rng: Random) -> bytearray:
    lines = data.split(b'\n')
    del lines[rng.randrange(len(lines))]
    return bytearray(b'\n'.join(lines))


def _spliced(data: bytearray, other: bytes, rng: Random) -> bytearray:
    return data[: _place(data, rng)] + other[rng.randrange(max(len(other), 1)) :]


_KINDS: tuple[_Damage, ...] = (_flip_bit, _large_number, _other_word, _cut, _remove, _repeat, _remove_line)
