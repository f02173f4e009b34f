"""The engine of low dimension: the whole polyhedral complex, cut layer by layer."""
