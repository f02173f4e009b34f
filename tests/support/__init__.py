"""What several tests share: networks with known counts, strategies, references, statistics."""
