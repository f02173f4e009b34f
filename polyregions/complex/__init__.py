"""The result of an enumeration: faces, regions, walls, and what is read off them."""
