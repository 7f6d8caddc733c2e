"""Literal forms of what the package does in a faster way: slow, plain and only for comparison."""
