"""Views of any sizes step by step: who comes when, in which groups, and once more."""

import pytest
import torch
from must3r_models import photos, small_model

from uniseg3d.models.decoders.memory_driver import encode_views, memory_steps, remember, render, spread_out
from uniseg3d.utils.errors import DataError


@pytest.fixture(scope='module')
def model():
    return small_model()


def mixed():
    return [*photos(2), *photos(1, size=(48, 32)), *photos(1)]


@torch.no_grad()
def test_equal_sizes_are_encoded_together_and_come_back_in_order(model):
    shapes = []
    handle = model.encoder.register_forward_pre_hook(lambda _, given: shapes.append(tuple(given[0].shape)))
    views = encode_views(model.encoder, mixed(), most=2)
    handle.remove()
    assert shapes == [(2, 3, 32, 48), (1, 3, 32, 48), (1, 3, 48, 32)]
    for view, image in zip(views, mixed(), strict=True):
        assert view.size == tuple(image.shape[2:])
        torch.testing.assert_close(view.features, model.encoder(image)[0], rtol=1e-4, atol=1e-5)
    assert views[0].positions is views[3].positions


@pytest.mark.parametrize(
    ('count', 'first', 'steps'),
    [(1, 2, [[0]]), (2, 2, [[0, 1]]), (4, 2, [[0, 1], [2], [3]]), (3, 1, [[0], [1], [2]]), (3, 5, [[0, 1, 2]])],
)
def test_steps(count, first, steps):
    assert memory_steps(count, first) == steps


@pytest.mark.parametrize(
    ('count', 'most', 'chosen'), [(5, 9, [0, 1, 2, 3, 4]), (5, 3, [0, 2, 4]), (10, 4, [0, 3, 6, 9]), (1, 1, [0]), (0, 2, [])]
)
def test_views_spread_out(count, most, chosen):
    assert spread_out(count, most) == chosen


def test_misuse_is_named():
    with pytest.raises(DataError, match='1 of 2 views cannot be spread out'):
        spread_out(2, 1)
    with pytest.raises(DataError, match='0 views, 2 of them at first'):
        memory_steps(0)


@torch.no_grad()
def test_steps_are_calls_of_the_decoder(model):
    views = encode_views(model.encoder, photos(3))
    tokens, memory = remember(model.decoder, views)
    features, positions = [view.features for view in views], [view.positions for view in views]
    first, early = model.decoder(features[:2], positions[:2])
    third, late = model.decoder(features[2:], positions[2:], early)
    for ours, theirs in zip(tokens, [*first, *third], strict=True):
        torch.testing.assert_close(ours, theirs[-1])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(memory.layers, late.layers, strict=True))


@torch.no_grad()
def test_refinement_keeps_the_size_of_the_memory_and_the_first_view(model):
    views = encode_views(model.encoder, mixed())
    (_, once), (_, twice) = (remember(model.decoder, views, refinements=count) for count in (0, 1))
    assert once.labels == twice.labels == (0, 1, 2, 3) and once.tokens == twice.tokens
    assert torch.equal(once.layers[1][:, :6], twice.layers[1][:, :6])
    assert not torch.allclose(once.layers[1][:, 6:], twice.layers[1][:, 6:])


@torch.no_grad()
def test_steps_may_name_views_in_any_order(model):
    views = encode_views(model.encoder, mixed())
    tokens, memory = remember(model.decoder, views, [[2, 0], [3], [1]])
    other, _ = remember(model.decoder, [views[i] for i in (2, 0, 3, 1)], [[0, 1], [2], [3]])
    assert memory.lengths == (6, 6, 6, 6)
    for view, place in enumerate((1, 3, 0, 2)):
        assert torch.equal(tokens[view], other[place])


@torch.no_grad()
def test_views_are_rendered_in_parts(model):
    views = encode_views(model.encoder, mixed())
    _, memory = remember(model.decoder, views)
    whole, parts = (list(render(model.decoder, views, memory, most)) for most in (8, 1))
    for ours, theirs in zip(whole, parts, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
