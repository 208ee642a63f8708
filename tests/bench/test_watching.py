"""The server's machine beside the load, by recorded readings: whose GPUs are read, and what is said where none are."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from assay.bench import watching
from assay.bench.declared import ALL
from assay.bench.options import bench_options
from assay.bench.side import models_told
from assay.bench.watching import Watched, watched
from assay.compare.fingerprints import hardware
from assay.contract.message import Response
from assay.errors import UsageProblem
from assay.load.endpoint import Endpoint
from assay.load.gpu import Nvml
from assay.load.listening import Listeners
from assay.plugin.smoke import Smoke
from assay.record.model import Exchange
from assay.serving import running
from assay.target import Policy, Target

from ..load.test_telemetry import IN_PARTS, Library
from .exporter import Exporter


@pytest.fixture
def resources() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def seen(
    resources: ExitStack, url: str = "http://127.0.0.1:9", *, local: bool, metrics: str | None = None, gpus: str = ""
) -> Watched:
    target = Target(Policy(url=url))
    resources.callback(target.close)
    resources.enter_context(target.off_the_record())
    endpoint = Endpoint("here", 9, socket.AF_INET, ("127.0.0.1", 9), local=local)
    return watched(target, endpoint, metrics, resources, gpus.split())


def test_gpus_of_another_machine_are_read_from_the_exporter_that_is_named(resources: ExitStack) -> None:
    with running(Exporter()) as url:
        found = seen(resources, local=False, metrics=f"{url}/metrics")

    assert found.telemetry is not None
    assert found.hardware["gpu"] == "NVIDIA L4"
    assert (found.hardware["gpus"], found.hardware["gpu_driver"]) == (1, "570.1")
    assert (found.hardware["gpu_power_limit_watts"], found.hardware["gpu_memory_bytes"]) == (72.0, 22500 * 2**20)
    assert "cpu" not in found.hardware, "that of this machine is not that of the target"
    assert found.unseen == ""


def test_gpus_that_may_be_others_are_called_listed(resources: ExitStack) -> None:
    with running(Exporter(gpus=8)) as url:
        found = seen(resources, local=False, metrics=f"{url}/metrics")

    assert found.hardware["gpus_listed"] == 8
    assert "gpus" not in found.hardware
    assert hardware({"hardware": found.hardware}) == "8x NVIDIA L4 listed"
    assert found.unseen.startswith("8 GPUs are listed, and which of them the target uses is not known: --gpu tells")


def test_the_gpus_that_are_named_are_the_targets(resources: ExitStack) -> None:
    with running(Exporter(gpus=8)) as url:
        found = seen(resources, local=False, metrics=f"{url}/metrics", gpus="0 GPU-0002")

    assert found.hardware["gpu_uuids"] == ["GPU-0002", "GPU-0009"]
    assert hardware({"hardware": found.hardware}) == "2x NVIDIA L4"
    assert found.unseen == ""


def test_a_gpu_that_is_named_and_not_listed_is_refused(resources: ExitStack) -> None:
    with running(Exporter(gpus=2)) as url, pytest.raises(UsageProblem) as refused:
        seen(resources, local=False, metrics=f"{url}/metrics", gpus="0 5")

    assert str(refused.value) == "--gpu 5 is none of the GPUs that are listed, which are 1 (GPU-0008), 0 (GPU-0009)"


def test_a_gpu_is_not_named_where_none_is_listed(resources: ExitStack) -> None:
    with pytest.raises(UsageProblem, match="--gpu 0: no GPU is listed: nothing tells of its GPUs; --metrics-url"):
        seen(resources, local=False, gpus="0")


@pytest.mark.parametrize(
    ("targets", "given", "named"),
    [
        (1, [], ()),
        (1, ["0", "GPU-0002", "0"], (("0", "GPU-0002"),)),
        (1, ["0, 1"], (("0", "1"),)),
        (2, ["0,1", "2"], (("0", "1"), ("2",))),
    ],
)
def test_gpus_are_named_for_each_target(targets: int, given: list[str], named: tuple[tuple[str, ...], ...]) -> None:
    usual = {each.field: () if each.multiple else each.default for each in ALL}

    options = bench_options(["reference"] * targets, {**usual, "gpu": given})

    assert options.gpus == named


def test_a_target_that_tells_of_its_gpus_itself_is_asked(resources: ExitStack) -> None:
    with running(Exporter()) as url:
        found = seen(resources, url, local=False)

        assert found.hardware["gpu"] == "NVIDIA L4"


def test_where_nothing_tells_of_gpus_that_is_said(resources: ExitStack) -> None:
    found = seen(resources, local=False)

    assert found.telemetry is None
    assert "--metrics-url" in found.unseen


@pytest.mark.parametrize("url", ["gpu-box:9400", "http://127.0.0.1:9/metrics", "ftp://here/metrics"])
def test_an_exporter_that_does_not_answer_is_refused(url: str, resources: ExitStack) -> None:
    with pytest.raises(UsageProblem, match="--metrics-url"):
        seen(resources, local=False, metrics=url)


def test_what_tells_of_no_gpu_is_refused(resources: ExitStack) -> None:
    exporter = Exporter()
    exporter.values = {}
    with running(exporter) as url:
        exporter.__class__ = type("Empty", (Exporter,), {"__call__": _empty})
        with pytest.raises(UsageProblem, match="tells of no GPU"):
            seen(resources, local=False, metrics=url)


def test_an_exporter_that_tells_of_parts_alone_is_read(resources: ExitStack) -> None:
    async def exporter(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(IN_PARTS)(scope, receive, send)

    with running(exporter) as url:
        found = seen(resources, local=False, metrics=url, gpus="0/7")

    assert (found.hardware["gpu"], found.hardware["gpus"]) == ("NVIDIA A100-SXM4-80GB MIG 1g.10gb", 1)
    assert found.hardware["gpu_mig"] is True


async def _empty(self: Any, scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("http_requests_total 5\n")(scope, receive, send)


def local(monkeypatch: pytest.MonkeyPatch, listeners: Listeners, library: Library | None = None) -> None:
    """This machine has this GPU, and these listen on the target's port."""
    monkeypatch.setattr(watching, "Nvml", lambda: Nvml(library or Library()))
    monkeypatch.setattr(watching, "listening", lambda port: listeners)


