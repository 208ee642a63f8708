"""`python -m tests.gpu serve`, `measure`, `figures`: see README.md."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path


def main() -> int:
    """Run one of the commands; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="the example server, until it is interrupted")
    serve.add_argument("--port", type=int, default=9001)
    for each in (serve, measure := commands.add_parser("measure", help="all measurements, each bounded in time")):
        each.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
        each.add_argument("--dtype", choices=["bf16", "fp32"], default="bf16")
        each.add_argument("--sizes", choices=["real", "tiny"], default="real")
    measure.add_argument("--out", type=Path, required=True, help="the folder into which records and reports are packed")
    measure.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    measure.add_argument("--repeat", type=int, default=3)
    measure.add_argument("--most", type=float, default=840.0, help="seconds that all of it may take")
    measure.add_argument(
        "--step", action="append", default=[], help="only this step of `steps` in measure.py; `named` too"
    )
    measure.add_argument("--workload", action="append", default=[], help="one more for a step of its own, `named`")
    measure.add_argument("--smoke", action="store_true", help="one request of each operation, and nothing more")
    figures = commands.add_parser("figures", help="the page docs/measured-on-a-gpu.md, from a run's records")
    figures.add_argument("record", type=Path, nargs="+", help="the folder of a run, or what `measure` packed")
    given = parser.parse_args()
    if given.command == "serve":
        return _serve(given)
    if given.command == "measure":
        from .measure import measure as measured

        return measured(given)
    from .figures import write

    return write(given.record)


def _serve(given: argparse.Namespace) -> int:
    began = time.perf_counter()
    import cv2
    import torch
    import uvicorn

    from .device import prepared
    from .server import THREADS, Eyes, application, seeing
    from .sizes import SIZES

    def tell(said: str) -> None:
        print(f"{time.perf_counter() - began:7.2f} s  {said}", file=sys.stderr, flush=True)

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    tell(f"torch {torch.__version__}, {gpu}")
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(1)
    eyes = Eyes(prepared(given.device, given.dtype), SIZES[given.sizes])
    with seeing(eyes):
        eyes.open(tell)
        tell("ready")
        uvicorn.run(application(eyes), port=given.port, access_log=False, log_level="warning", ws="none")
    return 0


if __name__ == "__main__":
    sys.exit(main())
