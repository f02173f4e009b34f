"""Polyhedra without a network: exact vertices and volumes, signs of forms, facets and their proofs."""
