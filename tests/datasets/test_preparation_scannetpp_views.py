"""Views of a small ScanNet++ scene: a floor, a wall and a box, seen by both of its cameras."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from other_raw_scans import write_scannetpp_lists

from uniseg3d.datasets.preparation.scannetpp_labels import PanopticClasses, label_vertices
from uniseg3d.datasets.preparation.scannetpp_views import ViewOptions, create_scannetpp_views, scene_names
from uniseg3d.datasets.preparation.view_pairs import make_pairs
from uniseg3d.datasets.views import ViewPairDataset
from uniseg3d.io.colmap import write_colmap
from uniseg3d.io.colmap_model import ColmapCamera, ColmapModel, ColmapPoints, ColmapView
from uniseg3d.io.id_images import read_ids
from uniseg3d.io.images import read_map, write_jpeg, write_png
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.utils.errors import ConfigError, DataError

SIZE = (96, 128)
FISHEYE = ColmapCamera('OPENCV_FISHEYE', 128, 96, np.array([[70.0, 0, 63.5], [0, 70.0, 47.5], [0, 0, 1]]), (0.01, 0, 0, 0))
PLAIN = ColmapCamera('OPENCV', 128, 96, np.array([[100.0, 0, 63.5], [0, 100.0, 47.5], [0, 0, 1]]), (0.02, 0, 0, 0))
DOWN = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 3], [0, 0, 0, 1]])  # from three metres above the floor


def patch(low: tuple[float, float], high: tuple[float, float], height: float, steps: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """A level square as a grid of triangles."""
    x, y = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
    vertices = np.stack([x, y, np.full_like(x, height)], -1).reshape(-1, 3)
    corner = np.arange(steps * steps).reshape(steps, steps)
    a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]))
    return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])


PATCHES = {
    'floor': patch((-3, -3), (3, 3), 0.0),
    'chair': patch((-0.5, -0.5), (0.5, 0.5), 1.0),
    'rag': patch((1, 1), (2, 2), 0.5),
}


def write_scene(root: Path, name: str = '0a') -> Path:
    write_scannetpp_lists(root, {'nvs_sem_train': [name], 'nvs_sem_val': [], 'sem_test': []})
    folder = root / 'data' / name
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in PATCHES.values())])
    vertices = np.concatenate([vertices for vertices, _ in PATCHES.values()])
    faces = np.concatenate([faces + start for (_, faces), start in zip(PATCHES.values(), starts, strict=False)])
    (folder / 'scans').mkdir(parents=True)
    write_ply(folder / 'scans/mesh_aligned_0.05.ply', PlyMesh(vertices, np.full((len(vertices), 3), 99, np.uint8), faces))
    (folder / 'scans/segments.json').write_text(json.dumps({'segIndices': list(range(len(vertices)))}))
    groups = [
        {'label': label, 'segments': list(range(*ends))}
        for label, ends in zip(PATCHES, np.stack([starts[:-1], starts[1:]], 1).tolist(), strict=True)
    ]
    (folder / 'scans/segments_anno.json').write_text(json.dumps({'segGroups': groups}))
    write_photos(
        folder / 'dslr', 'resized_images', 'resized_anon_masks', FISHEYE, {'DSC1.JPG': 0.0, 'DSC2.JPG': 0.4, 'DSC3.JPG': 40.0}
    )
    write_photos(folder / 'iphone', 'rgb', 'rgb_masks', PLAIN, {'video/frame_000010.jpg': 0.2})
    return root


def write_photos(folder: Path, images: str, masks: str, camera: ColmapCamera, places: dict[str, float]) -> None:
    views = {}
    for number, (name, shift) in enumerate(places.items(), 1):
        pose = DOWN.copy()
        pose[0, 3] = shift
        views[number] = ColmapView(name, 1, pose)
        file = Path(name)
        write_jpeg(folder / images / file.name, np.full((*SIZE, 3), 100 + number, np.uint8))
        mask = np.full(SIZE, 255, np.uint8)
        mask[:, :20] = 0  # the left edge is hidden
        write_png(folder / masks / f'{file.stem}.png', mask)
    write_colmap(
        folder / 'colmap', ColmapModel({1: camera}, views, ColmapPoints.of(np.zeros((0, 3)), np.zeros((0, 3), np.uint8)))
    )


@pytest.fixture(scope='module')
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = write_scene(tmp_path_factory.mktemp('scannetpp'))
    options = ViewOptions(PanopticClasses.read(root), width=96)
    made = create_scannetpp_views(root, root / 'views', scene_names(root), options)
    assert not made.faults
    return root, root / 'views'


def test_labels_and_depth_are_those_of_what_is_seen(prepared):
    scene = prepared[1] / '0a'
    categories = {record['name']: record for record in json.loads((prepared[1] / 'categories.json').read_text())}
    assert categories['chair']['isthing'] and not categories['floor']['isthing'] and len(categories) == 100
    ids = read_ids(scene / 'panoptic/DSC1.png')
    depth = read_map(scene / 'depth/DSC1.png')
    assert ids.shape == depth.shape == (72, 96)
    middle = ids[36, 48], int(depth[36, 48])
    assert middle[0] % 256 == categories['chair']['id'] and middle[0] // 256 == 2 and middle[1] == 2000
    assert ids[36, 80] % 256 == categories['floor']['id'] and depth[36, 80] == 3000
    assert not ids[:, :8].any() and not depth[:, :8].any()  # hidden for privacy
    assert read_ids(scene / 'panoptic/frame_000010.png')[36, 40] // 256 == 2
    assert {record['label'] for record in json.loads((scene / 'segments.json').read_text())} == {
        'floor',
        'chair',
    }  # a rag is no class
    assert not read_map(scene / 'depth/DSC3.png').any()  # it looks into the void


def test_pairs_are_views_of_the_same_surfaces(prepared):
    table = np.load(prepared[1] / '0a/scene_metadata.npz')
    names = table['images'].tolist()
    assert names == ['DSC1.jpg', 'DSC2.jpg', 'DSC3.jpg', 'frame_000010.jpg']
    assert {tuple(pair) for pair in table['pairs'][:, :2].astype(int).tolist()} == {(0, 1), (0, 3), (1, 3)}
    assert np.allclose(table['trajectories'][1][:3, 3], [0.4, 0, 3]) and int(table['cls_sep']) == 256
    every = np.load(prepared[1] / 'all_metadata.npz')
    assert every['counts'].tolist() == [4] and every['sceneids'].tolist() == [0] * 4 and len(every['pairs']) == 3


def test_the_views_train(prepared):
    pipeline = [{'type': 'CropViews'}, {'type': 'PackViews'}]
    data = ViewPairDataset(str(prepared[1]), 'scannetpp_panoptic', pipeline, views=3, resolutions=[(64, 48)], labels=True)
    sample = data[0]
    assert sample.images.shape == (1, 3, 3, 48, 64) and (sample.instance == 2).any() and 'chair' in sample.classes[0]


def test_given_pairs_choose_the_images(prepared, tmp_path):
    root, _ = prepared
    (tmp_path / 'pairs/0a').mkdir(parents=True)
    np.savez(
        tmp_path / 'pairs/0a/selected_pairs.npz',
        selection=np.array(['frame_000010', 'gone', 'DSC2']),
        pairs=np.array([[0, 2, 0.7], [0, 1, 0.9]]),
    )
    options = ViewOptions(PanopticClasses.read(root), tmp_path / 'pairs', width=64)
    create_scannetpp_views(root, tmp_path / 'out', ['0a'], options)
    table = np.load(tmp_path / 'out/0a/scene_metadata.npz')
    assert table['images'].tolist() == ['frame_000010.jpg', 'DSC2.jpg'] and table['pairs'].tolist() == [[0, 1, 0.7]]


def test_finished_scenes_are_kept_and_broken_ones_named(prepared, tmp_path):
    root, out = prepared
    before = (out / '0a/images/DSC1.jpg').stat().st_mtime_ns
    options = ViewOptions(PanopticClasses.read(root), width=96)
    made = create_scannetpp_views(root, out, ['0a', 'none'], options)
    assert [fault.item for fault in made.faults] == ['none'] and (out / '0a/images/DSC1.jpg').stat().st_mtime_ns == before
    with pytest.raises(DataError, match='none of 1 scenes could be prepared'):
        create_scannetpp_views(root, tmp_path, ['none'], options)


def test_which_class_a_name_gets(tmp_path):
    for name, text in {'all.txt': 'wall\nchair\nlamp', 'things.txt': 'chair\nlamp', 'bad.txt': 'bed'}.items():
        (tmp_path / name).write_text(text)
    rows = 'class,semantic_map_to,instance_map_to\nstool,chair,chair\npile of chairs,chair,None\nplaster,wall,None\n'
    (tmp_path / 'map.csv').write_text(rows)
    files = (tmp_path / 'all.txt', tmp_path / 'things.txt', tmp_path / 'map.csv')
    classes = PanopticClasses.read(tmp_path, *files)
    assert [classes.class_of(name) for name in ('lamp', 'stool', 'plaster', 'pile of chairs', 'dog')] == [2, 1, 0, None, None]
    assert PanopticClasses.read(tmp_path, *files, crowds=True).class_of('pile of chairs') == 1
    with pytest.raises(ConfigError, match='names bed, which the list of classes lacks'):
        PanopticClasses.read(tmp_path, files[0], tmp_path / 'bad.txt', files[2])
    with pytest.raises(ConfigError, match='3 classes do not fit below the separator 2'):
        label_vertices([], np.zeros(1), classes, separator=2)


def test_the_smallest_group_keeps_a_vertex(prepared):
    classes = PanopticClasses.read(prepared[0])
    groups = [(np.array([1]), 'chair'), (np.array([1, 2, 3]), 'wall')]
    found = label_vertices(groups, np.array([1, 2, 3, 4]), classes)
    assert (found.ids // 256).tolist() == [1, 2, 2, 0] and [record['label'] for record in found.segments] == ['chair', 'wall']


def test_pairs_of_few_images():
    assert make_pairs(np.ones((1, 1))).shape == (0, 3) and make_pairs(np.zeros((0, 0))).shape == (0, 3)
    assert make_pairs(np.array([[1, 0.5, 0.1], [0.5, 1, 0.2], [0.1, 0.2, 1]]), partners=1).tolist() == [
        [0, 1, 0.5],
        [1, 2, 0.2],
    ]


def test_the_command(prepared, tmp_path, monkeypatch):
    sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))
    import create_data

    words = ['create_data.py', 'scannetpp', '--root-path', str(prepared[0]), '--out-dir', str(tmp_path / 'out')]
    monkeypatch.setattr(sys, 'argv', [*words, '--make-pairs', '--every', '3', '--target-resolution', '64', '--cls-sep', '1000'])
    assert create_data.main() == 0
    table = np.load(tmp_path / 'out/0a/scene_metadata.npz')
    assert table['images'].tolist() == ['DSC1.jpg', 'frame_000010.jpg'] and int(table['cls_sep']) == 1000
    monkeypatch.setattr(sys, 'argv', ['create_data.py', 's3dis', '--make-pairs'])
    with pytest.raises(ConfigError, match='are for scannetpp'):
        create_data.main()
