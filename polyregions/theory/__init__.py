"""What theorems say, without an enumeration: predictions, bounds, arrangements, constructions."""
