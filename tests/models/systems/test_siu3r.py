"""Photos to labelled gaussians: what comes out, what is learned, and what the network may not look at."""

import pytest
import torch
from siu3r_models import CRITERION, DIMS, SIZE, config, small_model, view_batch, with_texts

from uniseg3d.models.systems.siu3r_cameras import estimated_intrinsics, guessed_intrinsics
from uniseg3d.utils.errors import ConfigError, DataError

PIXELS = SIZE[0] * SIZE[1]


@torch.no_grad()
def predicted(batch, **options):
    return small_model(**options)(batch, 'predict')


@pytest.mark.parametrize('views', [2, 3, 5])
def test_every_pixel_of_every_view_becomes_a_labelled_gaussian(views):
    scenes = predicted(view_batch(views, scenes=2))
    assert [scene.scene_id for scene in scenes] == ['scene0', 'scene1']
    for scene in scenes:
        found = scene.gaussians
        found.require_finite()
        assert len(found) == views * PIXELS == len(found.semantic) == len(found.masks)
        assert scene.segments.maps.shape == (views, *SIZE) and scene.views == list(range(views))
        assert torch.equal(found.instance, scene.segments.maps.clamp(min=0).flatten())
        assert torch.equal(found.semantic > 0, found.instance > 0)


def test_a_scene_does_not_depend_on_the_others_of_its_batch():
    batch = view_batch(scenes=2)
    for together, alone in zip(predicted(batch), batch, strict=True):
        torch.testing.assert_close(together.gaussians.means, predicted(alone)[0].gaussians.means)


def test_predictions_ignore_the_truth():
    batch = view_batch()
    (known,) = predicted(batch)
    batch.depth, batch.camera_to_world, batch.semantic = None, None, None
    (blind,) = predicted(batch)
    assert torch.equal(known.gaussians.means, blind.gaussians.means)


def test_some_views_are_seen_and_the_others_kept_for_rendering():
    (scene,) = predicted(view_batch(5), seen=2)
    assert scene.views == [0, 4] and len(scene.gaussians) == 2 * PIXELS
    assert small_model(seen=3).seen_views(6) == [0, 2, 5] and small_model(seen=4).seen_views(3) == [0, 1, 2]


def test_unknown_cameras_are_estimated_alike_for_all_views():
    (scene,) = predicted(view_batch(3, known=False))
    focal = scene.intrinsics[:, 0, 0]
    assert (focal > 0).all() and (focal == focal[0]).all() and scene.intrinsics[0, 1, 2] == (SIZE[0] - 1) / 2
    (known,) = predicted(view_batch(3))
    assert not torch.equal(known.gaussians.means, scene.gaussians.means), 'the camera is looked at'


def test_the_camera_follows_from_points():
    camera = guessed_intrinsics(2, SIZE, torch.zeros(1))
    rows, columns = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing='ij')
    rays = torch.stack([columns, rows, torch.ones_like(rows)], -1).float() @ torch.linalg.inv(camera[0]).T
    depth = 1 + torch.rand(2, *SIZE, 1, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(estimated_intrinsics(rays * depth), camera, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize('texts', [False, True])
def test_one_step_teaches_every_part(texts):
    model = small_model(criterion={**CRITERION, 'points': 1.0}, texts=texts, seen=2).train()
    losses = model(with_texts(view_batch(3, 2)) if texts else view_batch(3, 2), 'loss')
    names = {'loss_color', 'loss_smoothness', 'loss_ce', 'loss_mask_0', 'loss_dice_2'} | ({'loss_texts'} if texts else set())
    assert names <= losses.keys() and all(value.isfinite() for value in losses.values())
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None]
    assert not idle
    for part in ('encoder.camera', 'centre_heads.1', 'gaussian_heads.0', 'image_adapter', 'mask_decoder', 'decoder'):
        assert any(p.grad.abs().sum() > 0 for name, p in model.named_parameters() if name.startswith(part)), part


def test_a_frozen_encoder_still_learns_its_camera():
    model = small_model()
    frozen = small_model(encoder={**config()['encoder'], 'freeze': True})
    learned = [name for name, p in frozen.encoder.named_parameters() if p.requires_grad]
    assert learned == ['camera.weight', 'camera.bias'] and all(p.requires_grad for p in model.encoder.parameters())


def test_sentences_are_answered_with_masks_in_all_views():
    batch = with_texts(view_batch(2), (2, 1, 9))
    (scene,) = predicted(batch, texts=True)
    assert scene.texts.shape == (3, 2, *SIZE) and scene.texts.dtype == torch.bool
    batch.text_objects = None
    (again,) = predicted(batch, texts=True)
    assert torch.equal(scene.texts, again.texts), 'what sentences mean is not looked at'
    assert predicted(view_batch(2), texts=True)[0].texts is None


def test_sentences_about_nothing_that_is_shown_teach_nothing():
    model = small_model(criterion=CRITERION, texts=True).train()
    assert model(with_texts(view_batch(), (77,)), 'loss')['loss_texts'] == 0
    assert model(with_texts(view_batch(), ()), 'loss')['loss_texts'] == 0


def test_views_without_any_segment_are_normal():
    batch = view_batch()
    batch.instance[:], batch.semantic[:] = 0, -1
    losses = small_model(criterion=CRITERION).train()(batch, 'loss')
    assert losses['loss_mask'] == 0 and losses['loss_ce'] > 0 and losses['loss_color'] > 0


def test_a_network_that_finds_nothing_says_so_everywhere():
    model = small_model()
    torch.nn.init.zeros_(model.mask_decoder.classifier.weight)
    torch.nn.init.zeros_(model.mask_decoder.classifier.bias)
    with torch.no_grad():
        (scene,) = model(view_batch(), 'predict')
    assert len(scene.segments) == 0 and (scene.segments.maps == -1).all() and (scene.gaussians.semantic == 0).all()
    assert scene.gaussians.masks.shape == (2 * PIXELS, 1) and scene.gaussians.mask_classes[0, -1] == 1


def test_the_same_image_twice_is_answered():
    batch = view_batch()
    batch.images[:, 1] = batch.images[:, 0]
    (scene,) = predicted(batch)
    scene.gaussians.require_finite()


def test_one_image_is_refused():
    with pytest.raises(DataError, match='1 image shows a scene from one side only; give two or more'):
        predicted(view_batch(1))


def test_sizes_that_do_not_divide_are_refused_and_odd_grids_are_not():
    with pytest.raises(DataError, match=r'images are 40 x 48 pixels \(H x W\); crop or resize to multiples of 16'):
        predicted(view_batch(size=(40, 48)))
    (scene,) = predicted(view_batch(size=(48, 80)))
    assert len(scene.gaussians) == 2 * 48 * 80


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ((0, 0, -3.0), 'focal lengths must be positive'),
        ((0, 0, 1e5), r'scene0: focal lengths .* are not those of images of 48 x 32 pixels .* or none to have them estimated'),
        ((0, 0, 1.2), 'focal lengths'),  # in shares of the image
        ((0, 2, 500.0), 'principal points .* outside the image'),
        ((0, 2, float('nan')), 'NaN'),
    ],
)
def test_wrong_cameras_are_refused(change, sentence):
    batch = view_batch()
    batch.intrinsics = batch.intrinsics.clone()
    batch.intrinsics[0, 1, change[0], change[1]] = change[2]
    with pytest.raises(DataError, match=sentence):
        predicted(batch)


