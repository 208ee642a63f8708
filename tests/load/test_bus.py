"""The bus to other machines, as Locust passes messages on: what was said last is heard, too."""

from __future__ import annotations

from assay.load.hosts.bus import calling_bus, listening_bus

LONG = bytes(32 << 20)
"""More than the system keeps of what is on its way: it leaves as fast as it is taken on the other side."""


def test_what_was_said_before_the_end_is_heard() -> None:
    master, port = listening_bus("127.0.0.1", 0, "--load-bind")
    host = calling_bus("127.0.0.1", port, 30)
    try:
        host.send("master", {"kind": "hello"})
        met = master.receive(30)
        assert met is not None
        master.send(met.peer, {"kind": "bye"}, LONG)
        master.close()

        heard = host.receive(30)
    finally:
        master.close()
        host.close()

    assert heard is not None
    assert heard.body == LONG
