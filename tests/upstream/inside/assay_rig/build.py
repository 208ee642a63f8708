"""Makes all that the rig serves: `python -m assay_rig.build FOLDER` fills its pictures/ and packages/."""

from __future__ import annotations

import sys
from pathlib import Path

from . import florence2, grid, owlv2, pictures, road, sam2


def make(folder: Path) -> None:
    """The names of the packages are those of the stub's catalogue."""
    painted, packages = folder / "pictures", folder / "packages"
    pictures.make(painted)
    grid.make_animals(packages / "animals")
    grid.make_people(packages / "people")
    road.make_road(packages / "road")
    florence2.make(packages / "florence2", painted)
    owlv2.make(packages / "owlv2")
    sam2.make(packages / "sam2")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
