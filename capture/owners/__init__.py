"""Whose connections these are: process, user, container and pod of the end on this host.

`source` is the part in the monitor: it starts a small process with the rights to look, `helper`, and asks it. There,
`resolver` finds the socket of a connection (`sock_diag`, in each of the `networks` of this host), the processes that
hold it (`processes`), and their containers (`cgroups`, `containers`). `syns` sees connections start.
"""
