"""What is true of every complex of convex cells, whatever its coordinates."""

from __future__ import annotations

import numpy as np

from polyregions.complex.topology import Cells


def check_cells(cells: Cells) -> None:
    """Each face has a boundary, the diamond property holds, and the whole is a closed ball."""
    d = cells.dimension
    for k in range(1, d + 1):
        for f in cells.faces(k).tolist():
            boundary = cells.boundary(f).tolist()
            assert len(set(boundary)) == len(boundary) >= k + 1
            assert (cells.dim[boundary] == k - 1).all()
            if k > 1:
                # Diamond property: a face of dimension k - 2 is in exactly two of the facets of f.
                _, times = np.unique(cells.boundaries(np.array(boundary)), return_counts=True)
                assert (times == 2).all()
    # A closed ball.
    assert sum((-1) ** k * cells.faces(k).size for k in range(d + 1)) == 1
    inner = np.bincount(cells.boundaries(cells.faces(d)), minlength=cells.dim.size)[cells.faces(d - 1)]
    assert set(inner.tolist()) <= {1, 2}
