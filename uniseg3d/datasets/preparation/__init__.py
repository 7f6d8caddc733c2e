"""Raw scans to the files that data sets read: export, conversion, info files."""
