"""Serves the stub on a socket that the parent has bound: `python -m tests.upstream.stub FD FOLDER`."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import uvicorn

from .app import create_app


def main(descriptor: int, folder: Path) -> None:
    """Runs until it is told to end; every request is a line of the output."""
    app = create_app(folder, json.loads((folder / "manifest.json").read_text()))
    uvicorn.Server(uvicorn.Config(app, log_level="info")).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