def test_what_configs_get_wrong():
    with pytest.raises(ConfigError, match='two centre_heads and two gaussian_heads'):
        small_model(centre_heads=[])
    with pytest.raises(ConfigError, match='come together'):
        small_model(text_matcher={'type': 'TextMatcher'})
    with pytest.raises(ConfigError, match='at least 2 views'):
        small_model(seen=1)
    with pytest.raises(ConfigError, match="segments of the kind 'stuff' are unknown"):
        small_model(segments={'kind': 'stuff'})
    with pytest.raises(ConfigError, match='has no criterion'):
        small_model()(view_batch(), 'loss')
    with pytest.raises(ConfigError, match='mode'):
        small_model()(view_batch(), 'guess')


def test_instances_instead_of_panoptic_segments():
    (scene,) = predicted(view_batch(), segments={'kind': 'instance', 'topk': 3, 'threshold': 0.0})
    assert len(scene.segments) == 3 and scene.segments.ids.tolist() == [1, 2, 3]


def test_two_batches_of_one_lose_on_average_what_one_of_two_loses():
    """Where norms have no statistics of the batch, and the points that masks are compared at are the same."""
    criterion = {**CRITERION, 'segments': None, 'points': 1.0}
    model = small_model(criterion=criterion, norm='group')
    batch = view_batch(3, 2)
    whole, parts = model(batch, 'loss'), [model(scene, 'loss') for scene in batch]
    for name in ('loss_color', 'loss_smoothness', 'loss_points'):
        torch.testing.assert_close(whole[name], torch.stack([part[name] for part in parts]).mean())


def placed_model(**options):
    """As the tiny config: points on rays, and a pose for every other view."""
    enc, dec = DIMS
    centres = {'type': 'RayCentreHead', 'dim': dec, 'patch': 16}
    return small_model(centre_heads=[centres, centres], placing={'type': 'MatchedPose', 'dims': (enc, dec)}, **options)


@pytest.mark.parametrize('views', [2, 3])
def test_views_are_placed_as_a_whole(views):
    batch = view_batch(views)
    with torch.no_grad():
        (scene,) = placed_model()(batch, 'predict')
    world = scene.gaussians.means.unflatten(0, (views, *SIZE))
    rays = world[0] / world[0][..., 2:]
    torch.testing.assert_close(
        rays[0, 0, :2] * batch.intrinsics[0, 0, 0, 0], -batch.intrinsics[0, 0, :2, 2], rtol=1e-4, atol=1e-3
    )
    assert world.isfinite().all() and not any(torch.equal(view, world[0]) for view in world[1:])


def test_placed_views_learn_their_pose_from_pictures_and_points():
    model = placed_model(criterion={**CRITERION, 'points': 1.0}, seen=2).train()
    losses = model(view_batch(3, 2), 'loss')
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    assert model.placing.pose.fc2.weight.grad.abs().sum() > 0 and model.centre_heads[1].mlp.fc2.weight.grad.abs().sum() > 0


def test_unknown_cameras_of_placed_views_stay_as_guessed():
    with torch.no_grad():
        (scene,) = placed_model()(view_batch(2, known=False), 'predict')
    expected = guessed_intrinsics(1, SIZE, torch.zeros(1))[0]
    torch.testing.assert_close(scene.intrinsics[0], expected, rtol=1e-3, atol=1e-2)
