"""The models that come with the package: small, whole, described, and what answers when nothing else is named."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from untrained_inferencer import boxes

from uniseg3d.apis import Click, ImagesInferencer, PhotoClick, SceneInferencer
from uniseg3d.apis.infer_files import infer_files
from uniseg3d.apis.lift_then_segment import placed_clicks
from uniseg3d.apis.photo_source import scene_name
from uniseg3d.apis.reconstruct import ReconstructOptions
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.result_files import Request
from uniseg3d.apis.scene_input import find_config
from uniseg3d.apis.shipped import PHOTOS, POINTS, config_and_weights, photo_size, shipped_models
from uniseg3d.commands import reconstruct
from uniseg3d.commands.info import describe
from uniseg3d.io.images import read_map
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.make_walks import make_walks
from uniseg3d.rooms.scan import scan_room
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.weights import load_weights

MOST_BYTES = 8_000_000


@pytest.mark.parametrize('name', [POINTS, PHOTOS])
def test_what_is_shipped_is_whole_small_and_described(name):
    model = shipped_models()[name]
    assert model.arrived_whole() and model.path.stat().st_size < MOST_BYTES
    assert model.licence == 'Apache-2.0' and model.recipe and model.reached and 'demonstration' in model.what
    assert find_config(model.config).model
    lines = list(describe(name))
    assert any('as it was shipped' in line and 'NOT' not in line for line in lines)
    assert all(command in '\n'.join(lines) for command in model.recipe)
    assert {value.dtype for value in load_weights(model.path).state_dict.values()} == {torch.float16}


def test_names_stand_for_config_and_file():
    points, photos = shipped_models()[POINTS], shipped_models()[PHOTOS]
    assert config_and_weights(None, None) == config_and_weights(POINTS, None) == (points.config, points.path)
    assert config_and_weights(None, None, PHOTOS) == config_and_weights(None, PHOTOS) == (photos.config, photos.path)
    assert config_and_weights('uniseg3d_1xb4_rooms', POINTS) == ('uniseg3d_1xb4_rooms', points.path)
    assert config_and_weights(POINTS, 'own.pth') == (points.config, 'own.pth')
    assert config_and_weights('configs/my_config.py', None) == ('configs/my_config.py', Path('work_dirs/my_config'))
    assert config_and_weights(None, 'released.pth') == (None, 'released.pth')
    assert photo_size(None, 512) == photo_size(PHOTOS, 512) == 64 and photo_size('own.pth', 512) == 512


def test_what_is_not_there_or_not_described_is_said():
    with pytest.raises(CheckpointError, match='does not exist'):
        SceneInferencer('uniseg3d_1xb4_replica')
    with pytest.raises(ConfigError, match='name its config'):
        SceneInferencer(weights='own.pth')


@pytest.fixture(scope='module')
def points():
    return SceneInferencer(device='cpu')


def test_the_points_model_finds_the_objects_of_a_room_that_nobody_saw(points):
    _, scan = scan_room(build_room('room7000_00', 77, 'val'), np.random.default_rng(0))
    objects = [number for number in np.unique(scan.vertex_object) if number >= 0]
    objects = [number for number in objects if 150 < (scan.vertex_object == number).sum() < 3000]
    truth = torch.from_numpy(np.stack([scan.vertex_object == number for number in objects]))
    clicked = [scan.vertices[mask.nonzero()[:, 0]] for mask in truth]
    middles = [tuple(map(float, places[np.abs(places - np.median(places, 0)).sum(1).argmin()])) for places in clicked]
    answer = points(
        RawCloud(scan.vertices, scan.colors, faces=scan.faces, metric_z_up=True), clicks=middles, classes=['chair', 'plant']
    )
    masks = answer.clicks.masks[:, answer.superpoints.ids]
    overlap = (masks & truth).sum(1) / (masks | truth).sum(1)
    assert len(objects) > 9 and overlap.median() > 0.6, overlap  # some are pieces of walls, which no click means
    found = answer.objects.masks[:, answer.superpoints.ids].float() @ truth.float().T
    assert (found.amax(0) / truth.sum(1) > 0.5).float().mean() > 0.6
    assert set(answer.named.labels.tolist()) <= {0}, 'it knows no plants'


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    walks = tmp_path_factory.mktemp('walks') / 'walks'
    make_walks(walks, 0, 1, 6, seed=5)
    return walks / 'frames/room0000_00/color'


def test_photos_are_reconstructed_without_naming_weights(photos, tmp_path):
    reconstruct.main([str(photos), '--out', str(tmp_path / 'found'), '--device', 'cpu'])
    report = json.loads((tmp_path / 'found' / 'report.json').read_text())
    assert len(report['frames']) == 6 and (tmp_path / 'found' / 'points.ply').is_file()
    depth = read_map(tmp_path / 'found' / 'depth' / '0.png')
    assert depth.shape == (48, 64), 'the size that the model learned at'


def test_a_pixel_of_a_walk_selects_an_object_and_files_are_named_after_the_room(points, photos, tmp_path):
    images = ImagesInferencer(points, load_reconstruction_model(), ReconstructOptions(photo_size(None, 512)))
    asked = [[PhotoClick('3.jpg', (80, 90))], [PhotoClick('none.jpg', (1, 1))], [PhotoClick('2.jpg', (999, 9))]]
    request = Request(asked, ['the chair'], ['chair'], pictures=False)
    (result,) = infer_files(points, [photos], tmp_path / 'out', request, images.open)
    assert result.error is None and result.counts['clicks'] == result.counts['texts'] == 1
    assert result.folder == tmp_path / 'out' / 'room0000_00'
    assert "no photo 'none.jpg'" in result.left_out[0] and 'outside the photo' in result.left_out[1]
    summary = json.loads((result.folder / 'summary.json').read_text())
    assert len(summary['clicks'][0]['asked'][0]['position']) == 3 and summary['scene'] == 'room0000_00'


def test_a_scan_has_no_photos_to_click_on(points):
    placed, faults = placed_clicks(points.open(boxes()), [[PhotoClick('a.jpg', (1, 2))], [Click((0, 0, 0))]])
    assert placed == [[Click((0, 0, 0))]] and 'click 0: scene was not made of photos' in faults[0]


@pytest.mark.parametrize(
    ('path', 'name'),
    [('scans/my.ply', 'my'), ('room/color', 'room'), ('a/room/frames/rgb', 'room'), ('photos', 'photos'), ('color', 'color')],
)
def test_results_are_called_after_what_says_most(path, name):
    assert scene_name(Path(path)) == name
