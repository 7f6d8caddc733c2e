"""Heads that start from weights for other classes: rows go by name, whatever their order."""

from pathlib import Path

import pytest
import torch

from uniseg3d.engine.config import load_config
from uniseg3d.models.systems.uniseg3d_classes import ClassNames, adapt_class_rows
from uniseg3d.registry import MODELS
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.weights import apply_weights

ROOT = Path(__file__).parents[3]
HEADS = ('decoder.class_head.project.3', 'decoder.semantic_head.project.3', 'decoder.superpoint_head.3')
SCANNET = class_list('scannet20')


@pytest.fixture(autouse=True)
def from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # the config names its class list from there


def build(name: str) -> torch.nn.Module:
    config = load_config(f'configs/{name}.py').model
    config.decoder.layers = 1
    return MODELS.build(config)


@pytest.fixture
def stored() -> dict[str, torch.Tensor]:
    return build('uniseg3d_1xb4_rooms').state_dict()


def test_rows_of_known_classes_are_taken_over_and_others_start_anew(stored: dict[str, torch.Tensor]) -> None:
    model = build('uniseg3d_1xb4_rooms_own_classes')
    own = {name: value.clone() for name, value in model.state_dict().items()}
    adapted, report = model.adapt_classes(stored, SCANNET.names, SCANNET.stuff)
    assert not apply_weights(model, adapted)
    for head, before, after in zip(
        HEADS,
        (SCANNET.thing_names, SCANNET.names, SCANNET.names),
        (model.class_names[2:], model.class_names, model.class_names),
        strict=True,
    ):
        for part in ('weight', 'bias'):
            rows = model.state_dict()[f'{head}.{part}']
            for place, name in enumerate(after):
                expected = stored[f'{head}.{part}'][before.index(name)] if name in before else own[f'{head}.{part}'][place]
                assert torch.equal(rows[place], expected)
            assert torch.equal(rows[-1], stored[f'{head}.{part}'][-1])  # none of them
    assert '4 taken over by name: wall, floor, table, bed' in report
    assert '5 new, as they start: seat, storage, opening, pillow, lamp' in report
    assert 'left behind: cabinet, chair, sofa' in report and HEADS[0] in report


def test_heads_that_read_the_query_alone_are_adapted_as_well() -> None:
    model = build('oneformer3d_1xb4_scannet')
    stored = {name: value.clone() for name, value in model.state_dict().items()}
    names = (*SCANNET.names[:2], *SCANNET.thing_names[::-1])
    adapted, report = model.adapt_classes(stored, names, (0, 1))
    moved = stored['decoder.class_head.layers.2.weight'][[*range(17, -1, -1), 18]]
    assert torch.equal(adapted['decoder.class_head.layers.2.weight'], moved)
    kept = stored['decoder.semantic_head.layers.0.bias'][[0, 1, *range(19, 1, -1), 20]]
    assert torch.equal(adapted['decoder.semantic_head.layers.0.bias'], kept)
    assert '20 taken over by name' in report and torch.equal(adapted['decoder.mask_head.norm.bias'], torch.zeros(256))


def test_the_same_classes_in_another_order_are_sorted(stored: dict[str, torch.Tensor]) -> None:
    model = build('uniseg3d_1xb4_rooms')
    turned = ClassNames(SCANNET.names, SCANNET.thing_names[::-1])
    adapted, _ = adapt_class_rows(model, stored, ClassNames(SCANNET.names, SCANNET.thing_names), turned)
    name = f'{HEADS[0]}.weight'
    assert torch.equal(adapted[name][:-1], stored[name][:-1].flip(0))
    assert torch.equal(adapted[f'{HEADS[1]}.weight'], stored[f'{HEADS[1]}.weight'])


def test_the_same_list_changes_nothing(stored: dict[str, torch.Tensor]) -> None:
    adapted, report = build('uniseg3d_1xb4_rooms').adapt_classes(stored, SCANNET.names, SCANNET.stuff)
    assert report == '' and all(adapted[name] is value for name, value in stored.items())


def test_another_network_is_refused_by_name(stored: dict[str, torch.Tensor]) -> None:
    stored[f'{HEADS[1]}.weight'] = stored[f'{HEADS[1]}.weight'][:, :5]
    with pytest.raises(CheckpointError, match=r'semantic_head\.project\.3\.weight has shape \(21, 5\)'):
        build('uniseg3d_1xb4_rooms_own_classes').adapt_classes(stored, SCANNET.names, SCANNET.stuff)


def test_classes_without_instances_must_come_first() -> None:
    config = load_config('configs/uniseg3d_1xb4_rooms_own_classes.py').model
    config.num_stuff = 1
    with pytest.raises(ConfigError, match='put the names of such classes first'):
        MODELS.build(config)
