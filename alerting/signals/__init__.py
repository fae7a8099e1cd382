"""The signals: what each measures in a bucket, and who is to be named when it alerts. One file each."""
