"""The embedded deployment as a process: it says its URL, and serves until whoever started it is gone."""

from __future__ import annotations

import sys

from assay.reference.app import create_app
from assay.reference.embedded import KEY
from assay.serving import running


def main() -> None:
    """Serve until the standard input ends."""
    with running(create_app(key=KEY)) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
