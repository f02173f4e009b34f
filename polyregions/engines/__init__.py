"""The engines: each enumerates the regions of a network in a box, and all must agree."""
