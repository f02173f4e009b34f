"""One way down the tree of all activation regions.

The root is the box. In each layer, one unit after the other, a cell has a child for each state that the unit
has somewhere inside of it: the child is where it has that state. A scalar unit splits it by one breakpoint
after the other, a maxout unit by all its pieces at once. Each cell is full-dimensional and each leaf is an
activation region, each region one leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...base.arrays import FloatArray, StateArray
from ...engines.traverse.rows import RecentredRows, maxout_rows
from ...geometry.cuts import CUTS, NEGATIVE, ZERO, Inside
from ...network.box import Box
from ...network.network import Network
from .events import OPEN, SETTLED, SEVERAL, next_event, next_layer
from .nodes import Border, ExactForms, ProbeNode

#: Shares of the children are whole numbers of about so many parts: what is chosen with which probability is
#: known exactly.
PARTS = 2**20


class Child(NamedTuple):
    """A part of a cell, the state that a unit has there, and the output and its lowest state to go on from.

    If that is the same output, its state is not settled yet.
    """

    node: ProbeNode
    state: int
    output: int
    lowest: int


class Leaf(NamedTuple):
    """The end of a way down.

    Attributes
    ----------
    pattern : uint8 (units,)
    shares : list of (int, int)
        For each choice the share of the child that was taken, and of all together.
    """

    pattern: StateArray
    shares: list[tuple[int, int]]


#: Choose one of several children, by their shares.
Choice = Callable[[Sequence[int]], int]


class Tree:
    """The tree of a network in a box."""

    def __init__(self, network: Network, box: Box) -> None:
        self.network, self.recentred = network, RecentredRows(network, box)
        self.arrays = self.recentred.arrays
        self.room, _ = self.recentred.new_memory()
        self.spare: list[Inside] = []
        counts = np.concatenate([layer.pieces.n_states for layer in network.layers]) - 1
        #: How many borders each output and those after it have.
        self.left = np.append(np.cumsum(counts[::-1])[::-1], 0)
        sides = np.zeros((box.dim + 2, 2 * box.dim))
        sides[box.dim] = 1.0
        for side in range(2 * box.dim):
            sides[side // 2, side] = 1.0 if side % 2 == 0 else -1.0
        self.sides = sides

    def descend(self, choose: Choice) -> Leaf:
        """Go down from the root to a leaf."""
        way = _Way(self, choose)
        for layer in range(len(self.network.layers)):
            way.go_through(layer)
        self.spare.append(way.node.inside)
        return Leaf(way.pattern, way.shares)

    def new_inside(self) -> Inside:
        """Memory for a cell."""
        if self.spare:
            return self.spare.pop()
        d = self.recentred.box.dim
        return Inside.empty(int(self.left[0]) + 2 * d, d)

    def log_leaves(self, node: ProbeNode, left: int) -> float:
        """About the logarithm of the number of leaves of a cell that ``left`` borders may cut.

        As if they were parallel to the sides of the box, as many to each, and evenly spread over it. It
        steers the choice; whatever it is, the estimate is unbiased.
        """
        return float(np.log1p(left / self.recentred.box.dim * node.inside.half).sum())


class _Way:
    """A cell on its way down."""

    def __init__(self, tree: Tree, choose: Choice) -> None:
        self.tree, self.choose = tree, choose
        self.pattern = np.zeros(tree.network.n_units, dtype=np.uint8)
        self.exact = ExactForms(tree.recentred, self.pattern)
        self.shares: list[tuple[int, int]] = []
        inside = tree.new_inside()
        inside.middle[:], inside.half[:] = 0.0, 1.0
        self.node = ProbeNode(tree.sides, range(tree.sides.shape[1]), inside)

    def go_through(self, layer: int) -> None:
        """Go down by all units of a layer."""
        tree = self.tree
        first = int(tree.arrays.table[layer, 4])
        next_layer(tree.arrays, layer, self.pattern, tree.room)
        place = np.zeros(3, dtype=np.int64)
        while True:
            node = self.node
            event = next_event(tree.arrays, layer, place, self.pattern, tree.room, node.active, node.inside)
            if event == SETTLED:
                return
            output, state, n = place.tolist()
            if event == SEVERAL:
                children = self.pieces(layer, output)
            else:
                form = tree.room.rows[:, n - 1].copy()
                children = self.halves(layer, output, state, form, event == OPEN)
            child = self.pick(children, first + output)
            place[0], place[1] = child.output, child.lowest
            if child.output > output:
                self.pattern[tree.arrays.column[first + output]] = child.state

    def pick(self, children: list[Child], output: int) -> Child:
        """Choose a child, if there are several, and go there."""
        chosen = children[0]
        if len(children) > 1:
            left = int(self.tree.left[output + 1])
            logs = np.array([self.tree.log_leaves(child.node, left) for child in children])
            sizes = np.exp(logs - logs.max())
            shares = (1 + PARTS * sizes / sizes.sum()).astype(np.int64).tolist()
            number = self.choose(shares)
            self.shares.append((shares[number], sum(shares)))
            chosen = children[number]
        nodes = {id(node): node for node in (self.node, *(child.node for child in children))}
        self.tree.spare += [node.inside for node in nodes.values() if node is not chosen.node]
        self.node = chosen.node
        return chosen

    def halves(self, layer: int, output: int, state: int, form: FloatArray, is_open: bool) -> list[Child]:
        """The parts of the cell below and above the breakpoint above a state of a scalar unit."""
        node, border = self.node, Border(layer, output, state, state + 1)
        side = node.exact_side(border, self.exact) if is_open else CUTS
        if side == NEGATIVE:
            return [Child(node, state, output, state + 1)]
        if side != CUTS:  # on the breakpoint, it is in the lower state
            return [Child(node, state, output + 1, 0)]
        opposite = -form
        opposite[-1] = form[-1]
        turned = Border(layer, output, state + 1, state)
        return [
            Child(node.part(form, border, self.tree.new_inside()), state, output + 1, 0),
            Child(node.part(opposite, turned, self.tree.new_inside()), state, output, state + 1),
        ]

    def pieces(self, layer: int, output: int) -> list[Child]:
        """The parts of the cell in which a piece of a maxout unit is the largest, for each that has one."""
        tree = self.tree
        first = int(tree.arrays.table[layer, 4]) + output
        entry, end = int(tree.arrays.first[first]), int(tree.arrays.first[first + 1])
        children = []
        for state in range(end - entry):
            n = maxout_rows(tree.arrays, tree.room, entry, end, state, 0)
            forms, others = tree.room.rows[:, :n].copy(), tree.room.beyond[:n].tolist()
            part = self.piece(forms, [Border(layer, output, state, other) for other in others])
            if part is not None:
                children.append(Child(part, state, output + 1, 0))
        return children

    def piece(self, forms: FloatArray, borders: Sequence[Border]) -> ProbeNode | None:
        """The part of the cell in which all of some forms are positive; of equal pieces the first counts."""
        part = self.node
        for column, border in enumerate(borders):
            side = part.side(forms, column, border, self.exact)
            if side == NEGATIVE or (side == ZERO and border.other < border.state):
                if part is not self.node:
                    self.tree.spare.append(part.inside)
                return None
            if side == CUTS:
                whole, part = part, part.part(forms[:, column], border, self.tree.new_inside())
                if whole is not self.node:
                    self.tree.spare.append(whole.inside)
        return part
