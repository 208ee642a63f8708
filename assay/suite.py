"""Where the suite's own folders lie: schemas, fixtures, conformance, benchmarks, questions, reports.

In a checkout they stand beside the package; a wheel carries them inside it, under `assay/_suite/`, and of the fixtures
what a command needs: `known-deviations`, `published-figures`, `samples` and `tolerances`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SUITE_FOLDERS: Final = ("schemas", "fixtures", "conformance", "benchmarks", "questions", "reports")

_PACKAGE: Final = Path(__file__).resolve().parent


class SuiteFolderMissing(RuntimeError):
    """The installation lacks a folder of the suite."""


def suite_folder(name: str) -> Path:
    """The absolute path of one folder of the suite.

    Raises ValueError for a name that is not in SUITE_FOLDERS, SuiteFolderMissing where the installation is not whole.
    """
    if name not in SUITE_FOLDERS:
        raise ValueError(f"{name!r} is no folder of the suite; there are {', '.join(SUITE_FOLDERS)}")
    # The wheel's place comes first: beside an installed package lie other people's folders of the same name.
    for place in (_PACKAGE / "_suite" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise SuiteFolderMissing(f"the folder {name} of the suite is missing from {_PACKAGE.parent}; install Assay again")
