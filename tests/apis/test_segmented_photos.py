"""Photos to points and to things that are the same in all of them, from files to files, with a network that learned nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from panst3r_models import small_config, small_model

from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruct import ReconstructOptions, forecast, reconstruct
from uniseg3d.apis.reconstruction import Reconstruction, write_reconstruction
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.segmented_photos import asked_classes, segment_photos
from uniseg3d.commands.reconstruct import main
from uniseg3d.io.images import read_map, write_jpeg
from uniseg3d.io.ply import read_ply
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, UniSeg3DError

OPTIONS = ReconstructOptions(size=64, share=0.5, classes=('lamp', 'chair'), merge='qubo')


@pytest.fixture(scope='module')
def model():
    return small_model(second=True)


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def frames(*sizes: tuple[int, int]) -> list[SourceFrame]:
    return [SourceFrame(f'{number}.jpg', float(number), picture(*size, number)) for number, size in enumerate(sizes)]


def silent(_: str) -> None:
    pass


def understood(model, *sizes: tuple[int, int], options: ReconstructOptions = OPTIONS) -> Reconstruction:
    return reconstruct(model, frames(*sizes), options, expected=len(sizes), say=silent)


@pytest.fixture(scope='module')
def mixed(model) -> Reconstruction:
    return understood(model, (48, 64), (64, 48), (90, 120))


def test_portraits_and_landscapes_become_maps_points_and_a_table(mixed, tmp_path: Path):
    write_reconstruction(tmp_path, mixed)
    table = json.loads((tmp_path / 'segments.json').read_text())
    known = {segment['id'] for segment in table['segments']}
    assert table['classes'] == ['lamp', 'chair'] and known == set(range(1, len(known) + 1)) and known
    for number, size in enumerate([(48, 64), (64, 48), (90, 120)]):
        labels = read_map(tmp_path / 'labels' / f'{number}.png')
        assert labels.shape == size and set(np.unique(labels)) <= {0, *known}
    cloud = read_ply(tmp_path / 'panoptic.ply')
    assert len(cloud.vertices) == len(mixed.points) and set(cloud.extra['segment']) <= {0, *known}
    classes = {0: -1} | {segment['id']: segment['class_index'] for segment in table['segments']}
    assert [classes[s] for s in cloud.extra['segment'].tolist()] == cloud.extra['label'].tolist()
    assert sum(segment['pixels'] for segment in table['segments']) <= 3 * 64 * 64


def test_points_have_the_segments_of_their_pixels(model):
    images = [picture(48, 64), picture(48, 64, 1)]
    found = segment_photos(model, images, ['lamp'], merge='qubo')
    scene = understood(
        model, (48, 64), (48, 64), options=ReconstructOptions(size=64, share=1.0, classes=('lamp',), merge='qubo')
    )
    for view, answer, segments in zip(scene.views, found.frames, found.panoptic.segments, strict=True):
        order = answer.confidence.flatten().topk(answer.confidence.numel()).indices
        assert np.array_equal(view.segments, segments.flatten()[order].numpy())
        assert np.array_equal(view.segment_map, segments.numpy())


def test_one_photo_and_more_keyframes_than_photos(model):
    options = ReconstructOptions(size=64, keyframes=50)
    scene = understood(model, (48, 64), options=options)
    assert len(scene.views) == 1 and scene.views[0].pointers == 1 and scene.classes == ('chair', 'oval table', 'wall')


def test_few_keyframes_give_all_photos_maps(model):
    found = segment_photos(model, [picture(32, 48, i) for i in range(4)], keyframes=2, precision='bfloat16', batch_size=1)
    assert len(found.panoptic) == 4 and all(frame.pointers == 2 for frame in found.frames)
    assert not torch.is_autocast_enabled('cpu')


def test_no_photo_that_can_be_used_is_said(model, tmp_path: Path):
    lost = SourceFrame('lost.jpg', 0.0, None, 'it is truncated')
    scene = reconstruct(model, [lost], OPTIONS, expected=1, say=silent)
    with pytest.raises(UniSeg3DError, match='no frame could be used'):
        write_reconstruction(tmp_path, scene)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('size', [(8, 8), (8, 400)])
def test_tiny_photos_are_enlarged_or_left_out_with_a_reason(model, size):
    scene = understood(model, (48, 64), size)
    assert len(scene.views) + len(scene.faults) == 2
    assert all('too narrow' in fault for fault in scene.faults.values()) and (size == (8, 8)) == (not scene.faults)


@pytest.mark.parametrize('size', [(866, 1155), pytest.param((8660, 11547), marks=pytest.mark.long)])
def test_a_photo_of_a_hundred_million_pixels_is_made_small(model, size):
    large = SourceFrame('large.jpg', 1.0, np.broadcast_to(np.uint8(90), (*size, 3)))
    scene = reconstruct(model, [*frames((48, 64)), large], OPTIONS, expected=2, say=silent)
    assert scene.views[1].segment_map.shape == size and not scene.faults


def test_a_stream_is_refused_and_a_forecast_grows_with_photos(model):
    with pytest.raises(ConfigError, match='all photos together'):
        reconstruct(model, frames((48, 64)), OPTIONS, say=silent)
    assert forecast(model, 200, OPTIONS) > forecast(model, 10, OPTIONS)


def test_classes_are_names_lists_and_files_each_once(tmp_path: Path):
    (tmp_path / 'own.txt').write_text('piano\nchair\n')
    assert asked_classes(f'lamp, {tmp_path}/own.txt, lamp') == ['lamp', 'piano', 'chair']
    both = asked_classes('scannetpp100,coco133')
    assert both[:100] == list(class_list('scannetpp100').names) and len(both) == len(set(both)) < 233
    with pytest.raises(ConfigError, match='names no class'):
        asked_classes(' , ')


def test_lists_that_make_no_sense_are_refused(model):
    for classes, message in (([], 'empty'), (['lamp', 'lamp'], 'more than once')):
        with pytest.raises(ConfigError, match=message):
            segment_photos(model, [picture(32, 48)], classes)
    with pytest.raises(ConfigError, match='cannot be merged by'):
        segment_photos(model, [picture(32, 48)], merge='best')


def test_the_command_line_asks_and_writes(tmp_path: Path, capsys):
    given = small_model(second=True)
    torch.save({'state_dict': given.state_dict()}, tmp_path / 'small.pth')
    (tmp_path / 'small.py').write_text(f'model = {small_config(second=True)!r}\n')
    for number in range(3):
        write_jpeg(tmp_path / 'photos' / f'{number}.jpg', picture(48, 64, number))
    files = ['--weights', str(tmp_path / 'small.pth'), '--config', str(tmp_path / 'small.py'), '--out', str(tmp_path / 'out')]
    asked = ['--classes', 'coco133, piano', '--merge', 'qubo', '--keyframes', '2', '--size', '64', '--device', 'cpu']
    main([str(tmp_path / 'photos'), *files, *asked])
    assert '2 remembered' in capsys.readouterr().out
    assert len(json.loads((tmp_path / 'out' / 'segments.json').read_text())['classes']) == 134
    assert len(list((tmp_path / 'out' / 'labels').iterdir())) == 3


def test_a_file_and_its_config_make_the_model(tmp_path: Path):
    given = small_model()
    torch.save({'state_dict': given.state_dict()}, tmp_path / 'small.pth')
    (tmp_path / 'small.py').write_text(f'model = {small_config()!r}\n')
    loaded = load_reconstruction_model(tmp_path / 'small.pth', tmp_path / 'small.py')
    for (name, ours), theirs in zip(loaded.state_dict().items(), given.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs), name
