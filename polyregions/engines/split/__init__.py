"""Cells split one by one, depth first: regions and adjacencies without the faces of all dimensions."""
