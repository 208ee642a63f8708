"""How a server is started: what a person may choose, and the environment variables that follow from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from .places import INSIDE

Engine = Literal["new", "old"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

# Nothing else of the caller's environment reaches the server, above all no proxy and no key.
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
SERVER_ID = "assay-rig"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs from one start to another.

    Attributes:
        engine: `new` loads models through inference-models, `old` through the classes of the server itself.
        port: The server's port; 0 takes a free one.
        refuse_urls: Pictures by URL need https and a full domain name, as in a server out of the box.
            Otherwise the stub's own addresses are allowed.
        cache_auth: The key is judged at every call, and not only when a model is loaded.
        threads: How many threads a model computes with; several servers share few cores.
        extra: More environment variables of the server; these win.
    """

    engine: Engine = "new"
    port: int = 0
    refuse_urls: bool = False
    cache_auth: bool = False
    threads: int = 1
    extra: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


def server_environment(settings: Settings, state: Path, platform: str) -> dict[str, str]:
    """Every environment variable of the server's process.

    Args:
        settings: The choices.
        state: The instance's own folder; all that the server writes lands there.
        platform: The stub's base URL.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    process = {
        "HOME": str(state),
        "PYTHONPATH": str(INSIDE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # so that sets are spelled in the same order each time
        "OMP_NUM_THREADS": str(settings.threads),
        "MPLCONFIGDIR": str(state.parent / ".matplotlib"),  # shared: its font cache takes seconds to make
    }
    ours = process | _places(state, platform) | _features() | _choices(settings)
    return inherited | ours | dict(settings.extra)


def _places(state: Path, platform: str) -> dict[str, str]:
    return {
        "API_BASE_URL": platform,
        "ROBOFLOW_API_HOST": platform,
        "METRICS_COLLECTOR_BASE_URL": platform,
        "MODEL_CACHE_DIR": str(state / "cache"),
        "INFERENCE_HOME": str(state / "cache"),
        "HF_HOME": str(state / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "INFERENCE_SERVER_ID": SERVER_ID,
        "DEVICE_ID": SERVER_ID,
    }


def _features() -> dict[str, str]:
    return {
        "TELEMETRY_OPT_OUT": "True",
        "METRICS_ENABLED": "False",
        "ACTIVE_LEARNING_ENABLED": "False",
        "DISABLE_VERSION_CHECK": "True",
        "INFERENCE_WARNINGS_DISABLED": "True",
        "ENABLE_STREAM_API": "False",
        "ENABLE_PROMETHEUS": "True",
        "API_LOGGING_ENABLED": "True",
        "NOTEBOOK_ENABLED": "False",
        "LMM_ENABLED": "True",
        "FLORENCE2_ENABLED": "True",
        "CORE_MODEL_OWLV2_ENABLED": "True",
        "OWLV2_COMPILE_MODEL": "False",
        "CORE_MODEL_SAM2_ENABLED": "True",
        "SAM2_VERSION_ID": "hiera_tiny",
        "CORE_MODEL_SAM3_ENABLED": "False",
        "CORE_MODEL_YOLO_WORLD_ENABLED": "False",
        "ONNXRUNTIME_EXECUTION_PROVIDERS": "[CPUExecutionProvider]",
    }


def _choices(settings: Settings) -> dict[str, str]:
    choices = {"USE_INFERENCE_MODELS": str(settings.engine == "new")}
    if not settings.refuse_urls:
        choices |= {"ALLOW_NON_HTTPS_URL_INPUT": "True", "ALLOW_URL_INPUT_WITHOUT_FQDN": "True"}
    if settings.cache_auth:
        choices |= {"MODELS_CACHE_AUTH_ENABLED": "True"}
    return choices
