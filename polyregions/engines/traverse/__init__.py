"""The engine of any dimension: breadth-first over regions, linear programs for facets."""
