"""The options of a benchmark that a check has not, declared once, and those of a check that it shares.

Nothing heavy is imported here: pytest loads it for everybody who has Assay installed.
"""

from __future__ import annotations

from assay.plugin.declared import DECLARED, Declared

SHARED = (
    "model", "key-env", "key-in", "header", "seed", "out", "timeout", "ready-timeout", "ca-bundle", "client-cert",
    "client-key", "proxy", "asset-bind", "asset-base-url", "quiet", "config",
)  # fmt: skip
OWN = (
    Declared(
        "workload", metavar="PATTERN", multiple=True,
        help="Measure the workloads whose id matches, such as 'sam2.*'.",
    ),
    Declared(
        "mix", metavar="TEXT", multiple=True,
        help="Measure several workloads in one load, with their shares of it: 'sam2.*=1,hosted.*=3'.",
    ),
    Declared(
        "images", kind="folder", metavar="FOLDER",
        help="Send pictures of your own (PNG, JPEG, WebP, BMP), a sample by --seed, as they are; where a workload is "
        "about sizes or new pictures, fitted and encoded anew.",
    ),
    Declared(
        "scenario", default="single-stream",
        choices=(
            "single-stream", "multi-stream", "server", "offline", "sweep", "highest-rate", "soak", "cold-start",
        ),
        help="One client; the same with lists of --batch pictures; --rate requests a second; the most there is; a row "
        "of rates; the most that meets --objective; hours of load; first answers after the model was unloaded.",
    ),
    Declared(
        "rate", kind="number", metavar="N", least=1e-6,
        help="Requests a second of `server`, and of `soak`, which is one client otherwise.",
    ),
    Declared(
        "arrivals", metavar="TEXT", default="poisson",
        help="How they come: `poisson`, as from many users; `constant`, evenly, as from a camera; or, without --rate, "
        "a FILE of seconds, one a line, as they came somewhere.",
    ),
    Declared(
        "batch", kind="integer", metavar="N", least=2, most=256, shown="8",
        help="Pictures in each request of `multi-stream`.",
    ),
    Declared("objective", metavar="TEXT", help="Of `highest-rate`: 'p99 <= 100 ms, errors < 0.1 %'."),
    Declared(
        "seconds", kind="number", metavar="N", least=0.1, most=1_000_000,
        shown="10; 1 on the reference; of a soak 3600, and 30",
        help="Of each load, once the target is steady.",
    ),
    Declared(
        "precision", metavar="N%",
        help="End each load once half of the intervals of p50 and of p99 is so little of them, such as 2%: after a "
        "tenth of --seconds at the soonest, after three times as many at the latest.",
    ),
    Declared(
        "repeat", kind="integer", metavar="N", least=1, most=1000, shown="1; 4 with two targets",
        help="Repetitions; two targets take turns, A B B A.",
    ),
    Declared(
        "workers", kind="integer", metavar="N", least=1, most=64, default=1,
        help="Processes that send, where one core is not enough.",
    ),
    Declared(
        "load-hosts", kind="integer", metavar="N", least=1, most=1000,
        help="Wait for N other machines, each with `assay load-host`, and have the load come from all of them, by "
        "Locust; --workers is then the number of processes on each.",
    ),
    Declared(
        "load-bind", metavar="HOST:PORT", shown="127.0.0.1:5557",
        help="Where load hosts reach this machine. What goes over it, the key included, is not encrypted.",
    ),
    Declared(
        "load-wait", kind="number", metavar="SECONDS", least=1, most=86400, shown="120",
        help="How long load hosts are waited for.",
    ),
    Declared(
        "fail-on", metavar="GATE", multiple=True,
        help='What must hold, as for compare: "p99 <= 100 ms", "p99 +5%".',
    ),
    Declared(
        "metrics-url", metavar="URL", multiple=True,
        help="A DCGM exporter that tells of the target's GPUs; with two targets twice, in their order.",
    ),
    Declared(
        "gpu", metavar="INDEX|UUID", multiple=True,
        help="A GPU that the target uses, where more are listed; with two targets twice, in their order, with commas "
        "between several of one.",
    ),
    Declared(
        "price-per-hour", kind="number", metavar="USD", least=1e-6, multiple=True,
        help="What an hour of the target's machine costs; with two targets twice, in their order.",
    ),
    Declared("published", kind="flag", help="Show figures that documents print beside what was measured."),
    Declared(
        "allow-unload", choices=("model", "all"),
        help="For `cold-start`: the target may be told to unload the model that is measured, or all that it holds. "
        "Whoever else asks it waits meanwhile.",
    ),
    Declared("allow-load", kind="flag", help="Put load on a target that is not this machine."),
)  # fmt: skip
"""In the order in which the help lists them."""
ALL = (*OWN, *(option for option in DECLARED if option.name in SHARED))
