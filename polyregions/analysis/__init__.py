"""What a complete complex says of the function: linear regions by six definitions, folding."""
