"""Pictures of single objects."""

import json

import numpy as np

from uniseg3d.io.images import read_color, read_map
from uniseg3d.rooms.class_pictures import folder_name, make_class_pictures, pictures_in


def test_pictures_show_their_class_and_are_kept(tmp_path):
    (tmp_path / 'two.json').write_text(json.dumps({'names': ['wall', 'floor'], 'ids': [1, 2]}))
    classes = str(tmp_path / 'two.json')
    assert make_class_pictures(tmp_path / 'out', classes, 1) == {'wall': 1, 'floor': 1}
    folder = tmp_path / 'out' / 'floor'
    label, rough = read_map(folder / 'label' / '0.png'), read_map(folder / 'rough' / '0.png') > 0
    own = label == 3  # the label id of floors
    assert own.mean() > 0.02 and (own & rough).sum() / (own | rough).sum() > 0.5
    assert read_color(folder / 'color' / '0.jpg').shape[:2] == label.shape == read_map(folder / 'instance' / '0.png').shape
    written = (folder / 'color' / '0.jpg').stat().st_mtime_ns
    make_class_pictures(tmp_path / 'out', classes, 1)
    assert (folder / 'color' / '0.jpg').stat().st_mtime_ns == written


def test_folders_of_classes(tmp_path):
    assert folder_name('shower curtain') == 'shower_curtain' and pictures_in(tmp_path) == 0
    (tmp_path / 'color').mkdir()
    for number in (0, 1, 3):
        (tmp_path / 'color' / f'{number}.jpg').touch()
    assert pictures_in(tmp_path) == 2  # the third is missing
    assert np.isscalar(pictures_in(tmp_path))
