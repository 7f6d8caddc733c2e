"""The tree that SIU3R trains on, from rooms as from scans of ScanNet, and back through the loader."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from uniseg3d.datasets.preparation.pair_scene import SceneSummary, class_places
from uniseg3d.datasets.preparation.scannet_pairs import PairOptions, create_scannet_pairs, make_pair_list, make_refer_pairs
from uniseg3d.datasets.views.overlap_dataset import ViewOverlapDataset
from uniseg3d.geometry.depth import depth_to_pointmap
from uniseg3d.io.frames import read_matrix
from uniseg3d.io.id_images import read_ids
from uniseg3d.io.images import read_map
from uniseg3d.io.ply import read_ply
from uniseg3d.rooms.make import make_rooms
from uniseg3d.text.class_lists import meta_path
from uniseg3d.utils.errors import ConfigError, DataError

SIZE = 64
OPTIONS = PairOptions(SIZE, every=1, pairs=2, targets=3, gap=(2, 30), overlap=(0.02, 0.95))


@pytest.fixture(scope='module')
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('rooms')
    make_rooms(root, train=1, val=1, test=0, seed=3)
    return root


@pytest.fixture(scope='module')
def made(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp('pairs')
    assert create_scannet_pairs(raw, out, OPTIONS).faults == []
    return out


def scene(folder: Path) -> Path:
    return next(path for path in folder.iterdir() if path.is_dir())


def test_the_tree_has_the_published_names(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == [
        'train', 'train_refer_seg_data.json', 'val', 'val_pair.json', 'val_refer_pair.json', 'val_refer_seg_data.json',
    ]  # fmt: skip
    names = {path.name for path in scene(made / 'train').iterdir()}
    assert names >= {'color', 'depth', 'extrinsic', 'panoptic', 'instance', 'semantic', 'intrinsic.txt', 'iou.pt', 'iou.png'}
    frames = sorted(int(path.stem) for path in (scene(made / 'train') / 'depth').iterdir())
    assert frames == list(range(len(frames)))


def test_points_lie_on_the_scan(raw: Path, made: Path) -> None:
    """Depth, poses and the camera of the squares belong together."""
    folder = scene(made / 'val')
    mesh = read_ply(raw / 'scans' / folder.name / f'{folder.name}_vh_clean_2.ply').vertices
    depth = torch.from_numpy(read_map(folder / 'depth' / '0.png') / 1000.0)
    camera, pose = (torch.from_numpy(read_matrix(folder / name)) for name in ('intrinsic.txt', 'extrinsic/0.txt'))
    points = depth_to_pointmap(depth[None], camera[None, :3, :3], pose[None])[0][depth > 0][::7]
    nearest = torch.cdist(points.float(), torch.from_numpy(mesh)).min(1).values
    assert len(points) > 100 and nearest.median() < 0.05


def test_labels_are_those_of_the_frames(raw: Path, made: Path) -> None:
    folder = scene(made / 'val')
    for number in (0, 2):
        codes = read_ids(folder / 'panoptic' / f'{number}.png')
        source = read_ids(raw / 'frames' / folder.name / 'panoptic' / f'{number}.png')
        height, width = source.shape
        left = (width - height) // 2
        middle = source[:, left : left + height]
        for code in np.unique(codes):
            assert (codes == code).mean() == pytest.approx((middle == code).mean(), abs=0.02), code
        things = read_ids(folder / 'instance' / f'{number}.png')
        assert set(np.unique(things)) <= set(np.unique(codes)) and not np.isin(things // 1000, (1, 2)).any()
        assert set(np.unique(read_ids(folder / 'semantic' / f'{number}.png') // 1000)) >= set(np.unique(codes // 1000))


def test_overlaps_are_large_for_neighbours(made: Path) -> None:
    table = torch.load(scene(made / 'train') / 'iou.pt', weights_only=True)
    assert torch.equal(table, table.mT) and torch.equal(table.diagonal(), torch.ones(len(table)))
    assert table.min() >= 0 and table.max() <= 1 and len(table.unique()) > 3


def test_the_loader_reads_it(made: Path) -> None:
    fields = {'layout': 'siu3r', 'resolutions': [(SIZE, SIZE)], 'labels': True, 'pipeline': [{'type': 'PackViews'}]}
    listed = ViewOverlapDataset(str(made), split='val', pair_list='val_pair.json', test_mode=True, **fields)
    pairs = json.loads((made / 'val_pair.json').read_text())
    assert len(listed) == len(pairs) and 1 <= len(pairs) <= OPTIONS.pairs
    for pair in pairs:
        assert len(pair['context_ids']) == 2 and set(pair['context_ids']) <= set(pair['target_ids'])
        assert len(pair['target_ids']) == OPTIONS.targets
    sample = listed[0]
    assert set(sample.names[0]) == {str(number) for number in pairs[0]['target_ids']}
    assert sample.images.shape[-2:] == (SIZE, SIZE) and (sample.semantic >= -1).all() and (sample.depth > 0).any()
    drawn = ViewOverlapDataset(str(made), split='train', gap=OPTIONS.gap, overlap=OPTIONS.overlap, views=3, **fields)
    assert len(drawn) == 1 and drawn[0].views == 3 and drawn[0].texts is None
    told = ViewOverlapDataset(
        str(made), split='train', gap=OPTIONS.gap, overlap=OPTIONS.overlap, sentences='train_refer_seg_data.json', **fields
    )[0]
    assert len(told.texts[0]) > 0
    assert all((told.instance == number).any() for number in told.text_objects[0])


def test_sentences_name_objects_that_are_shown(raw: Path, made: Path) -> None:
    content = json.loads((made / 'train_refer_seg_data.json').read_text())
    record = content[scene(made / 'train').name]
    assert record['objects']
    for number, thing in record['objects'].items():
        assert 1 <= thing['panoptic_label_id'] <= 20 and len(thing['text']) == len(thing['text_token'])
        assert all(len(row) == 77 and row[0] == 49406 for row in thing['text_token'])
        frame = next(frame for frame, numbers in record['frame2object'].items() if int(number) in numbers)
        codes = np.unique(read_ids(scene(made / 'train') / 'panoptic' / f'{frame}.png'))
        assert int(number) in codes % 1000
    entry = json.loads((raw / 'ScanRefer_filtered_train.json').read_text())[0]
    assert entry['description'] in [text for thing in record['objects'].values() for text in thing['text']]


def test_pairs_of_sentences_are_seen_by_both_contexts(made: Path) -> None:
    sentences = json.loads((made / 'val_refer_seg_data.json').read_text())
    for record in json.loads((made / 'val_refer_pair.json').read_text()):
        content = sentences[record['scene_name']]
        for frame in record['context_views_id']:
            assert record['context_objects'] in content['frame2object'][str(frame)]
        assert record['texts'][0] in content['objects'][str(record['context_objects'])]['text']
    pairs = [{'scan': 's', 'context_ids': [0, 1]}]
    shown = {'0': [3, 4], '1': [4]}
    both = make_refer_pairs(pairs, {'s': {'frame2object': shown, 'objects': {'4': {'text': ['a', 'b']}}}})
    assert [(record['context_objects'], record['texts']) for record in both] == [(4, ['a'])]
    assert make_refer_pairs(pairs, {}) == []


def test_a_second_run_keeps_what_is_finished(raw: Path, made: Path) -> None:
    marker = scene(made / 'train') / 'depth' / '0.png'
    before, lists = marker.stat().st_mtime_ns, (made / 'val_pair.json').read_bytes()
    assert create_scannet_pairs(raw, made, OPTIONS).faults == []
    assert marker.stat().st_mtime_ns == before and (made / 'val_pair.json').read_bytes() == lists


def test_labels_may_lie_in_archives_and_lost_frames_are_left_out(raw: Path, made: Path, tmp_path: Path) -> None:
    name = scene(made / 'val').name
    shutil.copytree(raw / 'meta_data', tmp_path / 'meta_data')
    shutil.copytree(raw / 'frames' / name, tmp_path / 'frames' / name)
    (tmp_path / 'scans' / name).mkdir(parents=True)
    for kind in ('label', 'instance'):
        folder = tmp_path / 'frames' / name / kind
        with zipfile.ZipFile(tmp_path / 'scans' / name / f'{name}_2d-{kind}-filt.zip', 'w') as archive:
            for path in folder.iterdir():
                archive.write(path, f'{kind}-filt/{path.name}')
        shutil.rmtree(folder)
    (tmp_path / 'frames' / name / 'pose' / '0.txt').write_text('-inf ' * 16)
    faults = create_scannet_pairs(tmp_path, tmp_path / 'out', OPTIONS).faults
    assert {fault.item for fault in faults} != {name} and all('is missing' in fault.reason for fault in faults)
    found, whole = (tmp_path / 'out' / 'val' / name, made / 'val' / name)
    assert (found / 'panoptic' / '0.png').read_bytes() == (whole / 'panoptic' / '1.png').read_bytes()
    (tmp_path / 'scans' / name / f'{name}_2d-label-filt.zip').write_bytes(b'PK')
    shutil.rmtree(tmp_path / 'out')
    with pytest.raises(DataError, match=r'none of|no scene could be prepared'):
        create_scannet_pairs(tmp_path, tmp_path / 'out', OPTIONS)


def test_scenes_without_fitting_pairs_are_named(made: Path) -> None:
    name = scene(made / 'val').name
    records, faults = make_pair_list(made / 'val', {name: SceneSummary.read(made / 'val' / name)}, PairOptions(gap=(500, 600)))
    assert records == [] and [fault.item for fault in faults] == [name]


def test_classes_of_label_ids() -> None:
    places = class_places(meta_path('scannet/scannetv2-labels.combined.tsv'))
    assert places[0] == 0 and places[1] == 1 and places[-1] == 0  # wall is the first class
    assert set(places.tolist()) == set(range(21))


@pytest.mark.parametrize('wrong', [{'targets': 1}, {'gap': (0, 4)}, {'gap': (9, 4)}, {'pairs': 0}])
def test_options_that_make_no_sense(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        PairOptions(**wrong)
