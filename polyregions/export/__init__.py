"""Results as files: whole results (``results``), region graphs (``graphs``), numbers (``summary``)."""
