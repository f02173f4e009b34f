"""Results as files: whole ones (``results``), graphs, boundaries, numbers (``summary``)."""
