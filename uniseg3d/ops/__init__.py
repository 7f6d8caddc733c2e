"""Stateless operations on tensors; every fast one has a literal twin in the tests."""
