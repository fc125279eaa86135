"""Search: indexing, asking, narrowing."""
