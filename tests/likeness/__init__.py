"""Two answers compared by meaning."""
