"""Family ix of PanSt3R: ids as colours."""

import numpy as np
from panst3r_archives import archive

from uniseg3d.io.id_images import colors_to_ids, ids_to_colors

DATA = 'ix_data_and_schedule'


def test_ids_as_colors_and_back():
    ids, colors = archive(DATA)['in.ids'], archive(DATA)['out.ids_rgb']
    assert np.array_equal(ids_to_colors(ids), colors)
    assert np.array_equal(colors_to_ids(colors), ids)
