"""Errors, files, safe loading, progress and seeds: what every other folder may use."""
