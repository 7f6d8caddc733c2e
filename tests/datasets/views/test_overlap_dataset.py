"""Pairs of views that overlap, from a table or from a list."""

import json

import numpy as np
import pytest
import torch
from view_files import CAMERA, pose_at, text_matrix

from uniseg3d.datasets.views.overlap_dataset import ViewOverlapDataset, draw_between, interleaved
from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError

SIZE, FRAMES = (32, 32), 30
PIPELINE = [{'type': 'PackViews'}]


@pytest.fixture
def root(tmp_path):
    """One scene whose frames overlap the less the farther they are apart; every other frame is missing, as after cleaning."""
    folder = tmp_path / 'train' / 'scene0000_00'
    (folder / 'extrinsic').mkdir(parents=True)
    camera = np.eye(4)
    camera[:3, :3] = CAMERA
    (folder / 'intrinsic.txt').write_text(text_matrix(camera))
    for number in range(0, FRAMES, 2):
        write_jpeg(folder / 'color' / f'{number}.jpg', np.full((*SIZE, 3), number, np.uint8))
        write_png(folder / 'depth' / f'{number}.png', np.full(SIZE, 2000, np.uint16))
        write_ids(folder / 'panoptic' / f'{number}.png', np.full(SIZE, 5007))
        (folder / 'extrinsic' / f'{number}.txt').write_text(text_matrix(pose_at(number)))
    place = torch.arange(FRAMES)
    torch.save(1 - (place[:, None] - place).abs() / FRAMES, folder / 'iou.pt')
    return tmp_path


def dataset(root, **options):
    fields = {'layout': 'siu3r', 'pipeline': PIPELINE, 'resolutions': [(32, 32)], 'labels': True, 'gap': (3, 10)}
    return ViewOverlapDataset(str(root), **{**fields, **options})


def test_views_between_two_that_overlap_in_part(root):
    data = dataset(root, views=4)
    assert len(data) == 1
    drawn = set()
    for epoch in range(6):
        data.set_epoch(epoch)
        sample = data[0]
        numbers = [int(name) for name in sample.names[0]]
        assert numbers == sorted(set(numbers)) and len(numbers) == 4
        assert 0.3 < 1 - (numbers[-1] - numbers[0]) / FRAMES < 0.8
        drawn.add(tuple(numbers))
    assert len(drawn) > 3
    assert (sample.semantic == 4).all() and (sample.instance == 7).all() and sample.classes[0][4] == 'chair'
    assert torch.equal(data[0].images, sample.images), 'a sample depends on seed, epoch and place only'


def test_pairs_of_a_list(root):
    record = {'scan': 'scene0000_00', 'context_ids': [4, 20], 'target_ids': [4, 8, 20, 12]}
    (root / 'pairs.json').write_text(json.dumps([record, {**record, 'scan': 'unknown'}]))
    data = dataset(root, pair_list='pairs.json', test_mode=True)
    assert len(data) == 1 and data[0].names == [['4', '8', '12', '20']]


@pytest.mark.parametrize(
    ('contexts', 'others', 'expected'),
    [('ab', 'acdb', 'acdb'), ('ba', 'cd', 'bcda'), ('abc', 'xy', 'axbyc'), ('abc', '', 'abc')],
)
def test_contexts_stand_where_a_network_looks(contexts, others, expected):
    assert interleaved(list(contexts), list(others)) == list(expected)


def test_a_scene_without_such_pairs_is_named(root):
    with pytest.raises(DataError, match=r'scene0000_00: no two of 15 frames, 3 to 10 apart, overlap by 0\.95 to 0\.99'):
        dataset(root, overlap=(0.95, 0.99))[0]
    with pytest.raises(DataError, match='no two of 2 frames'):
        draw_between(np.random.default_rng(0), ['0', '1'], np.ones((2, 2)), 4, (1, 10), (0.3, 2.0))


def test_what_is_wrong_with_files_and_settings(root):
    torch.save(torch.zeros(3), root / 'train' / 'scene0000_00' / 'iou.pt')
    with pytest.raises(FileFormatError, match='expected a square table of overlaps'):
        dataset(root)[0]
    (root / 'pairs.json').write_text(json.dumps([{'scan': 'other', 'context_ids': [0, 1], 'target_ids': [0]}]))
    with pytest.raises(DataError, match=r'pairs\.json names no scene'):
        dataset(root, pair_list='pairs.json')
    with pytest.raises(ConfigError, match='must be from less to more'):
        dataset(root, gap=(5, 4))


def test_sentences_about_what_the_ends_show(root):
    said = {
        'frame2object': {'4': [7, 9], '20': [7, 3], '8': [5]},
        'objects': {
            '7': {'text': ['the chair', 'a seat']},
            '3': {'text': []},
            '9': {'text': ['the lamp']},
            '5': {'text': ['x']},
        },
    }
    (root / 'refer.json').write_text(json.dumps({'scene0000_00': said}))
    (root / 'pairs.json').write_text(json.dumps([{'scan': 'scene0000_00', 'context_ids': [4, 20], 'target_ids': [8]}]))
    sample = dataset(root, pair_list='pairs.json', sentences='refer.json')[0]
    assert sample.text_objects[0].tolist() == [7, 9]
    first, second = sample.texts[0].sentences
    assert first in ('the chair', 'a seat') and second == 'the lamp' and sample.texts[0].tokens.shape == (2, 77)


def test_scenes_that_nothing_is_said_about_have_no_sentences(root):
    (root / 'refer.json').write_text(json.dumps({'other': {'frame2object': {}, 'objects': {}}}))
    sample = dataset(root, sentences='refer.json', views=4)[0]
    assert len(sample.texts[0]) == 0 and sample.text_objects[0].tolist() == []


@pytest.mark.parametrize(
    'content', [[], {'s': {'frame2object': {}}}, {'s': {'frame2object': {}, 'objects': {'a': {'text': []}}}}]
)
def test_files_of_other_things_hold_no_sentences(root, content):
    (root / 'refer.json').write_text(json.dumps(content))
    with pytest.raises(DataError, match=r'refer\.json'):
        dataset(root, sentences='refer.json')
