"""What is counted of the records of a bucket, whole columns at a time, each once for all signals that read it."""
