"""Sequences of images that see the same places, from lists as the data sets keep them."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from view_layout_files import write_camera, write_color, write_depth

from uniseg3d.datasets.sequence_sampler import SequenceRule, walk_graph
from uniseg3d.datasets.views import ViewSequenceDataset
from uniseg3d.datasets.views.covisible import GroupsAcrossSensors, GroupsInTime, ListedSets, OverlapWalk, Wish
from uniseg3d.datasets.views.covisible_files import groups_of, invalid_frames, overlap_graph, sets_of
from uniseg3d.datasets.views.files import float_map, table_names
from uniseg3d.datasets.views.layouts import LAYOUTS
from uniseg3d.datasets.views.selection import waymo_names
from uniseg3d.utils.errors import DataError, FileFormatError

RULE = SequenceRule(2, video=1.0)
FRAMES = [f'DSC{i:02d}' for i in range(6)] + [f'frame_{i:02d}' for i in range(6)]
GROUPS = {0: [(3, 0.9), (1, 0.8), (8, 0.3)], 7: [(9, 0.9), (2, 0.5)]}  # by number: the photo 0 and the video frame 1


def drawn(way, wish: Wish, times: int = 200) -> list[list[str]]:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    return [way.draw(rng, wish) for _ in range(times)]


def write_groups(folder: Path, names: list[str] = FRAMES) -> Path:
    """As numpy saves lists and a dictionary: the latter as a pickle."""
    folder.mkdir(parents=True, exist_ok=True)
    poses, rows = np.tile(np.eye(4), (len(names), 1, 1)), np.tile([64, 48, 50, 50, 31.5, 23.5], (len(names), 1))
    np.savez(
        folder / 'new_scene_metadata.npz', images=[f'{name}.png' for name in names], trajectories=poses, intrinsics=rows,
        image_collection=np.array(GROUPS, dtype=object),
    )  # fmt: skip
    return folder


def test_groups_are_read_without_running_what_a_pickle_asks_for(tmp_path: Path) -> None:
    path = write_groups(tmp_path) / 'new_scene_metadata.npz'
    assert groups_of(path) == [['DSC00', 'DSC03', 'DSC01', 'frame_02'], ['frame_01', 'frame_03', 'DSC02']]
    assert table_names(path.name)(tmp_path) == FRAMES  # what is no array does not disturb those who read arrays
    np.savez(tmp_path / 'bad.npz', images=FRAMES, image_collection=np.array({0: Path('x')}, dtype=object))
    with pytest.raises(FileFormatError, match=r'refused: it asks for pathlib'):
        groups_of(tmp_path / 'bad.npz')
    for number, wrong in enumerate(('text', {0: [(99, 0.5)]}, {0: 5})):
        np.savez(tmp_path / f'{number}.npz', images=FRAMES, image_collection=np.array(wrong, dtype=object))
        with pytest.raises(FileFormatError, match='image_collection'):
            groups_of(tmp_path / f'{number}.npz')


def test_half_of_arkitscenes_is_by_time_and_half_by_groups(tmp_path: Path) -> None:
    way = GroupsInTime('new_scene_metadata.npz')
    folder = write_groups(tmp_path)
    assert way.starts(folder, 3) == [0, 1] and way.starts(folder, 4) == [0]
    sequences = drawn(way, Wish(folder, FRAMES, 0, 3, RULE))
    group = {'DSC00', 'DSC03', 'DSC01', 'frame_02'}
    by_time = [names for names in sequences if names == sorted(names) and names[0] == 'DSC00']
    assert 0.4 < len(by_time) / 200 < 0.7 and any(names[0] == 'frame_02' for names in sequences)
    assert all(len(set(names)) == 3 for names in sequences)
    assert all(set(names) <= group for names in sequences if 'frame_02' in names)
    many = drawn(way, Wish(folder, FRAMES, 0, 20, RULE, repeat=True))
    assert all(len(names) == 20 for names in many) and any(set(names) == group for names in many)


def test_scannetpp_prefers_the_other_sensor(tmp_path: Path) -> None:
    way = GroupsAcrossSensors('new_scene_metadata.npz')
    sequences = drawn(way, Wish(write_groups(tmp_path), FRAMES, 0, 3, RULE))
    others = [names for names in sequences if all(name.startswith('frame') for name in names)]
    assert 0.6 < len(others) / 200 < 0.8 and all(names == sorted(names) for names in others)
    groups = [names for names in sequences if names not in others]
    assert all(set(names) <= {'DSC00', 'DSC01', 'DSC03', 'frame_02'} for names in groups)
    assert any(names != sorted(names) for names in groups)  # the last quarter is shuffled
    few = drawn(way, Wish(tmp_path, FRAMES[:9], 0, 4, RULE), 20)  # too few frames of the other sensor
    assert all(any(name.startswith('DSC') for name in names) for names in few)


def test_a_walk_follows_weights_and_goes_back_where_it_is_stuck() -> None:
    one, two = (np.array([1]), np.array([1.0])), (np.array([0]), np.array([1.0]))
    star = [(np.array([1, 2, 3]), np.array([0.1, 0.1, 5.0])), two, two, two]  # 0 in the middle
    walks = [walk_graph(np.random.default_rng(seed), star, 0, 4) for seed in range(50)]
    assert all(sorted(walk) == [0, 1, 2, 3] for walk in walks) and Counter(walk[1] for walk in walks)[3] > 40
    again = walk_graph(np.random.default_rng(0), star, 1, 12, repeat=True)
    assert len(again) == 12 and all(0 in pair for pair in pairwise(again))  # there and back through the middle
    with pytest.raises(DataError, match='only 2 images can be reached from image 0; expected 3'):
        walk_graph(np.random.default_rng(0), [one, two], 0, 3)
    with pytest.raises(DataError, match='sees 2 images; expected 3 or more'):
        walk_graph(np.random.default_rng(0), [one, two], 0, 8, repeat=True)


def write_overlaps(path: Path) -> Path:
    h5py = pytest.importorskip('h5py')  # of the extra `views`
    with h5py.File(path, 'w') as file:
        group = file.create_group('5a')
        group['basenames'] = np.array([b'00000000', b'00000001', b'00000002'])
        group['indices'] = np.array([[0, 1, 1, 2, 0], [1, 0, 2, 1, 2]])
        group['values'] = np.array([0.7, 0.7, 0.5, 0.5, 0.1])
        group.attrs['shape'] = (3, 3)
    return path


def test_overlaps_of_blendedmvs(tmp_path: Path) -> None:
    names, graph = overlap_graph(write_overlaps(tmp_path / 'new_overlap.h5'), '5a')
    assert names[1] == '00000001' and graph[0][0].tolist() == [1] and np.allclose(graph[1][1], [0.5, 0.3])
    way = OverlapWalk('new_overlap.h5')
    assert way.starts(tmp_path / '5a', 3) == [0, 1, 2] and way.starts(tmp_path / '5a', 4) == []
    assert drawn(way, Wish(tmp_path / '5a', names, 0, 3, RULE), 3) == [['00000000', '00000001', '00000002']] * 3
    with pytest.raises(DataError, match='no overlaps of the scene 6b'):
        overlap_graph(tmp_path / 'new_overlap.h5', '6b')
    (tmp_path / 'bad.h5').write_bytes(b'no file')
    with pytest.raises(FileFormatError, match='no readable HDF5'):
        overlap_graph(tmp_path / 'bad.h5', '5a')
    with pytest.raises(DataError, match='is missing'):
        overlap_graph(tmp_path / 'none.h5', '5a')


def test_waymo_leaves_invalid_frames_out_and_keeps_to_a_camera(tmp_path: Path) -> None:
    folder = tmp_path / 'segment-1'
    folder.mkdir()
    for frame in range(3):
        for camera in (1, 4, 5):
            (folder / f'{frame:05d}_{camera}.jpg').write_bytes(b'')
    assert waymo_names(folder) == [f'{frame:05d}_{camera}' for camera in (1, 4) for frame in range(3)]
    layout = LAYOUTS['waymo']
    assert layout.track('00001_4') == '4' and layout.track_rules['4'].max_interval == 4 and layout.rule.max_interval == 8
    h5py = pytest.importorskip('h5py')
    with h5py.File(tmp_path / 'invalid_files.h5', 'w') as file:
        file.create_group('segment-1')['invalid_pairs'] = np.array([b'1_00001'])
    invalid_frames.cache_clear()
    assert waymo_names(folder)[:2] == ['00000_1', '00002_1'] and len(waymo_names(folder)) == 5


def write_sets(path: Path) -> Path:
    images = [f'image_{i}' for i in range(10)]
    np.savez(path, scenes=['0001 00', '0015 00'], images=images, sets=[[0, *range(8)], [1, *range(2, 10)], [0, *range(8)]])
    return path


def test_sets_of_megadepth(tmp_path: Path) -> None:
    found = sets_of(write_sets(tmp_path / 'megadepth_sets_64.npz'))
    assert [len(found[name]) for name in ('0001 00', '0015 00')] == [2, 1] and found['0015 00'][0][0] == 'image_2'
    way, folder = ListedSets('megadepth_sets_64.npz'), tmp_path / '0015' / '00'
    assert way.starts(folder, 5) == [0] and way.starts(folder, 9) == [] and way.starts(tmp_path / '2' / '0', 1) == []
    assert all(len(set(names)) == 5 for names in drawn(way, Wish(folder, [], 0, 5, RULE), 20))
    assert all(len(names) == 12 for names in drawn(way, Wish(folder, [], 0, 12, RULE, repeat=True), 3))
    np.savez(tmp_path / 'bad.npz', scenes=['a b'], images=['x'], sets=[[0, 1]])
    with pytest.raises(FileFormatError, match='expected rows of a scene and its images'):
        sets_of(tmp_path / 'bad.npz')
    for place in ('0001/00', '0015/00', '0022/01'):
        (tmp_path / place).mkdir(parents=True)
    scenes = LAYOUTS['megadepth'].scenes
    assert scenes(tmp_path, 'train') == ['0001/00'] and scenes(tmp_path, 'val') == ['0015/00', '0022/01']


def test_a_data_set_draws_as_its_layout_says(tmp_path: Path) -> None:
    """From groups of ScanNet++, and of Waymo by one camera each, with frames as they lie on disk."""
    scene = write_groups(tmp_path / 'spp' / 'a1b2')
    for number, name in enumerate(FRAMES):
        write_color(scene / 'images' / f'{name}.jpg', number)
        (scene / 'depth').mkdir(exist_ok=True)
        write_depth(scene / 'depth' / f'{name}.png', 'scannetpp')
    pipeline = [{'type': 'FitViews', 'patch': 8}, {'type': 'PackViews'}]
    data = ViewSequenceDataset(str(tmp_path / 'spp'), 'scannetpp', pipeline, views=3, resolutions=[(32, 24)])
    assert len(data) == 2 * 10  # groups, ten times each
    seen = {name for index in range(20) for name in data[index].names[0]}
    assert len(seen) > 6 and all(len(set(data[index].names[0])) == 3 for index in range(4))
    waymo = tmp_path / 'waymo' / 'segment-1'
    for name in (f'{frame:05d}_{camera}' for camera in (1, 4) for frame in range(4)):
        write_color(waymo / f'{name}.jpg', 0)
        write_camera(waymo / f'{name}.npz', 0)
        np.save(waymo / f'{name}.npy', np.full((24, 32), 2.0, np.float32))
    layout = replace(LAYOUTS['waymo'], depth='{}.npy', read_depth=float_map)
    data = ViewSequenceDataset(str(tmp_path / 'waymo'), layout, pipeline, views=3, resolutions=[(32, 24)])  # type: ignore[arg-type]
    assert len(data) == 4  # two starts for each camera
    assert all(len({name[-1] for name in data[index].names[0]}) == 1 for index in range(4))
