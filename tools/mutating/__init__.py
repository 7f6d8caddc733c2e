"""What tools/mutate.py makes wrong."""
