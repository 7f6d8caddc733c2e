"""The procedural data set: furnished rooms, scanned by simulated depth cameras, written in ScanNet's formats."""
