"""The signals, one file each: what each measures in a bucket, and its main contributors when it alerts."""
