"""Views of any shapes, step by step and once more, against the original's numbers."""

import pytest
import torch
from must3r_models import archived_parts
from panst3r_archives import archive, assert_equals, tensor

from uniseg3d.models.decoders.memory_driver import encode_views, remember, render

pytestmark = pytest.mark.full_set
MIXED = 'iii_must3r_mixed_shapes'
STEPS = [[0, 1], [2]]


@pytest.fixture(scope='module')
def model():
    return archived_parts(MIXED, form='normalized')


def images():
    return [tensor(MIXED, f'in.image{view}')[None] for view in range(3)]


def raw(model, views, tokens):
    return [model['head'].raw([last], view.size)[0] for last, view in zip(tokens, views, strict=True)]


@torch.no_grad()
def test_the_original_shows_small_heights_first(model):
    views = encode_views(model['encoder'], images())
    tokens, memory = remember(model['decoder'], views, STEPS, smallest_first=True)
    for view, answer in enumerate(raw(model, views, tokens)):
        assert_equals(answer, MIXED, f'driver.first_pass{view}_raw')
    for view, answer in enumerate(raw(model, views, render(model['decoder'], views, memory))):
        assert_equals(answer, MIXED, f'driver.render{view}_raw')
    assert torch.equal(memory.token_labels()[None], tensor(MIXED, 'out.driver.labels'))


@torch.no_grad()
def test_ours_takes_the_first_view_for_the_world(model):
    """A portrait first: its points are in its own frame, whatever comes with it."""
    portrait_first = [images()[view] for view in (1, 0, 2)]
    views = encode_views(model['encoder'], portrait_first)
    ours, memory = remember(model['decoder'], views, STEPS)
    theirs, _ = remember(model['decoder'], views, STEPS, smallest_first=True)
    layers, _ = model['decoder']([v.features for v in views[:2]], [v.positions for v in views[:2]])
    assert torch.equal(ours[0], layers[0][-1]) and not torch.allclose(ours[0], theirs[0])
    assert memory.labels == (0, 1, 2) and memory.lengths == tuple(view.features.shape[1] for view in views)


@torch.no_grad()
def test_refinement(model):
    first, _, third = images()
    views = encode_views(model['encoder'], [first, third, first.flip(3)])
    _, memory = remember(model['decoder'], views, STEPS, refinements=1)
    for entry in (key for key in archive(MIXED) if key.startswith('out.refined.memory.values.')):
        assert_equals(memory.layers[int(entry.split('.')[-1])], MIXED, entry.removeprefix('out.'))
    assert torch.equal(memory.token_labels()[None], tensor(MIXED, 'out.refined.memory.labels'))
    for view, answer in enumerate(raw(model, views, render(model['decoder'], views, memory))):
        assert_equals(answer, MIXED, f'refined.render{view}_raw')
