"""Folding, verified as folding: which regions the rest of a network cannot tell apart.

The first hidden layers map a region affinely into the space of what the next layer sees, its pre-activations
(after the last hidden layer: the output). Two regions are *identified* if their images are the same set:
whatever the further layers do in one of them, they do in the other (Montufar, Pascanu, Cho, Bengio, *On the
number of linear regions of deep neural networks*, NIPS 2014, Definition 1; by their Lemma 2 the regions in an
image count once for each region that is mapped onto it). The layers *fold* a cube if all its regions are
mapped, each one to one, onto one and the same image, and that is a cube again in suitable affine coordinates.

The paper identifies by the activations, where they are read out with alternating signs. Here no read-out is
given: what the next layer sees is all that matters, and the coordinates of the cube are recovered.

1. :func:`verify_folding`: enumerate the regions of the network cut off after each layer, and compare their
   images;
2. :class:`Image`: an image is known by its extreme points, exactly;
3. :mod:`~polyregions.analysis.folding.overlaps`: images that are not equal can still have points in common;
4. :class:`Folding`: the result.
"""

from __future__ import annotations

from .find_folding import cut_off, verify_folding
from .folding import FoldedLayer, Folding, Surroundings
from .images import Image

__all__ = ["FoldedLayer", "Folding", "Image", "Surroundings", "cut_off", "verify_folding"]
