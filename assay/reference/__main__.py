"""The embedded deployment as a process: it says its URL, and serves until whoever started it is gone."""

from __future__ import annotations

import sys

from assay import garbage


def main() -> None:
    """Serve until the standard input ends. It holds no model at first, so that a check sees each being loaded."""
    garbage.collect_seldom()  # before all that is there to be read: a tenth of that, too
    from assay.reference.app import create_app
    from assay.reference.embedded import KEY
    from assay.serving import running

    with running(create_app(key=KEY, warm=False)) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
