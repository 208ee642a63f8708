"""Serves the real server on a socket that the parent process has bound: `python -m assay_rig.serve FD`.

The same parts as in the vendor's image for CPUs, but for what the rig does not need: video streams and active
learning.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from inference.core.env import MAX_ACTIVE_MODELS
from inference.core.interfaces.http.http_api import HttpInterface
from inference.core.managers.base import ModelManager
from inference.core.managers.decorators.fixed_size_cache import WithFixedSizeCache
from inference.core.registries.roboflow import RoboflowModelRegistry
from inference.models.utils import ROBOFLOW_MODEL_TYPES


def main(descriptor: int) -> None:
    """Runs until it is told to end."""
    manager = ModelManager(model_registry=RoboflowModelRegistry(ROBOFLOW_MODEL_TYPES))
    limited = WithFixedSizeCache(manager, max_size=MAX_ACTIVE_MODELS)
    limited.init_pingback()
    app = HttpInterface(limited).app
    uvicorn.Server(uvicorn.Config(app)).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
