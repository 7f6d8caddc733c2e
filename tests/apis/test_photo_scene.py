"""Photos to a scene, and pixels that match: with a network that knows the truth, and with one that knows nothing."""

import pytest
import torch
from dust3r_models import tiny_model
from pair_scenes import make_maps, make_scene, relative_to_first

from uniseg3d.apis.image_pairs import PairInferencer
from uniseg3d.apis.photo_scene import alignment_bytes, match_photos, reconstruct_photos
from uniseg3d.geometry.global_alignment import AlignmentOptions
from uniseg3d.utils.errors import ConfigError, DataError

SHORT = AlignmentOptions(iterations=2)


def photos(count, size=(32, 48)):
    generator = torch.Generator().manual_seed(5)
    return [torch.randint(256, (*size, 3), generator=generator, dtype=torch.uint8) for _ in range(count)]


class Seer(PairInferencer):
    """Answers with the exact pointmaps of a scene."""

    def __init__(self, scene):
        self.scene = scene

    def maps(self, images, pairs):
        assert len(images) == len(self.scene.depths)
        return make_maps(self.scene, pairs)


@pytest.mark.parametrize('count', [2, 3])
def test_exact_pairs_make_the_scene(count):
    scene = make_scene([(18, 24)] * count, focal=30.0)
    found = reconstruct_photos(Seer(scene), photos(count), options=None if count == 2 else AlignmentOptions(iterations=0))
    assert (relative_to_first(found.poses) - relative_to_first(scene.poses)).abs().max() < 2e-3
    assert len(found.points) == count and found.points[0].shape == (18, 24, 3)


@pytest.mark.parametrize('count', [1, 2, 3])
def test_any_number_of_photos(count):
    found = reconstruct_photos(PairInferencer(tiny_model()), photos(count), options=SHORT if count > 2 else None)
    assert [part.shape for part in found.depths] == [(32, 48)] * count
    assert found.poses.shape == (count, 4, 4) and found.intrinsics.shape == (count, 3, 3)
    assert all(part.isfinite().all() for parts in found[2:5] for part in parts)


def test_the_same_photo_twice():
    photo = photos(1) * 2
    found = reconstruct_photos(PairInferencer(tiny_model()), photo, clean=False)
    assert found.poses.isfinite().all()


def test_known_cameras_are_kept():
    scene = make_scene([(32, 48)] * 2)
    found = reconstruct_photos(
        PairInferencer(tiny_model()), photos(2), known_poses=scene.poses, known_intrinsics=scene.intrinsics, options=SHORT
    )
    assert torch.equal(found.poses, scene.poses) and torch.equal(found.intrinsics, scene.intrinsics)


def test_no_photo():
    with pytest.raises(DataError, match='at least one'):
        reconstruct_photos(PairInferencer(tiny_model()), [])


def test_memory_grows_with_pairs_and_pixels():
    assert alignment_bytes([(384, 512)] * 3, 6, optimised=False) == 6 * 384 * 512 * 32
    assert alignment_bytes([(384, 512), (512, 384)], 2) > alignment_bytes([(384, 512)] * 2, 1)


def test_matches_are_sure_pixels_of_both_images():
    inferencer, (first, second) = PairInferencer(tiny_model(describe=True)), (photos(1)[0], photos(1, (48, 32))[0])
    found = match_photos(inferencer, first, second, step=4)
    assert len(found.first) == len(found.second) == len(found.confidence) > 0
    assert (found.confidence > 0).all()
    assert (found.first < torch.tensor([48, 32])).all() and (found.second < torch.tensor([32, 48])).all()
    assert len(torch.cat([found.first, found.second], 1).unique(dim=0)) == len(found.first)
    turned = match_photos(inferencer, second, first, step=4)
    pairs = {tuple(row) for row in torch.cat([found.first, found.second], 1).tolist()}
    assert pairs == {tuple(row) for row in torch.cat([turned.second, turned.first], 1).tolist()}, 'either order finds the same'


def test_matching_needs_descriptors():
    with pytest.raises(ConfigError, match='heads of MASt3R'):
        match_photos(PairInferencer(tiny_model()), *photos(2))
