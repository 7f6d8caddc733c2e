"""What ``uniseg3d`` and the scripts of the same names in tools/ do: one module each, with a parser and a ``main``."""
