"""Telemetry: readings of GPUs, written by hand after the documentation of NVML and of the DCGM exporter."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay.load import telemetry
from assay.load.clock import SECOND, now
from assay.load.gpu import Chosen, Dcgm, GpuReading, Nvml, dcgm_facts, dcgm_readings
from assay.load.listening import ProcessReading
from assay.load.telemetry import Telemetry, idle_watts, use_of

EXPORTED = (Path(__file__).parent / "dcgm.txt").read_text("utf-8")
IN_PARTS = (Path(__file__).parent / "dcgm-mig.txt").read_text("utf-8")
"""A GPU of which only three parts are told (MIG), each with the power of the whole."""


class NoAnswer(Exception):
    """What NVML raises."""


class Library:
    """NVML with one L4, which answers as it is told to."""

    NVMLError = NoAnswer

    def __init__(self, **other: Any) -> None:
        self.closed = False
        self._answers = {
            "nvmlDeviceGetCount": 1,
            "nvmlDeviceGetHandleByIndex": "device",
            "nvmlDeviceGetUUID": "GPU-1",
            "nvmlDeviceGetName": "NVIDIA L4",
            "nvmlDeviceGetVbiosVersion": "95.04.29",
            "nvmlSystemGetDriverVersion": "570.1",
            "nvmlSystemGetCudaDriverVersion_v2": 12080,
            "nvmlDeviceGetEnforcedPowerLimit": 72000,
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=24 << 30, used=3 << 30),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=87, memory=40),
            "nvmlDeviceGetPowerUsage": 61500,
            "nvmlDeviceGetTotalEnergyConsumption": 9_000_000,
            "nvmlDeviceGetClockInfo": 1635,
            "nvmlDeviceGetMaxClockInfo": 2040,
            "nvmlDeviceGetTemperature": 71,
            "nvmlDeviceGetCurrentClocksEventReasons": 0x4,
            "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=77)],
            "nvmlDeviceGetMigMode": NoAnswer(),
            "nvmlInit": None,
            "nvmlShutdown": None,
            **other,
        }

    def __getattr__(self, name: str) -> Any:
        if name not in self._answers:
            raise AttributeError(name)

        def answer(*_: Any) -> Any:
            if isinstance(self._answers[name], Exception):
                raise self._answers[name]
            self.closed = self.closed or name == "nvmlShutdown"
            return self._answers[name]

        return answer


def test_nvml_is_read_in_plain_units() -> None:
    source = Nvml(Library())

    (reading,) = source.read()

    assert (reading.gpu, reading.name, reading.watts, reading.joules) == ("GPU-1", "NVIDIA L4", 61.5, 9000.0)
    assert (reading.utilisation, reading.clock, reading.celsius, reading.reasons) == (87.0, 1635, 71, 0x4)
    assert reading.processes == frozenset({77})
    assert source.facts[0]["power_limit_watts"] == 72.0
    assert "mig" not in source.facts[0], "what it does not know is not told"


def test_what_an_old_gpu_does_not_know_is_left_out() -> None:
    old = Library(nvmlDeviceGetTotalEnergyConsumption=NoAnswer(), nvmlDeviceGetUtilizationRates=NoAnswer())
    old._answers["nvmlDeviceGetCurrentClocksThrottleReasons"] = 0x20
    del old._answers["nvmlDeviceGetCurrentClocksEventReasons"]

    (reading,) = Nvml(old).read()

    assert (reading.joules, reading.utilisation, reading.reasons) == (None, None, 0x20)


def test_a_machine_without_a_gpu_says_so() -> None:
    with pytest.raises(LookupError, match="no GPU can be asked here: library not found"):
        Nvml(Library(nvmlInit=NoAnswer("library not found")))


def test_the_library_that_is_installed_answers_or_says_why_not() -> None:
    try:
        Nvml().close()
    except LookupError as refused:
        said = str(refused)
    else:
        said = "no GPU can be asked here: there is one, and it was"
    assert said.startswith("no GPU can be asked here: ")


def test_a_dcgm_exporter_is_read_into_the_same() -> None:
    first, second = dcgm_readings(EXPORTED, 5)

    assert (first.at, first.gpu, first.name) == (5, "GPU-0001", "NVIDIA A100-SXM4-80GB")
    assert (first.utilisation, first.watts, first.joules, first.clock) == (93.0, 287.4, 319159.391, 1410.0)
    assert (first.memory, first.celsius, first.reasons) == (4845 * 2**20, 61.0, 0x4)
    assert (first.too_hot, first.power_capped) == (2.5, 7.0)
    assert second.clock is None, "a blank value of DCGM's is none"


def test_a_gpu_of_which_only_parts_are_told_is_read_by_its_parts() -> None:
    last, first, second = dcgm_readings(IN_PARTS, 5)

    assert (first.gpu, first.index, first.part) == ("GPU-0001/7", "0/7", True)
    assert [one.name for one in (first, second, last)] == [
        "NVIDIA A100-SXM4-80GB MIG 1g.10gb/7", "NVIDIA A100-SXM4-80GB MIG 1g.10gb/8",
        "NVIDIA A100-SXM4-80GB MIG 3g.40gb/2",
    ]  # fmt: skip
    assert (first.memory, first.clock, first.celsius, first.too_hot) == (4845 * 2**20, 1215.0, 61.0, 2.5)
    assert second.memory == 13 * 2**20


def test_the_power_of_a_whole_is_not_that_of_each_of_its_parts() -> None:
    told = [one for at in range(11) for one in dcgm_readings(IN_PARTS, at * SECOND)]

    use = use_of(told, [], 0, 10 * SECOND, chosen=True)

    assert use.joules is None
    assert [gpu.watts for gpu in use.gpus] == [None] * 3
    assert "GPU 0/7 (NVIDIA A100-SXM4-80GB MIG 1g.10gb/7) is a part of a GPU" in " ".join(use.notes)


def test_the_power_of_a_whole_is_that_of_its_only_part() -> None:
    alone = "".join(line for line in IN_PARTS.splitlines(keepends=True) if line[0] == "#" or 'GPU_I_ID="7"' in line)

    (reading,) = dcgm_readings(alone, 5)

    assert (reading.watts, reading.joules) == (287.4, 319159.391)


def test_parts_are_named_for_the_fingerprint_by_their_profiles() -> None:
    last, first, _ = dcgm_facts(IN_PARTS)

    assert first == {
        "uuid": "GPU-0001/7", "name": "NVIDIA A100-SXM4-80GB MIG 1g.10gb", "driver": "570.1", "mig": True,
        "memory_bytes": 9728 * 2**20,
    }  # fmt: skip
    assert last["name"] == "NVIDIA A100-SXM4-80GB MIG 3g.40gb"


@pytest.mark.parametrize("name", ["0/7", "GPU-0001/7"])
def test_a_part_is_chosen_by_itself(name: str) -> None:
    chosen = Chosen(Dcgm(lambda: IN_PARTS), [name])

    assert [one.gpu for one in chosen.read()] == ["GPU-0001/7"]


@pytest.mark.parametrize("name", ["0", "GPU-0001"])
def test_a_gpu_is_chosen_with_all_its_parts(name: str) -> None:
    chosen = Chosen(Dcgm(lambda: IN_PARTS), [name])

    assert len(chosen.read()) == 3


@pytest.mark.parametrize("text", [None, "", "# nothing here\n", "<html>Not Found</html>", "http_requests_total 5\n"])
def test_what_is_no_metrics_of_gpus_is_no_reading(text: str | None) -> None:
    assert Dcgm(lambda: text).read() == []


def test_an_exporter_names_its_gpus_for_the_fingerprint() -> None:
    source = Dcgm(lambda: EXPORTED)

    source.read()

    assert source.facts[0] == {"uuid": "GPU-0001", "name": "NVIDIA A100-SXM4-80GB"}


def readings(count: int = 11, **other: Any) -> list[GpuReading]:
    """One a second, at 60 W."""
    usual = {"name": "NVIDIA L4", "utilisation": 90.0, "watts": 60.0, "clock": 1600.0, "reasons": 0}
    return [
        GpuReading(number * SECOND, "GPU-1", **{"joules": 1000.0 + 60 * number, **usual, **other})
        for number in range(count)
    ]


def test_an_exporter_tells_limits_and_memory_where_it_has_them() -> None:
    labels = '{gpu="0",UUID="GPU-0001",modelName="NVIDIA L4",DCGM_FI_DRIVER_VERSION="570.1"}'
    parts = {"FB_USED": 3000, "FB_FREE": 19000, "FB_RESERVED": 500, "POWER_MGMT_LIMIT": 72}

    (facts,) = dcgm_facts("".join(f"DCGM_FI_DEV_{name}{labels} {value}\n" for name, value in parts.items()))

    assert facts == {
        "uuid": "GPU-0001", "name": "NVIDIA L4", "driver": "570.1", "power_limit_watts": 72.0,
        "memory_bytes": 22500 * 2**20,
    }  # fmt: skip


def test_readings_that_got_no_answer_are_told() -> None:
    texts: list[str | None] = [EXPORTED, None]
    reading = Telemetry(Dcgm(lambda: texts.pop(0)))

    reading.take()
    reading.take()

    assert "1 of 2 readings of the GPUs got no answer" in reading.use(0, now()).notes


def test_energy_is_that_of_the_counter_over_the_whole_time() -> None:
    use = use_of(readings(), [], SECOND // 2, 10 * SECOND + SECOND // 2)

    assert use.joules == pytest.approx(600)
    assert use.joules_each(300) == pytest.approx(2)
    assert use.joules_each(0) is None


@pytest.mark.parametrize("joules", [[None] * 11, [5000.0] + [10.0] * 10], ids=["no counter", "counter began anew"])
def test_energy_is_that_of_the_power_where_the_counter_tells_nothing(joules: list[float | None]) -> None:
    told = [replace(one, joules=each) for one, each in zip(readings(), joules)]

    assert use_of(told, [], 0, 10 * SECOND).joules == pytest.approx(600)


def test_energy_that_one_gpu_does_not_tell_is_not_guessed() -> None:
    dumb = [GpuReading(number * SECOND, "GPU-2") for number in range(11)]

    assert use_of([*readings(), *dumb], [], 0, 10 * SECOND, chosen=True).joules is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"reasons": 0x40}, "NVIDIA L4 was throttled in 100% of the time: it was too hot, as its hardware judged"),
        ({"reasons": 0x28}, "its hardware slowed it down"),
        ({"processes": frozenset({7, 8})}, "shared: 1 process that are not the server's"),
    ],
)
def test_a_gpu_that_was_throttled_or_shared_makes_a_run_doubtful(other: dict[str, Any], said: str) -> None:
    use = use_of(readings(**other), [], 0, 10 * SECOND, frozenset({7}))

    assert any(said in doubt for doubt in use.doubts), use.doubts


def test_a_dcgm_counter_of_heat_tells_the_same() -> None:
    told = [replace(one, too_hot=number * 0.1) for number, one in enumerate(readings())]

    assert "for 1.0 s: it was too hot" in use_of(told, [], 0, 10 * SECOND).doubts[0]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (readings(reasons=0x4), "at its power limit in 100%"),
        (readings(reasons=0x2), "set by hand"),
        ([replace(one, power_capped=float(number)) for number, one in enumerate(readings())], "for 10.0 s"),
        ([replace(one, clock=1000.0 + 100 * number) for number, one in enumerate(readings())], "1000 and 2000 MHz"),
    ],
)
def test_what_is_normal_for_a_card_at_work_is_a_note(told: list[GpuReading], said: str) -> None:
    use = use_of(told, [], 0, 10 * SECOND)

    assert use.doubts == ()
    assert any(said in note for note in use.notes), use.notes


def test_a_gpu_that_knows_none_of_the_servers_processes_is_not_called_shared() -> None:
    use = use_of(readings(processes=frozenset({4711})), [], 0, 10 * SECOND, frozenset({7}))

    assert use.doubts == (), "in a container it calls processes by other numbers"


def test_only_the_gpus_of_the_server_are_counted() -> None:
    others = [replace(one, gpu="GPU-2", processes=frozenset({8}), reasons=0x40) for one in readings()]

    use = use_of([*readings(processes=frozenset({7})), *others], [], 0, 10 * SECOND, frozenset({7}))

    assert [gpu.gpu for gpu in use.gpus] == ["GPU-1"]
    assert use.joules == pytest.approx(600)
    assert use.doubts == ()


def eight(**other: Any) -> list[GpuReading]:
    """A host of eight: one serves at 60 W, and seven draw 50 W; what an exporter tells names no processes."""
    idle = [
        replace(one, gpu=f"GPU-{number}", index=str(number), joules=1000.0 + 50 * place, **other)
        for number in range(1, 8)
        for place, one in enumerate(readings())
    ]
    return [*(replace(one, gpu="GPU-0", index="0") for one in readings()), *idle]


def test_of_gpus_that_may_be_others_no_energy_is_told() -> None:
    use = use_of(eight(), [], 0, 10 * SECOND)

    assert use.joules is None
    assert use.joules_each(100) is None
    assert len(use.gpus) == 8
    assert use.notes == (
        "8 GPUs are listed, and which of them the target uses is not known: --gpu tells; without it no energy of an "
        "inference is told",
    )


def test_a_gpu_that_may_be_anothers_makes_no_run_doubtful() -> None:
    use = use_of(eight(reasons=0x40), [], 0, 10 * SECOND)

    assert use.doubts == ()
    assert any(note.startswith("GPU 3 (NVIDIA L4) was throttled in 100% of the time") for note in use.notes)


def test_gpus_that_are_said_to_be_the_targets_are_all_counted() -> None:
    use = use_of(eight(reasons=0x40), [], 0, 10 * SECOND, chosen=True)

    assert use.joules == pytest.approx(600 + 7 * 500)
    assert len(use.doubts) == 7


@pytest.mark.parametrize(("names", "read"), [(["1"], ["GPU-0002"]), (["GPU-0001"], ["GPU-0001"]),
                                             (["0", "GPU-0002"], ["GPU-0001", "GPU-0002"])])  # fmt: skip
def test_gpus_are_chosen_by_number_or_uuid(names: list[str], read: list[str]) -> None:
    source = Dcgm(lambda: EXPORTED)

    chosen = Chosen(source, names)

    assert [one.gpu for one in chosen.read()] == read
    assert [facts["uuid"] for facts in chosen.facts] == read


def test_a_gpu_of_this_machine_is_chosen_by_its_number() -> None:
    chosen = Chosen(Nvml(Library()), ["0"])

    assert [one.gpu for one in chosen.read()] == ["GPU-1"]
    assert [facts["uuid"] for facts in chosen.facts] == ["GPU-1"]


def test_a_gpu_that_is_not_listed_is_not_chosen() -> None:
    with pytest.raises(LookupError, match=r"^7 is none of the GPUs that are listed, which are 0 \(GPU-0001\), 1 "):
        Chosen(Dcgm(lambda: EXPORTED), ["7"])


def test_a_counter_that_is_seldom_renewed_tells_no_energy() -> None:
    stale = [replace(one, joules=1000.0 + 900 * (number // 8)) for number, one in enumerate(readings())]

    use = use_of(stale, [], 0, 10 * SECOND)

    assert use.joules is None
    assert "renewed its counter of energy 1 times only" in use.notes[0]


def test_energy_is_counted_from_one_renewal_to_another() -> None:
    slow = [replace(one, joules=1000.0 + 60 * (number // 2 * 2)) for number, one in enumerate(readings())]

    assert use_of(slow, [], 0, 10 * SECOND).joules == pytest.approx(600)


def test_an_idle_or_sound_gpu_is_not_accused() -> None:
    for told in (readings(), readings(reasons=0x1), readings(reasons=None, processes=None), readings(processes={7})):
        use = use_of(told, [], 0, 10 * SECOND, frozenset({7}))
        assert (use.doubts, use.notes) == ((), ())


def test_only_the_time_that_counts_is_used() -> None:
    hot = [replace(one, reasons=0x40) if one.at < 5 * SECOND else one for one in readings()]

    assert use_of(hot, [], 5 * SECOND, 10 * SECOND).doubts == ()


def test_the_servers_processes_are_told_with_their_growth() -> None:
    own = [ProcessReading(number * SECOND, number * 0.5, 1000 + 10 * number) for number in range(21)]

    use = use_of([], own, 0, 20 * SECOND)

    assert use.cores == pytest.approx(0.5)
    assert use.memory == 1200
    assert use.memory_growth == pytest.approx(10)


def test_what_would_have_been_drawn_idle_is_told_apart() -> None:
    use = use_of(readings(), [], 0, 10 * SECOND, idle={"GPU-1": 17.0})

    assert (use.gpus[0].idle_watts, use.gpus[0].idle_joules) == (17.0, 170.0)
    assert use.joules_each(300) == pytest.approx(2)
    assert use.idle_joules_each(300) == pytest.approx(170 / 300)
    assert use.idle_joules_each(0) is None


def test_idle_energy_that_one_gpu_does_not_tell_is_not_guessed() -> None:
    other = [replace(one, gpu="GPU-2") for one in readings()]

    use = use_of([*readings(), *other], [], 0, 10 * SECOND, chosen=True, idle={"GPU-1": 17.0})

    assert use.joules == pytest.approx(1200)
    assert use.idle_joules is None


def test_of_gpus_that_may_be_others_no_idle_energy_is_told() -> None:
    use = use_of(eight(), [], 0, 10 * SECOND, idle={f"GPU-{number}": 17.0 for number in range(8)})

    assert use.idle_joules is None
    assert {gpu.idle_watts for gpu in use.gpus} == {17.0}


def test_idle_is_the_median_of_what_was_drawn_at_rest() -> None:
    told = [
        replace(one, utilisation=used, watts=watts)
        for one, (used, watts) in zip(readings(), [(80.0, 60.0), (0.0, 21.0), (2.0, 16.0), (0.0, 17.0)])
    ]

    assert idle_watts(told) == {"GPU-1": 17.0}


@pytest.mark.parametrize(
    "told",
    [
        readings(),
        readings(utilisation=0.0, watts=None),
        readings(1, utilisation=0.0),
        readings(utilisation=None),
        [replace(one, utilisation=used) for one, used in zip(readings(), (0.0, 0.0, 90.0, 0.0))],
    ],
    ids=["at work", "no power", "one reading", "use not told", "at work now and then"],
)
def test_what_a_gpu_draws_idle_is_not_guessed(told: list[GpuReading]) -> None:
    assert idle_watts(told) == {}


@pytest.mark.parametrize(
    ("used", "idle", "noted"), [(0, 61.5, ""), (87, None, "what NVIDIA L4 draws idle is not known: before the first")]
)
def test_idle_power_is_read_before_the_first_load_and_kept_over_all(used: int, idle: float | None, noted: str) -> None:
    reading = Telemetry(Nvml(Library(nvmlDeviceGetUtilizationRates=SimpleNamespace(gpu=used, memory=0))))
    reading.take()
    reading.take()

    reading.rest(0)
    reading.begin(1.0)
    reading.take()

    use = reading.use(0, now())
    assert use.gpus[0].idle_watts == idle
    assert noted in " ".join(use.notes)


def test_it_reads_beside_a_load_and_stops() -> None:
    began = now()
    with Telemetry(Nvml(library := Library()), [os.getppid(), 2**22 + 1], gap=0.01) as reading:
        for _ in range(1000):
            if len(reading.gpu_readings) > 3:
                break
            time.sleep(0.01)

    use = reading.use(began, now())
    assert use.gpus[0].watts == 61.5
    assert use.memory is not None
    assert reading.facts[0]["name"] == "NVIDIA L4"
    assert library.closed
    assert not reading.missing


def test_what_breaks_in_it_breaks_nothing_else() -> None:
    def fetch() -> str:
        raise OSError("gone")

    with Telemetry(Dcgm(fetch), gap=0.01) as reading:
        reading._thread.join(10)

    assert reading.missing == "telemetry ended: OSError"
    assert reading.use(0, now()).gpus == ()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "MOST_KEPT", 8)
    reading = Telemetry(Nvml(Library()))

    for _ in range(100):
        reading.take()

    assert 4 <= len(reading.gpu_readings) <= 8
