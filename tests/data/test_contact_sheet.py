import numpy as np
from tiny_data import pixels

from unlearn_core.data.contact_sheet import SheetEntry, contact_sheet


def test_every_pixel_becomes_a_block_and_marked_samples_get_a_frame():
    images = pixels(3, 2, 2, 1)
    entries = [SheetEntry(image, f"id {i}", marked=i == 2) for i, image in enumerate(images)]
    sheet = np.asarray(contact_sheet(entries, columns=2, scale=10))
    cell_height, cell_width = sheet.shape[0] // 2, sheet.shape[1] // 2
    third = sheet[cell_height:, :cell_width]
    enlarged = np.kron(images[2, :, :, 0], np.ones((10, 10), np.uint8))
    np.testing.assert_array_equal(third[4:24, 4:24, 0], enlarged)
    red = (third[..., 0] > 150) & (third[..., 1] < 60) & (third[..., 2] < 60)
    assert red[:3].any()
    first = sheet[:cell_height, :cell_width].astype(int)
    assert (np.ptp(first, axis=2) == 0).all()
