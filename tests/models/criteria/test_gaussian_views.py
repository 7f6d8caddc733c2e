"""What photos that become gaussians are trained with."""

import pytest
import torch
from siu3r_models import CRITERION, SIZE, small_model, view_batch

from uniseg3d.models.criteria.gaussian_views import GaussianViewsCriterion
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.models.decoders.scene_answer import SceneAnswer
from uniseg3d.models.decoders.video_mask_decoder import VideoMasks
from uniseg3d.models.postprocess.video_segments import SegmentRule
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.structures.mask_output import MaskOutput
from uniseg3d.utils.errors import ConfigError, DataError

VIEWS = [0, 1]


def perfect(batch, color=0.5):
    """Gaussians where the depths say, of one gray, and queries that find the chair and the floor."""
    answers = []
    for world in PointmapTruth.of(batch).world:
        count = world[..., 0].numel()
        turn = torch.tensor([[1.0, 0, 0, 0]]).expand(count, 4)
        harmonics = torch.full((count, 3, 1), (color - 0.5) / 0.28209479)
        gaussians = Gaussians(world.reshape(-1, 3), torch.full((count, 3), 0.03), turn, torch.full((count,), 0.95), harmonics)
        answers.append(SceneAnswer(gaussians, masks_of(batch)))
    return answers


def masks_of(batch):
    found = torch.stack([(batch.instance[0] == number).float() * 20 - 10 for number in (1, 2)])  # [2, V, H, W]
    classes = torch.zeros(2, 21)
    classes[0, 1], classes[1, 4] = 20, 20  # the floor, a chair
    return VideoMasks([MaskOutput(found.flatten(1), torch.zeros(2, 4), classes=classes)], found.shape[1:], torch.zeros(2, 4))


def losses(criterion, batch, answers=None):
    return criterion(perfect(batch) if answers is None else answers, batch, VIEWS, SegmentRule())


def test_gray_rooms_are_drawn_gray():
    batch = view_batch()
    batch.images = torch.zeros_like(batch.images)  # -1..1: gray
    good = losses(GaussianViewsCriterion(color=1.0), batch)
    bad = losses(GaussianViewsCriterion(color=1.0), batch, perfect(batch, color=0.9))
    assert good['loss_color'] < 0.01 and good['psnr'] > 20 and bad['loss_color'] > 0.1


def test_known_points_cost_nothing_and_others_their_distance():
    batch = view_batch()
    criterion, answers = GaussianViewsCriterion(points=1.0, smoothness=0.0), perfect(batch)
    assert losses(criterion, batch, answers)['loss_points'] < 1e-5
    answers[0].gaussians.means = answers[0].gaussians.means + torch.tensor([0.0, 0.3, 0.4])
    torch.testing.assert_close(losses(criterion, batch, answers)['loss_points'], torch.tensor(0.5))
    batch.depth = torch.zeros_like(batch.depth)
    assert losses(criterion, batch, answers)['loss_points'] == 0


def test_right_masks_and_classes_cost_little():
    batch = view_batch()
    terms = losses(GaussianViewsCriterion(CRITERION['segments'], smoothness=0.0), batch)
    assert terms['loss_ce'] < 0.01 and terms['loss_mask'] < 0.2 and terms['loss_dice'] < 0.2  # edges lie between pixels


def test_depth_is_smoothed_inside_segments_and_outside_if_asked():
    batch = view_batch()
    answers = perfect(batch)
    bumps = torch.rand(len(answers[0].gaussians), generator=torch.Generator().manual_seed(0))
    answers[0].gaussians.means = answers[0].gaussians.means * (1 + 0.3 * bumps[:, None])
    clean, whole = (GaussianViewsCriterion(unassigned_is_segment=flag) for flag in (False, True))
    found = losses(clean, batch, answers)['loss_smoothness']
    assert found > losses(clean, batch)['loss_smoothness'] >= 0
    nothing = [answer._replace(masks=unsure(answer.masks)) for answer in answers]
    assert losses(clean, batch, nothing)['loss_smoothness'] == 0
    assert losses(whole, batch, nothing)['loss_smoothness'] > 0


def unsure(masks):
    """Queries that are sure of their classes, but own no pixel: nothing is assigned."""
    output = masks.outputs[0]
    return VideoMasks([MaskOutput(output.masks - 20, output.embeddings, classes=output.classes)], masks.grid, masks.hidden)


def test_what_is_missing_is_named():
    batch = view_batch()
    answers = perfect(batch)
    with pytest.raises(ConfigError, match='segments must be a ViewPanopticCriterion, got Identity'):
        GaussianViewsCriterion(torch.nn.Identity())
    blind = view_batch(known=False)
    with pytest.raises(DataError, match='lack poses or intrinsics; views cannot be rendered'):
        losses(GaussianViewsCriterion(), blind, answers)
    batch.semantic = None
    with pytest.raises(DataError, match='no panoptic labels'):
        losses(GaussianViewsCriterion(CRITERION['segments']), batch, answers)


def test_sentences_need_a_reader():
    batch = view_batch()
    batch.text_objects = [torch.tensor([2])]
    with pytest.raises(ConfigError, match='the model has no text_encoder'):
        losses(GaussianViewsCriterion(CRITERION['segments']), batch)


def test_a_model_without_segments_learns_pictures_alone():
    model = small_model(criterion={'type': 'GaussianViewsCriterion', 'smoothness': 0.0})
    assert model(view_batch(size=SIZE), 'loss').keys() == {'loss_color', 'psnr'}


def test_drawing_only_what_the_network_does_not_see():
    batch = view_batch(3)
    criterion = GaussianViewsCriterion(smoothness=0.0, draw_seen=False)
    answers = perfect(batch.select([0, 2]))
    found = criterion(answers, batch, [0, 2], SegmentRule())
    (drawn,) = criterion.render(answers, batch, 0, [1])
    torch.testing.assert_close(found['loss_color'], ((drawn.color.clamp(0, 1) - (batch.images[0, 1] + 1) / 2) ** 2).mean())
    assert criterion._drawn(2, [0, 1]) == [0, 1], 'where all views are seen, all are drawn'
    with pytest.raises(ConfigError, match='smoothness'):
        GaussianViewsCriterion(smoothness=0.1, draw_seen=False)


@pytest.mark.parametrize('sure', [20.0, -20.0])
def test_classes_of_single_cells(sure):
    batch = view_batch()
    batch.instance[0, 1, -4:] = 0  # void
    answers = perfect(batch)
    logits = torch.zeros(2, 20, *SIZE)
    logits[:, 1], logits[:, 4] = (sure * (batch.instance[0] == number) for number in (1, 2))
    answers[0].masks.pixels = logits
    found = losses(GaussianViewsCriterion(CRITERION['segments'], pixels=2.0), batch, answers)['loss_pixels']
    assert found < 1e-3 if sure > 0 else found > 20


def test_classes_of_cells_where_nothing_is_known_cost_nothing():
    batch = view_batch()
    batch.instance = torch.zeros_like(batch.instance)
    answers = perfect(batch)
    answers[0].masks.pixels = torch.randn(2, 20, 8, 12, requires_grad=True)
    assert losses(GaussianViewsCriterion(CRITERION['segments']), batch, answers)['loss_pixels'] == 0
