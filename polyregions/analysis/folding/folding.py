"""What layers make of a cube: the result of :func:`polyregions.analysis.folding.verify_folding`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...complex.region_complex import RegionComplex
from ...network.box import Box
from ...network.network import Network
from .images import Image
from .overlaps import extents


@dataclass(frozen=True)
class Surroundings:
    """How the regions of the box lie about the cube.

    Attributes
    ----------
    inside, cut, outside : int
        Regions of the box that lie in the cube, that a side of the cube cuts, and that it does not hold.
    alike : int
        Those of the last two kinds whose image, all of it, is also the image of a region in the cube.
    """

    inside: int
    cut: int
    outside: int
    alike: int


@dataclass(frozen=True, eq=False)
class FoldedLayer:
    """What the hidden layers up to one, and that one, make of the cube.

    Attributes
    ----------
    layer : int
        Its place among the hidden layers, from 0; in text and in JSON it is ``layer + 1``.
    regions : RegionComplex
        Their regions in the cube. The outputs of its network are what the next layer sees.
    images : tuple of Image
        The different images, those of most regions first.
    labels : int64 array (regions,)
        Which image each region has: regions of one label are identified.
    orientations : int8 array (regions,)
        1 or -1, and different for two regions that show their two faces in one plane; 0 where the map is not
        one-to-one.
    turned : bool array (adjacencies,)
        For each of ``regions.adjacencies``, whether the sheet turns back over itself there: both maps go
        into one plane, with opposite orientations.
    pieces : int64 array (regions,)
        Into how many regions the next hidden layer cuts each; all 1 for the last.
    overlaps : int64 array (pairs, 2) or None
        Pairs of images that overlap: some interior points of their regions are identified, the regions are
        not. None if there are too many pairs to tell
        (:data:`polyregions.analysis.folding.overlaps.MOST_PAIRS`).
    surroundings : Surroundings
    """

    layer: int
    regions: RegionComplex
    images: tuple[Image, ...]
    labels: IntArray
    orientations: NDArray[np.int8]
    turned: NDArray[np.bool_]
    pieces: IntArray
    overlaps: IntArray | None
    surroundings: Surroundings

    def __post_init__(self) -> None:
        for array in (self.labels, self.orientations, self.turned, self.pieces):
            array.flags.writeable = False

    @property
    def n_regions(self) -> int:
        """Number of regions in the cube; what its sides cut off does not count."""
        return self.regions.n_regions

    @cached_property
    def multiplicities(self) -> IntArray:
        """Number of regions that have each image, descending; int64 (images,)."""
        return np.bincount(self.labels)

    @property
    def uniform(self) -> bool:
        """Whether all images have equally many regions."""
        return int(self.multiplicities[0]) == int(self.multiplicities[-1])

    @property
    def injective(self) -> NDArray[np.bool_]:
        """Whether the map is one-to-one on each region; bool (regions,)."""
        return np.asarray(self.orientations != 0)

    @cached_property
    def cube(self) -> int | None:
        """The image that is the folded cube, or None.

        It is a parallelotope of full dimension and holds all other images, so it is the image of the whole
        cube. The regions that have it are those mapped *onto* the folded cube.
        """
        low, high = extents(self.images)
        widest = (low == low.min(axis=0)).all(axis=1) & (high == high.max(axis=0)).all(axis=1)
        for k in map(int, np.flatnonzero(widest)):
            image = self.images[k]
            if image.dim == self.regions.box.dim and image.frame is not None:
                inner = image.coordinates([point for other in self.images for point in other.exact_vertices])
                if inner is not None and all(0 <= v <= 1 for point in inner for v in point):
                    return k
        return None

    @property
    def onto(self) -> NDArray[np.bool_]:
        """Whether each region is mapped onto the folded cube; bool (regions,)."""
        return np.asarray(self.labels == (-1 if self.cube is None else self.cube))

    @property
    def is_fold(self) -> bool:
        """Whether there is a folded cube, and every region is mapped onto it, one to one."""
        return bool(self.onto.all())

    @cached_property
    def adds_up(self) -> bool:
        """Whether regions of one image are cut into equally many by the next layer, as Lemma 2 says."""
        least = np.full(len(self.images), self.pieces.max())
        np.minimum.at(least, self.labels, self.pieces)
        return bool((self.pieces == least[self.labels]).all())

    def summary(self) -> dict[str, Any]:
        """The numbers, ready for JSON."""
        identified = self.labels[self.regions.adjacencies]
        mirrored = (identified[:, 0] == identified[:, 1]) & self.turned
        return {
            "layer": self.layer + 1,
            "regions": self.n_regions,
            "images": len(self.images),
            "multiplicities": [[m, n] for m, n in _histogram(self.multiplicities)],
            "uniform": self.uniform,
            "injective": int(self.injective.sum()),
            "dimensions": sorted({image.dim for image in self.images}),
            "parallelotopes": sum(image.frame is not None for image in self.images),
            "onto_cube": int(self.onto.sum()),
            "is_fold": self.is_fold,
            "facets": len(self.turned),
            "turned_facets": int(self.turned.sum()),
            "mirror_images": int(mirrored.sum()),
            "overlapping_images": None if self.overlaps is None else len(self.overlaps),
            "adds_up": self.adds_up,
            "surroundings": asdict(self.surroundings),
        }

    def __str__(self) -> str:
        counts = ", ".join(f"{_number(n, 'image')} of {_number(m, 'region')}" for m, n in self._counts)
        text = f"layer {self.layer + 1}: {_number(self.n_regions, 'region')}: {counts}"
        if self.cube is not None:
            text += f"; {int(self.onto.sum())} onto the folded cube"
        if len(self.turned):
            text += f"; turned at {int(self.turned.sum())} of {_number(len(self.turned), 'facet')}"
        if not self.injective.all():
            text += f"; {int((~self.injective).sum())} not one-to-one"
        if self.overlaps is None or len(self.overlaps):
            many = "perhaps some" if self.overlaps is None else _number(len(self.overlaps), "pair")
            text += f"; {many} of images overlap"
        return text

    @property
    def _counts(self) -> list[tuple[int, int]]:
        return _histogram(self.multiplicities)


@dataclass(frozen=True, eq=False)
class Folding:
    """Whether and how the layers of a network fold a cube; ``str()`` gives a short report.

    Attributes
    ----------
    network : Network
    box, cube : Box
    layers : tuple of FoldedLayer
        One for each hidden layer: what it and those before it make of the cube.
    """

    network: Network
    box: Box
    cube: Box
    layers: tuple[FoldedLayer, ...]

    @property
    def depth(self) -> int:
        """Number of hidden layers, from the first on, after each of which the cube is folded."""
        return next((k for k, layer in enumerate(self.layers) if not layer.is_fold), len(self.layers))

    @property
    def multiplicity(self) -> int:
        """Number of regions of the cube that those layers identify; 1 if there are none."""
        return self.layers[self.depth - 1].n_regions if self.depth else 1

    @property
    def is_folding(self) -> bool:
        """Whether the cube is folded, not 1 to 1, after every hidden layer, or all but the last of many."""
        return self.depth >= max(1, len(self.layers) - 1) and self.multiplicity > 1

    @property
    def adds_up(self) -> bool:
        """Whether Lemma 2 holds in every layer.

        For each image, the regions of the next layer in one of its regions, times the number of its regions,
        add up to all regions of the next layer.
        """
        totals = []
        for layer in self.layers[:-1]:
            first = np.unique(layer.labels, return_index=True)[1]
            totals.append(int((layer.pieces[first] * layer.multiplicities).sum()))
        return all(layer.adds_up for layer in self.layers) and totals == [
            x.n_regions for x in self.layers[1:]
        ]

    def summary(self) -> dict[str, Any]:
        """The numbers, ready for JSON."""
        return {
            "is_folding": self.is_folding,
            "depth": self.depth,
            "multiplicity": self.multiplicity,
            "adds_up": self.adds_up,
            "box": [self.box.lower.tolist(), self.box.upper.tolist()],
            "cube": [self.cube.lower.tolist(), self.cube.upper.tolist()],
            "layers": [layer.summary() for layer in self.layers],
        }

    @property
    def headline(self) -> str:
        """How many layers fold the cube, and how many regions they make one."""
        folded = f"{self.depth} of {_number(len(self.layers), 'hidden layer')} fold the cube"
        return f"{folded}, {self.multiplicity} to 1" if self.depth else folded

    def __str__(self) -> str:
        return "\n".join([self.headline, *map(str, self.layers)])


def _histogram(multiplicities: IntArray) -> list[tuple[int, int]]:
    """Pairs (number of regions of an image, number of such images), descending."""
    return sorted(Counter(multiplicities.tolist()).items(), reverse=True)


def _number(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"
