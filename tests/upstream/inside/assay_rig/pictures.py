"""The pictures that recorded requests send: 640 x 480, grey, red and blue rectangles on the models' grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 640, 480
RED, BLUE, GREY = (255, 0, 0), (0, 0, 255), 128
ORIENTATION, TURN_CLOCKWISE = 0x0112, 6  # EXIF: show the picture turned by 90 degrees clockwise


def paint(*rectangles: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> Image.Image:
    """A grey picture with filled rectangles: each a half-open box (x0, y0, x1, y1) in px, and a colour."""
    pixels = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    for (x0, y0, x1, y1), colour in rectangles:
        pixels[y0:y1, x0:x1] = colour
    return Image.fromarray(pixels)


def make(folder: Path) -> None:
    """Writes every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    two = paint(
        ((80, 60, 160, 120), RED),  # exactly the cell of column 1, row 1
        ((400, 300, 480, 360), BLUE),  # exactly the cell of column 5, row 5
        ((480, 60, 560, 90), RED),  # the upper half of a cell: about half the confidence
    )
    two.save(folder / "two.jpg", quality=95)
    (folder / "two-truncated.jpg").write_bytes((folder / "two.jpg").read_bytes()[:1500])
    two.save(folder / "two.png")
    two.save(folder / "two.webp", lossless=True)
    two.save(folder / "two.gif")
    exif = Image.Exif()
    exif[ORIENTATION] = TURN_CLOCKWISE
    two.save(folder / "turned.jpg", quality=95, exif=exif)
    two.convert("L").save(folder / "grey.jpg", quality=95)
    # Two neighbouring cells: the boxes around them overlap with an IoU of 0.304.
    paint(((80, 60, 240, 120), RED)).save(folder / "overlap.jpg", quality=95)
    paint().save(folder / "blank.jpg")
