"""Small modules with parameters."""
