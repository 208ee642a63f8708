"""`python -m docs.generating [FOLDER]` builds the site in FOLDER/site, and says where it lies."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generating.site import ROOT, build

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    try:
        print(build(folder.resolve()) / "index.html")
    except RuntimeError as problem:
        sys.exit(str(problem))
