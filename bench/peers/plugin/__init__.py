"""A statistic as a user would add it to their own folder, for the benchmark."""
