"""Load: requests sent at stated times or by a stated number of clients, and how long each of them took.

`worker` and what it imports (`clock`, `columns`, `connection`, `engine`, `job`, `tls`) run in a process of their own
and import little: what a process has loaded is what its garbage collector walks while others are timed.
"""
