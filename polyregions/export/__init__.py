"""What other programs open: region graphs (``graphs``), ``boundaries``, numbers (``summary``)."""
