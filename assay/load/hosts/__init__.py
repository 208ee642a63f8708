"""Load from many machines: each sends with the same workers as this one, and its rows come home over a bus.

`bus` takes messages (`frames`) to the others and brings theirs; `relay` is the process that passes them on, by Locust.
On this end `gathering` knows who has come and has not fallen silent, and `remote` leads one load: it brings requests
(`shipping`) and times to each machine, by its own clock (`clocks`), and its rows home. On the other end is `agent`,
with its `targets` and the `work` of each load. Either asks the other by a `line`.
"""
