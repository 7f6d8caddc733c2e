"""Experts that are wrong on purpose."""

import numpy as np
import pytest
import torch

from uniseg3d.io.images import write_png
from uniseg3d.priors.pixel_experts import DenseMap, Photo
from uniseg3d.priors.procedural_expert import ProceduralExpert
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError

NAMES = class_list('scannet20').names
CHAIR, SOFA, FLOOR = (NAMES.index(name) for name in ('chair', 'sofa', 'floor'))
TEXTS = {'encoder': {'type': 'HashedWords', 'dim': 32}}


@pytest.fixture
def photo(tmp_path):
    """Sixty chairs on a floor, label ids as in ScanNet's frames."""
    thing = np.arange(61).repeat(16).reshape(61, 16)  # one object in each row
    write_png(tmp_path / 'instance' / '0.png', (thing + 1).astype(np.uint16))
    write_png(tmp_path / 'label' / '0.png', np.where(thing > 0, 2, 3).astype(np.uint16))
    return Photo(torch.zeros(61, 16, 3, dtype=torch.uint8), 'scene', '0', tmp_path)


def answers(photo, **options):
    expert = ProceduralExpert(TEXTS, coarseness=1, **{'groups': [('chair', 'sofa')], **options})
    return expert.mistaken(photo)


@pytest.mark.parametrize('strength', [0.0, 0.3, 0.8, 1.0])
def test_it_is_right_as_often_as_it_should(photo, strength):
    found = answers(photo, strengths={'chair': strength, 'floor': 1.0})
    assert (found[0] == FLOOR).all() and set(found[1:].unique().tolist()) <= {CHAIR, SOFA}
    assert (found[1:] == CHAIR).float().mean().item() == pytest.approx(strength, abs=0.2)


def test_mistakes_are_about_whole_objects_and_stay(photo):
    found = answers(photo, strengths={'chair': 0.5})
    assert torch.equal(found, answers(photo, strengths={'chair': 0.5}))
    assert (found == found[:, :1]).all()
    assert not torch.equal(found, answers(photo, strengths={'chair': 0.5}, seed=1))


def test_maps_of_both_kinds(photo):
    options = {'strengths': {'chair': 1.0, 'floor': 1.0}, 'coarseness': 2, 'length': 2.0}
    spoken, seen = (ProceduralExpert(TEXTS, noise=noise, **options) for noise in (0.0, 0.5))
    first, second = spoken.describe([photo])[0], seen.describe([photo])[0]
    assert isinstance(second, DenseMap) and first.size == second.size == (30, 8)
    texts = spoken.table / 2
    assert torch.equal(first.classes(texts), second.classes(texts))
    torch.testing.assert_close(second.features.float().norm(dim=0), torch.full((30, 8), 2.0), atol=1e-2, rtol=0)


def test_classes_that_are_not_there():
    with pytest.raises(ConfigError, match='zebra are no classes'):
        ProceduralExpert(TEXTS, strengths={'zebra': 1.0})
