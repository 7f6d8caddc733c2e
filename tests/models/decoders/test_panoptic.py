"""The panoptic decoder: views of several shapes, one set of queries, and no mask that nobody asked for."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.decoders.panoptic import PanopticDecoder, at_patches, remap_keys, spread_rows
from uniseg3d.models.heads.text_class import TextClassHead
from uniseg3d.models.layers.input_mixer import InputMixer
from uniseg3d.models.layers.pixel_shuffle_upscaler import PixelShuffleUpscaler

DIM, TEXT = 8, 6
TEXTS = F.normalize(torch.randn(3, TEXT, generator=torch.Generator().manual_seed(3)), dim=1)


def decoder(layers: int = 2, queries: int = 4, mixer: bool = False) -> PanopticDecoder:
    torch.manual_seed(0)
    upscaler = PixelShuffleUpscaler(12, DIM, (16, 8, 5), 2.0)
    mix = InputMixer(12, 12, heads=3, layers=1) if mixer else None
    return PanopticDecoder(upscaler, TextClassHead(DIM, TEXT), mix, DIM, 2, 16, layers, queries, 5).eval()


def views(made: PanopticDecoder, *grids: tuple[int, int], seed: int = 1):
    generator = torch.Generator().manual_seed(seed)
    found = []
    for rows, columns in grids:
        features = torch.randn(1, rows * columns, 12, generator=generator)
        found += made.upscale(features, torch.zeros(1, 3, 16 * rows, 16 * columns), (rows, columns))
    return found


@torch.no_grad()
@pytest.mark.parametrize('mixer', [False, True])
def test_views_may_differ_in_shape(mixer):
    made = decoder(mixer=mixer)
    seen = views(made, (2, 3), (3, 2), (1, 1))
    answers = made(seen, TEXTS)
    assert len(answers) == 3 and all(answer.classes.shape == (4, 3) for answer in answers)
    assert [mask.shape for mask in answers[-1].masks] == [(4, 16, 24), (4, 24, 16), (4, 8, 8)]


@torch.no_grad()
def test_masks_at_patches_are_full_masks_made_smaller():
    """Resizing is linear: the quick way to what queries may not see is the slow one."""
    made = decoder()
    view = views(made, (2, 3))[0]
    embeddings = made.ask([view])[-1]
    small = F.interpolate(made.masks(embeddings, view)[None], (2, 3), mode='bilinear', align_corners=False)[0]
    quick = made.mask_head.embed(embeddings) @ at_patches(view).flatten(1)
    torch.testing.assert_close(quick, small.flatten(1), atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_order_of_views_does_not_matter():
    made = decoder()
    first, second = views(made, (2, 3), (3, 2))
    ahead, behind = (made.ask(pair)[-1] for pair in ([first, second], [second, first]))
    torch.testing.assert_close(ahead, behind, atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_view_that_the_queries_never_saw_gets_masks_and_no_classes_of_its_own():
    made = decoder()
    key, other = views(made, (2, 3), (2, 3))
    embeddings = made.ask([key])[-1]
    answer = made.answer(embeddings, [key, other], TEXTS)
    assert torch.equal(answer.classes, made.answer(embeddings, [key], TEXTS).classes)
    assert torch.equal(answer.masks[1], made.masks(embeddings, other))


@torch.no_grad()
def test_classes_change_without_asking_again():
    made = decoder()
    seen = views(made, (2, 3))
    embeddings = made.ask(seen)[-1]
    more = made.answer(embeddings, seen, torch.cat([TEXTS, TEXTS.flip(0)]))
    assert more.classes.shape == (4, 6)
    torch.testing.assert_close(more.classes[:, :3], more.classes[:, 3:].flip(1))


def test_no_mask_of_full_size_is_made_on_the_way(monkeypatch):
    made = decoder(layers=3)
    seen = views(made, (2, 3))
    monkeypatch.setattr(made, 'masks', lambda *_: pytest.fail('a mask of full size'))
    assert len(made.ask(seen)) == 1


def test_every_weight_learns_from_answers_on_the_way():
    made = decoder(mixer=True).train()
    answers = made(views(made, (2, 3), (3, 2)), TEXTS)
    loss = sum(answer.classes.square().mean() + sum(mask.square().mean() for mask in answer.masks) for answer in answers)
    loss.backward()
    missing = [name for name, parameter in made.named_parameters() if parameter.grad is None]
    assert not missing


def test_which_upscaler_a_file_is_of_shows_in_its_names():
    first = remap_keys({'upscaler.proj_16.fc1.weight': 1, 'mask_transformer.query_feat.weight': 2})
    assert first == {'query_features': 2, 'upscaler.level.fc1.weight': 1}
    second = remap_keys({'upscaler.patch_embed.weight': 1, 'input_mixer.mixer_norm.bias': 2, 'text_encoder.a': 3})
    assert second == {'upscaler.level.weight': 1, 'mixer.norm.bias': 2}


def test_rows_are_chosen_that_differ_most():
    rows = torch.tensor([[0.0], [0.1], [5.0], [2.0], [5.1]])
    assert spread_rows(rows, 3).tolist() == [0, 4, 3]
    assert sorted(spread_rows(rows, 9).tolist()) == [0, 1, 2, 3, 4]
    assert spread_rows(rows[:1], 4).tolist() == [0]


def test_seeds_are_further_queries_that_start_as_patches():
    torch.manual_seed(0)
    upscaler = PixelShuffleUpscaler(12, DIM, (16, 8, 5), 2.0)
    made = PanopticDecoder(upscaler, TextClassHead(DIM, TEXT), None, DIM, 2, 16, 2, 3, 5, seeds=4)
    seen = views(made, (2, 3), (3, 2))
    answers = made(seen, TEXTS)
    assert made.queries == 7 and answers[0].classes.shape == (7, 3) and answers[-1].masks[1].shape == (7, 24, 16)
    assert made(views(made, (1, 1)), TEXTS)[-1].classes.shape == (4, 3), 'one patch, one seed'
    answers[0].classes[3:].square().sum().backward()
    assert made.seed.weight.grad.abs().max() > 0 and made.upscaler.level.fc1.weight.grad.abs().max() > 0
