"""Hours of mixed work in one process, watched; see tools/soak.py."""
