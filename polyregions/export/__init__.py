"""Files that other programs open: their table (``formats``), a module for each family, and ``summary``."""
