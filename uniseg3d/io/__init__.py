"""Files in, files out: one module per format, ``read_x`` and ``write_x``."""
