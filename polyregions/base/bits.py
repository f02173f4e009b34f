"""Sets of small whole numbers as the bits of int64, for kernels."""

from __future__ import annotations

import numpy as np

from .kernels import int64, kernel

#: Position of the only bit of a number by its product with a de Bruijn sequence (Leiserson et al., 1998).
DE_BRUIJN = 0x03F79D71B4CB0A89
BITS = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    BITS[(DE_BRUIJN << _bit) % 2**64 >> 58] = _bit


@kernel(inline=True, bare=True)
def bit_number(power: int) -> int:
    """Position of the only bit set."""
    return int64(BITS[np.int64((np.uint64(power) * np.uint64(DE_BRUIJN)) >> np.uint64(58))])


@kernel(inline=True, bare=True)
def count_bits(bits: int) -> int:
    """Number of bits set."""
    x = np.uint64(bits)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))  # type: ignore[return-value]
