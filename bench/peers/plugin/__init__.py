"""A statistic as a user would drop it into a folder of theirs, for the benchmark."""
