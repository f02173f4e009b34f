"""Results as files: results themselves, graphs, summaries."""
