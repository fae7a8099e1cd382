"""Tells a front whom to block: which clients, for how long, and why; and has a firewall or a server refuse them.

`block_list` decides from findings and alerts. A `bouncer` acts: `nft`, `haproxy` and `nginx`, in a process with few
rights (`helper`), which `process` starts. `door` takes the commands of a user.
"""