def test_gpus_of_this_machine_are_read_by_nvml(resources: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    local(monkeypatch, Listeners((1,)))

    found = seen(resources, local=True)

    assert (found.hardware["gpu"], found.hardware["gpu_power_limit_watts"]) == ("NVIDIA L4", 72.0)
    assert found.hardware["cores"] > 0
    assert found.telemetry is not None
    assert found.unseen == ""


def test_a_tunnel_to_another_machine_is_not_taken_for_this_one(
    resources: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    local(monkeypatch, Listeners(passed_on="ssh", elsewhere=True))

    found = seen(resources, local=True)

    assert found.telemetry is None
    assert not found.hardware


def test_a_server_in_a_container_is_on_this_machine_and_unseen(
    resources: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    local(monkeypatch, Listeners(passed_on="docker-proxy"))

    found = seen(resources, local=True)

    assert found.hardware["gpu"] == "NVIDIA L4"
    assert found.unseen == "the server's processes are not seen: docker-proxy passes its port on"


def exchange(body: bytes) -> Exchange:
    answer = Response(200, (("content-type", "application/json"),), body)
    found: Any = SimpleNamespace(response=answer)
    return found  # type: ignore[no-any-return]


def test_models_are_told_as_answers_resolve_them() -> None:
    resolved = b'{"resolved_model": {"model_id": "a/1", "model_package_id": "p7", "backend": "trt", "quantization": 0}}'
    smoke = Smoke({"one": exchange(resolved), "other": exchange(b"\xff\xd8"), "third": exchange(b'{"time": 1}')})

    assert models_told(smoke) == {"one": "a/1 p7 trt"}
