"""Where sensors send: the spool of closed buckets, roll-ups, sending, and the collector. This is an edge."""
