"""Engines behind ``uniseg3d.ops.sparse.backend``; each module is one."""
