"""Results as files: whole results (``results``), region graphs (``graphs``), decision boundaries
(``boundaries``), numbers (``summary``)."""
