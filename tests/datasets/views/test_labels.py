"""Views with class and instance of every pixel, as sequences and around pairs."""

from pathlib import Path

import numpy as np
import pytest
from view_files import SIZE, write_walks
from view_pair_files import PAIRS, write_scene

from uniseg3d.datasets.views import ViewPairDataset, ViewSequenceDataset
from uniseg3d.io.id_images import write_ids
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError

PLAIN = [{'type': 'CropViews'}, {'type': 'PackViews'}]
FIELDS = {'pipeline': PLAIN, 'resolutions': [(32, 16), (16, 16)], 'labels': True}


@pytest.fixture
def walks(tmp_path: Path) -> Path:
    """Left half: class 4, instance 7; right half unknown."""
    root = write_walks(tmp_path, scenes=1, frames=4, splits=('train',))
    ids = np.zeros(SIZE, int)
    ids[:, : SIZE[1] // 2] = 1000 * 5 + 7
    for number in range(4):
        write_ids(root / f'frames/room0000_00/panoptic/{number}.png', ids)
    return root


def test_labels_of_walks_are_cut_with_their_images(walks):
    sample = ViewSequenceDataset(str(walks), 'rooms', views=2, **FIELDS)[0]
    assert sample.semantic.shape == sample.instance.shape == (1, 2, 16, 32)
    left = sample.semantic[..., :15]
    assert (left == 4).all() and (sample.instance[..., :15] == 7).all()
    assert (sample.semantic[..., 17:] == -1).all() and not sample.instance[..., 17:].any()
    assert sample.classes == [list(class_list('scannet20').names)]


def test_nobody_gets_labels_unasked_and_not_every_data_set_has_them(walks):
    plain = ViewSequenceDataset(str(walks), 'rooms', views=2, pipeline=PLAIN, resolutions=[(32, 16)])[0]
    assert plain.semantic is None and plain.classes is None
    with pytest.raises(ConfigError, match='layout 7scenes has no labels'):
        ViewSequenceDataset(str(walks), '7scenes', **FIELDS)
    (walks / 'frames/room0000_00/panoptic/0.png').unlink()
    with pytest.raises(DataError, match=r'cannot read .*panoptic/0\.png'):
        [ViewSequenceDataset(str(walks), 'rooms', views=2, **FIELDS)[index] for index in range(2)]


def test_every_pair_starts_a_sequence_of_its_partners(tmp_path):
    data = ViewPairDataset(str(write_scene(tmp_path)), 'scannetpp_panoptic', views=4, **FIELDS)
    assert len(data) == len(PAIRS)
    sample = data[1, 1, 2]
    assert sample.images.shape == (1, 4, 3, 16, 16)
    assert sample.names[0][:2] == ['DSC1', 'DSC2'] and sorted(sample.names[0]) == ['DSC0', 'DSC1', 'DSC2', 'frame_000000']
    assert (sample.semantic == 1).all() and (sample.instance == 3).all() and sample.classes == [['wall', 'chair']]
    few = ViewPairDataset(str(write_scene(tmp_path / 'few', pairs=[(3, 1)])), 'scannetpp_panoptic', views=5, **FIELDS)
    assert [len(few), *few[0].names[0]] == [1, *['frame_000000', 'DSC1'] * 2, 'frame_000000']


def test_broken_tables_are_named(tmp_path):
    with pytest.raises(DataError, match=r'no scene in .* lists pairs'):
        ViewPairDataset(str(write_scene(tmp_path / 'a', pairs=[])), 'scannetpp_panoptic', **FIELDS)
    with pytest.raises(FileFormatError, match='images 0 to 9, of which there are 4'):
        ViewPairDataset(str(write_scene(tmp_path / 'b', pairs=[(0, 9)])), 'scannetpp_panoptic', **FIELDS)
    root = write_scene(tmp_path / 'c')
    (root / 'categories.json').write_text('[{"id": 4, "name": "chair"}]')
    with pytest.raises(FileFormatError, match=r'expected the ids 0 to 0, got \[4\]'):
        ViewPairDataset(str(root), 'scannetpp_panoptic', **FIELDS)[0]
