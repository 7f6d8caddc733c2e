"""The benchmark suite: what is timed, against whom, and how it is reported."""
