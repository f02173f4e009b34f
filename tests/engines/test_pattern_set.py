"""The set of patterns against a dict, with many patterns and with hashes that all collide."""

from __future__ import annotations

import numpy as np
import pytest

from polyregions.engines.traverse.decisions import Decisions
from polyregions.engines.traverse.engine import _link_flips
from polyregions.engines.traverse.followers import Followers
from polyregions.engines.traverse.pattern_set import (
    EMPTY,
    PatternSet,
    find_slot,
    pattern_key,
    unit_key,
)
from polyregions.network.same_borders import SameBorders


def finaliser(z: int) -> int:
    """splitmix64, in Python's integers."""
    mask = 2**64 - 1
    z = z * 0x9E3779B97F4A7C15 & mask
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
    return z ^ (z >> 31)


def check_table(patterns: PatternSet) -> None:
    """Each id is in one slot, found from its pattern; the table is at most half full."""
    ids = patterns.table.slots[patterns.table.slots != EMPTY]
    assert sorted(ids.tolist()) == list(range(len(patterns)))
    size = patterns.table.slots.size
    assert size & (size - 1) == 0
    assert 2 * len(patterns) <= size
    for i in range(0, len(patterns), max(1, len(patterns) // 997)):
        own = patterns.patterns[i]
        slot = find_slot(patterns.table, patterns.table.keys[i], own)
        assert patterns.table.slots[slot] == i


def test_keys_are_sums_of_pseudo_random_numbers() -> None:
    for unit, state in [(0, 0), (0, 255), (1, 0), (7, 3), (10**6, 255)]:
        assert int(unit_key(unit, state)) == finaliser(unit * 256 + state + 1)
    rng = np.random.default_rng(0)
    pattern = rng.integers(0, 256, size=50).astype(np.uint8)
    total = sum(finaliser(u * 256 + s + 1) for u, s in enumerate(pattern.tolist()))
    assert int(pattern_key(pattern)) == total % 2**64
    assert len({int(unit_key(u, s)) for u in range(300) for s in range(256)}) == 300 * 256


@pytest.mark.parametrize(("units", "states"), [(17, 2), (9, 4), (3, 256), (200, 3)])
def test_agrees_with_a_dict(units: int, states: int) -> None:
    rng = np.random.default_rng(units)
    patterns, known = PatternSet(units), {}
    stream = rng.integers(0, states, size=(150_000, units)).astype(np.uint8)
    stream[100_000:] = stream[rng.integers(0, 100_000, size=50_000)]
    for row in stream:
        assert patterns.add(row) == known.setdefault(row.tobytes(), len(known))
    assert len(patterns) == len(known)
    assert [row.tobytes() for row in patterns.patterns[: len(known)]] == list(known)
    check_table(patterns)


def test_a_pattern_without_units() -> None:
    patterns = PatternSet(0)
    empty = np.zeros(0, dtype=np.uint8)
    assert [patterns.add(empty), patterns.add(empty), len(patterns)] == [0, 0, 1]


def link(patterns: PatternSet, start: int, flips: list[list[tuple[int, int]]], limit: int) -> tuple:
    """Link regions from ``start`` on, each across the (unit, state) of its list."""
    counts = np.array([len(row) for row in flips], dtype=np.int64)
    units = np.full((len(flips), max(counts)), -9, dtype=np.int32)
    beyond = units.copy()
    for i, row in enumerate(flips):
        for k, (unit, state) in enumerate(row):
            units[i, k], beyond[i, k] = unit, state
    patterns.reserve(int(counts.sum()))
    neighbors = np.full(int(counts.sum()), -99, dtype=np.int64)
    decisions = Decisions.empty(len(flips), 1, 1)._replace(counts=counts, units=units, beyond=beyond)
    n = patterns.patterns.shape[1]
    followers = Followers.find(SameBorders(np.arange(n), np.zeros(n, dtype=np.bool_)))
    done, patterns.count, written = _link_flips(
        patterns.table, patterns.count, limit, (start, 0, len(flips)), decisions, followers, neighbors
    )
    return done, neighbors[:written].tolist()


@pytest.mark.slow
def test_linking_agrees_with_a_dict() -> None:
    """Breadth-first over all patterns of 17 units with 2 states, 2^17 of them: all neighbours of each."""
    n = 17
    patterns = PatternSet(n)
    first = np.zeros(n, dtype=np.uint8)
    patterns.add(first)
    known, start = {first.tobytes(): 0}, 0
    while start < len(known):
        end = min(start + 512, len(patterns))
        batch = patterns.patterns[start:end].copy()
        flips = [[(u, 1 - int(row[u])) for u in range(n)] + [(-1, 3)] for row in batch]
        done, neighbors = link(patterns, start, flips, 2**62)
        expected = []
        for row in batch:
            for u in range(n):
                row[u] ^= 1
                expected.append(known.setdefault(row.tobytes(), len(known)))
                row[u] ^= 1
            expected.append(-4)
        assert (done, neighbors) == (end - start, expected)
        start = end
    assert len(patterns) == len(known) == 2**n
    assert all(
        int(pattern_key(patterns.patterns[i])) == int(patterns.table.keys[i]) for i in range(0, 2**n, 131)
    )
    check_table(patterns)


def test_linking_stops_before_the_region_beyond_the_limit() -> None:
    patterns = PatternSet(4)
    patterns.add(np.zeros(4, dtype=np.uint8))
    flips = [[(0, 1), (1, 1)]]
    assert link(patterns, 0, flips, 3) == (1, [1, 2])
    # Region 1 has a known neighbour and a new one, which is one too many; region 2 only known ones.
    assert link(patterns, 1, [[(0, 0), (2, 1)], [(1, 0)]], 3) == (0, [])
    assert link(patterns, 1, [[(0, 0)], [(1, 0), (-1, 0)]], 3) == (2, [0, 0, -1])
    assert len(patterns) == 3


def test_equal_hashes_of_different_patterns() -> None:
    """All keys are made equal: then only the patterns themselves can tell."""
    units, same = 12, np.uint64(77)
    patterns, ids = PatternSet(units), []
    rows = [np.array([i >> k & 1 for k in range(units)], dtype=np.uint8) for i in range(1500)]
    for row in rows * 2:
        patterns.reserve(1)
        slot = find_slot(patterns.table, same, row)
        if patterns.table.slots[slot] == EMPTY:
            patterns.table.slots[slot] = patterns.count
            patterns.table.keys[patterns.count] = same
            patterns.patterns[patterns.count] = row
            patterns.count += 1
        ids.append(int(patterns.table.slots[slot]))
    assert ids == [*range(1500)] * 2
    check_table(patterns)


def test_the_table_wraps_around() -> None:
    """Keys that end in the last slot go on at slot 0, also after the table has grown."""
    patterns = PatternSet(4)
    rows = [np.array([i, 0, 0, 0], dtype=np.uint8) for i in range(200)]
    key = np.uint64(2**64 - 1)
    for i, row in enumerate(rows):
        slot = find_slot(patterns.table, key, row)
        assert slot == (patterns.table.slots.size - 1 + i) % patterns.table.slots.size
        patterns.table.slots[slot], patterns.table.keys[i], patterns.patterns[i] = i, key, row
        patterns.count += 1
    patterns.reserve(5000)
    assert patterns.table.slots.size > 4096
    check_table(patterns)
    for i, row in enumerate(rows):
        assert patterns.table.slots[find_slot(patterns.table, key, row)] == i


def test_growth_is_told_in_advance() -> None:
    patterns = PatternSet(10)
    assert patterns.growth(1000) == 0
    before = patterns.patterns.nbytes + patterns.table.keys.nbytes
    told = patterns.growth(100_000)
    patterns.reserve(100_000)
    assert patterns.patterns.nbytes + patterns.table.keys.nbytes - before <= told
    assert patterns.growth(100_000) == 0
    assert len(patterns.patterns) >= 100_000
