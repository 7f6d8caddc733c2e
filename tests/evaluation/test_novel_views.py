"""Drawn views against photos that are such drawings themselves."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gaussian_scenes import SIZE, camera, labelled
from mmengine.config import Config

from uniseg3d.engine.launch import _hand_over_dump
from uniseg3d.engine.options import TestOptions
from uniseg3d.evaluation.metrics.novel_views import NovelViewMetric
from uniseg3d.io.id_images import read_ids
from uniseg3d.io.images import read_color, read_map
from uniseg3d.models.postprocess.rendered_views import render_views
from uniseg3d.ops.rasterize import Cameras
from uniseg3d.structures import Texts
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.structures.video_segments import VideoSegments
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list

VIEWS = 3
NAMES = list(class_list('scannet20').names)


def poses() -> torch.Tensor:
    """Steps to the right, in a world that is none of the cameras."""
    pose = torch.eye(4).repeat(VIEWS, 1, 1)
    pose[:, 0, 3] = 5 + 0.2 * torch.arange(VIEWS)
    return pose


def answer(views: list[int], texts: torch.Tensor | None = None) -> GaussianScene:
    """Gaussians in the frame of the first camera, with 20 classes of which the walls have the third and the fourth."""
    gaussians = labelled()
    gaussians.semantic = gaussians.semantic + 1
    height = len(views)
    nothing = torch.zeros(0, dtype=torch.long)
    maps = torch.zeros(height, SIZE, SIZE, dtype=torch.long)
    masks, classes = torch.zeros(0, *maps.shape), torch.zeros(0, 21)
    segments = VideoSegments(maps, nothing, nothing, torch.zeros(0), nothing, masks, classes)
    return GaussianScene('hall', gaussians, segments, camera().intrinsics.expand(height, 3, 3), views, texts)


def sequence(found: GaussianScene) -> ViewBatch:
    """Photos and truth that agree with what is drawn."""
    shown = Cameras(poses()[0].inverse() @ poses(), camera().intrinsics.expand(VIEWS, 3, 3), (SIZE, SIZE))
    drawn = render_views(found.gaussians, shown)
    semantic = drawn.labels.semantic
    return ViewBatch(
        ['hall-0'],
        2 * drawn.color[None] - 1,
        [['0', '7', '20']],
        poses()[None],
        shown.intrinsics[None],
        drawn.depth[None],
        semantic=semantic[None],
        instance=drawn.labels.instance[None],
        classes=[NAMES],
    )


def evaluated(truth: ViewBatch, found: GaussianScene, **options) -> dict[str, float]:
    metric = NovelViewMetric(**options)
    metric.process({'batch': truth}, [found])
    return metric.compute_metrics(metric.results)


def test_what_is_drawn_right_is_perfect() -> None:
    found = answer([0, 2])
    scores = evaluated(sequence(found), found)
    for key in ('miou', 'pq', 'map', 'map_50'):
        assert scores[f'context_{key}'] == scores[f'novel_{key}'] == pytest.approx(1), key
    assert scores['psnr'] > 60 and scores['ssim'] == pytest.approx(1) and scores['abs_rel'] == pytest.approx(0, abs=1e-5)
    assert scores['psnr_of_nearest_photo'] < 30
    assert scores['novel_miou_original'] == pytest.approx(2 / 20)  # absent classes count as 0 there
    assert scores['novel_map_original'] == pytest.approx(1)


def test_novel_views_are_those_that_were_not_seen() -> None:
    found = answer([0, 2])
    truth = sequence(found)
    truth.images[0, 1] = -truth.images[0, 1]
    scores = evaluated(truth, found)
    assert scores['psnr'] < 10 and np.isfinite(scores['psnr_original']) and scores['psnr_original'] > 20
    truth.semantic[0, 1] = 4
    scores = evaluated(truth, found)
    assert scores['novel_miou'] == 0 and scores['context_miou'] == 1 and scores['novel_miou_original'] > 0
    assert scores['novel_pq'] == 0 and scores['context_map'] == 1


def test_labels_may_be_unknown() -> None:
    found = answer([0, 1])
    truth = replace(sequence(found), semantic=None, instance=None, classes=None, depth=None)
    scores = evaluated(truth, found)
    assert set(scores) == {'psnr', 'psnr_original', 'psnr_of_nearest_photo', 'ssim', 'ssim_original'}


def test_gaussians_without_labels_are_scored_as_pictures() -> None:
    found = answer([0, 1])
    truth = sequence(found)
    found.gaussians.semantic = None
    assert not [name for name in evaluated(truth, found) if 'miou' in name]


def test_depth_is_compared_where_something_is_drawn() -> None:
    found = answer([0, 2])
    truth = sequence(found)
    truth.depth = 1.1 * truth.depth
    scores = evaluated(truth, found)
    assert scores['abs_rel'] == pytest.approx(0.1 / 1.1, rel=1e-3)
    assert scores['abs_rel_original'] < 0.05  # scale and shift were fitted


def test_sentences() -> None:
    found = answer([0, 2])
    truth = sequence(found)
    near, far = (truth.instance[0] == number for number in truth.instance[0].unique()[-2:])
    meant = truth.instance[0].unique()[-2:].flip(0)
    truth.texts, truth.text_objects = [Texts(['the near wall', 'the far one'], torch.zeros(2, 77).long())], [meant]
    gaussians = found.gaussians
    picture = found.segments.maps.numel()
    owner = torch.arange(picture) % len(gaussians)  # the texts of an answer have a pixel for every gaussian
    found.gaussians = gaussians.select(owner)
    right = (gaussians.instance == int(meant[0]) % 100)[owner].view(2, SIZE, SIZE)
    found.texts = torch.stack([right, torch.zeros_like(right)])
    scores = evaluated(truth, found)
    assert 0 < scores['novel_referring_miou'] <= 0.5 and 0 <= scores['context_referring_miou'] < 0.5
    assert near.any() and far.any()


def test_files_of_the_original(tmp_path: Path) -> None:
    found = answer([0, 2])
    truth = sequence(found)
    evaluated(truth, found, dump=str(tmp_path))
    folder = tmp_path / 'hall-0_context0_20'
    assert sorted(path.name for path in (folder / 'rgb').iterdir()) == [f'hall-0_{n}.png' for n in ('0', '20', '7')]
    assert read_color(folder / 'rgb_gt' / 'hall-0_7.png').shape == (SIZE, SIZE, 3)
    depth = read_map(folder / 'depth' / 'hall-0_7.png'), read_map(folder / 'depth_gt' / 'hall-0_7.png')
    assert np.median(depth[0][depth[1] > 0] / depth[1][depth[1] > 0]) == pytest.approx(10, rel=0.1)
    assert len(list((folder / 'context_seg_pred').iterdir())) == 2 and len(list((folder / 'target_seg_gt').iterdir())) == 3
    codes = read_ids(folder / 'target_seg_pred' / 'hall-0_pred7.png')
    np.testing.assert_array_equal(codes // 1000 - 1, truth.semantic[0, 1])
    infos = json.loads((folder / 'pred.json').read_text())
    assert {info['label_id'] for info in infos} == {3, 4} and set(infos[0]) == {'id', 'label_id', 'was_fused', 'score'}
    assert {info['id'] for info in infos} == set((codes % 1000)[codes > 0].tolist()) | {i['id'] for i in infos if i['id'] > 2}


def test_a_sequence_without_poses_is_left_out(caplog) -> None:
    found = answer([0, 2])
    truth = replace(sequence(found), camera_to_world=None)
    metric = NovelViewMetric()
    metric.process({'batch': truth}, [found])
    assert 'poses and intrinsics' in metric.results[0][1]


def test_dump_of_a_test_goes_to_the_metric() -> None:
    config = Config({'test_evaluator': [{'type': 'NovelViewMetric'}]})
    options = _hand_over_dump(config, TestOptions(config='c', checkpoint='w', dump='out'))
    assert config.test_evaluator[0].dump == 'out' and options.dump is None
    other = Config({'test_evaluator': {'type': 'UnifiedMetric'}})
    assert _hand_over_dump(other, TestOptions(config='c', checkpoint='w', dump='out')).dump == 'out'
