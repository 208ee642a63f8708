"""What stands in for the servers, models and pictures that pages speak of: the embedded deployment, sound or broken."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assay.encodings import encode_png
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.reference.app import create_app
from assay.reference.embedded import KEY, MODELS
from assay.scene import SCENES
from assay.serving import running

SOUND = ""
STAND_INS: Mapping[str, Mapping[str, str]] = {
    "how-to/server-upgrade.md": {"http://old:9001": SOUND, "http://new:9001": "boxes-shifted-by-share"},
    "how-to/another-machine.md": {"http://l4:9001": SOUND, "http://h200:9001": SOUND},
    "how-to/gate-in-ci.md": {"http://staging:9001": SOUND},
    "how-to/proxy-or-gateway.md": {"http://gateway:9001": SOUND, "http://behind:9001": SOUND},
    "how-to/hosted-and-self-hosted.md": {"https://serverless.roboflow.com": SOUND, "http://localhost:9001": SOUND},
    "how-to/own-pictures.md": {"http://localhost:9001": SOUND},
}
"""By page: each address that it names, and the fault behind which the embedded deployment answers there."""


@contextmanager
def standing_in(page: str) -> Iterator[dict[str, str]]:
    """What is put in place of what the page says, while the servers of it run."""
    with ExitStack() as stack:
        said = {"my-project/3": MODELS["object-detection"], "9001": str(_free_port())}
        for address, fault in STAND_INS.get(page, {}).items():
            url = stack.enter_context(running(create_app(key=KEY)))
            if fault:
                url = stack.enter_context(running(create_proxy(url, FAULTS[fault])))
            said[address] = url
        yield dict(sorted(said.items(), key=lambda pair: len(pair[0]), reverse=True))


def photographs(folder: Path) -> None:
    """A folder of pictures as a user has one."""
    folder.mkdir()
    for name in ("trio", "portrait"):
        (folder / f"{name}.png").write_bytes(encode_png(SCENES[name].pixels()))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
