"""Views made of single labelled photos."""

import json
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.views.pseudo_views import PseudoViewDataset, cut_out, warped
from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import write_jpeg
from uniseg3d.utils.errors import ConfigError, DataError

PIPELINE = [{'type': 'JitterViews'}, {'type': 'PackViews'}]
SHAPE = (60, 80)


def write_photos(root: Path, photos: int = 2) -> Path:
    """The left half of every photo is dark and a person, the right half bright: a car, and the top of it a crowd."""
    ids = np.zeros(SHAPE, int)
    ids[:, :40], ids[:, 40:], ids[:10, 40:] = 7, 300, 70000
    image = np.where(np.arange(80)[None, :, None] < 40, 20, 230).astype(np.uint8).repeat(60, 0).repeat(3, 2)
    segments = [
        {'id': 7, 'category_id': 1},
        {'id': 300, 'category_id': 90, 'iscrowd': 0},
        {'id': 70000, 'category_id': 90, 'iscrowd': 1},
    ]
    content = {
        'categories': [{'id': 1, 'name': 'person', 'isthing': 1}, {'id': 90, 'name': 'car', 'isthing': 1}],
        'images': [{'id': 50 + number, 'file_name': f'{number}.jpg'} for number in range(photos)],
        'annotations': [
            {'image_id': 50 + number, 'file_name': f'{number}.png', 'segments_info': segments} for number in range(photos)
        ],
    }
    root.mkdir(parents=True, exist_ok=True)
    (root / 'panoptic.json').write_text(json.dumps(content))
    for number in range(photos):
        write_jpeg(root / 'photos' / f'{number}.jpg', image)
        write_ids(root / 'ids' / f'{number}.png', ids)
    return root


def dataset(root: Path, **fields: object) -> PseudoViewDataset:
    given = {'views': 4, 'resolutions': [(32, 24), (24, 24)], 'pipeline': PIPELINE[1:]} | fields
    return PseudoViewDataset(str(root), 'panoptic.json', 'photos', 'ids', **given)


def test_views_show_parts_of_the_photo_with_its_labels(tmp_path):
    data = dataset(write_photos(tmp_path))
    assert len(data) == 2
    sample = data[1]
    assert sample.images.shape == (1, 4, 3, 24, 32) and sample.classes == [['person', 'car']] and sample.scene_ids == ['1']
    assert not sample.depth.any() and not sample.is_metric.any()
    dark = (sample.images[:, :, 0] < -0.5) & (sample.semantic >= 0)
    assert (sample.semantic[dark] == 0).float().mean() > 0.97 and (sample.instance[sample.semantic == 0] == 1).all()
    assert set(sample.instance.unique().tolist()) <= {0, 1, 2} and (sample.instance[sample.semantic < 0] == 0).all()
    assert len({tuple(view.flatten().tolist()) for view in sample.instance[0]}) > 1


def test_samples_depend_on_seed_and_epoch_only(tmp_path):
    root = write_photos(tmp_path)
    data, again = dataset(root, pipeline=PIPELINE), dataset(root, pipeline=PIPELINE)
    first = data[0].images
    assert first.equal(again[0].images) and data[0, 1, 5].images.shape == (1, 4, 3, 24, 24)
    data.set_epoch(1)
    assert not first.equal(data[0].images)
    with pytest.raises(IndexError):
        data[2]


def test_without_turning_the_largest_cut_out_lies_in_the_photo():
    rng = np.random.default_rng(0)
    for shape, size in ((SHAPE, (32, 24)), ((24, 90), (24, 24)), ((90, 24), (32, 24))):
        matrix = cut_out(shape, size, 0.0, (1.0, 1.0), rng)
        corners = matrix @ np.array([[0, size[0]], [0, size[1]], [1, 1]])
        assert corners.min() > -1e-9 and (corners.max(1) <= [shape[1] + 1e-9, shape[0] + 1e-9]).all()


def test_beyond_the_photo_nothing_is_known():
    shift = np.array([[1.0, 0, 2], [0, 1, 0]])
    assert warped(np.arange(4, dtype=np.int32)[None].repeat(2, 0), shift, (4, 2), -1).tolist() == [[2, 3, -1, -1]] * 2
    assert warped(np.full((2, 4, 3), 9, np.uint8), shift, (4, 2))[0, :, 0].tolist() == [9, 9, 0, 0]


def test_bad_settings_and_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r'scales in 0\.\.1'):
        dataset(write_photos(tmp_path), scales=(0.5, 2.0))
    with pytest.raises(ConfigError, match='set labels=True'):
        dataset(tmp_path, labels=False)
    with pytest.raises(DataError, match='annotates no image'):
        dataset(write_photos(tmp_path / 'none', photos=0))
