"""What other programs open: region graphs (``graphs``), numbers (``summary``)."""
