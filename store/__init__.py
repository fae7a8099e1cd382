"""The timestamped store: sums per bucket, statistic and key, that age, with a bound on all of it."""
