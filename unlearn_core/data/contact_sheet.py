"""A contact sheet: enlarged samples with captions, for judging a feature by eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SheetEntry", "contact_sheet"]

_PAPER, _INK, _MARK = (255, 255, 255), (0, 0, 0), (200, 30, 30)
_CAPTION = 14  # pixels of height below each image
_GAP = 4


@dataclass(frozen=True, eq=False, slots=True)
class SheetEntry:
    """One sample on a sheet."""

    image: NDArray[np.uint8]  # (H, W, C)
    caption: str
    marked: bool = False  # gets a red frame


def contact_sheet(entries: Sequence[SheetEntry], columns: int, scale: int) -> Image:
    """Draw samples row by row, each pixel as a block of `scale` x `scale`.

    Args:
        entries: At least one sample; all images have one shape.
        columns: Samples per row.
        scale: Enlargement, at least 1.
    """
    from PIL import Image, ImageDraw

    height, width, _ = entries[0].image.shape
    cell_width, cell_height = width * scale + 2 * _GAP, height * scale + 2 * _GAP + _CAPTION
    rows = -(-len(entries) // columns)
    sheet = Image.new("RGB", (columns * cell_width, rows * cell_height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for position, entry in enumerate(entries):
        left = position % columns * cell_width
        top = position // columns * cell_height
        if entry.marked:
            box = (left + 1, top + 1, left + cell_width - 2, top + cell_height - _CAPTION - 2)
            draw.rectangle(box, fill=_MARK)
        colour = np.broadcast_to(entry.image, (height, width, 3))
        blocks = colour.repeat(scale, axis=0).repeat(scale, axis=1)
        sheet.paste(Image.fromarray(np.ascontiguousarray(blocks)), (left + _GAP, top + _GAP))
        draw.text((left + _GAP, top + cell_height - _CAPTION), entry.caption, fill=_INK)
    return sheet
