"""Every variant of every class: enough of them, rightly named, well formed, and as large as it says."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import uniseg3d.datasets
from uniseg3d.rooms.furniture import VARIANTS, Variant, pick, suitable
from uniseg3d.rooms.item import Item, make_item
from uniseg3d.rooms.materials import SLOTS
from uniseg3d.rooms.shapes import join

NYU = {'cabinet': 3, 'bed': 4, 'chair': 5, 'sofa': 6, 'table': 7, 'door': 8, 'window': 9, 'bookshelf': 10, 'picture': 11}
NYU |= {'counter': 12, 'desk': 14, 'curtain': 16, 'refrigerator': 24, 'showercurtain': 28, 'toilet': 33, 'sink': 34}
NYU |= {'bathtub': 36, 'otherfurniture': 39}
EVERY = [variant for variants in VARIANTS.values() for variant in variants]


@cache
def label_map() -> dict[str, dict[str, str]]:
    """Rows of the shipped label map by raw category."""
    path = Path(str(uniseg3d.datasets.__path__[0])) / 'meta/scannet/scannetv2-labels.combined.tsv'
    with open(path, encoding='utf-8') as file:
        return {row['raw_category']: row for row in csv.DictReader(file, delimiter='\t')}


def made(variant: Variant, count: int = 4) -> list[Item]:
    return [make_item(np.random.default_rng(seed), variant) for seed in range(count)]


@pytest.mark.parametrize('kind', NYU)
def test_each_class_has_three_shapes_in_training_and_one_more_in_val(kind: str) -> None:
    assert len(suitable(kind, 'train')) >= 3
    assert len(suitable(kind, 'val')) > len(suitable(kind, 'train'))
    shapes = {variant.shape for variant in suitable(kind, 'train')}
    assert len(shapes) >= 3
    assert {variant.shape for variant in suitable(kind, 'val')} > shapes


def test_there_are_no_other_classes_but_clutter() -> None:
    assert set(VARIANTS) == {*NYU, 'clutter'}


@pytest.mark.parametrize('variant', EVERY, ids=lambda variant: variant.name)
def test_names_lead_to_the_right_class(variant: Variant) -> None:
    for raw in variant.raw_categories:
        if variant.kind == 'clutter':
            assert raw is None or int(label_map()[raw]['nyu40id']) not in {1, 2, *NYU.values()}
        else:
            assert raw is not None
            assert int(label_map()[raw]['nyu40id']) == NYU[variant.kind]


def test_classes_have_several_fine_names_and_some_only_in_val() -> None:
    names = {split: {raw for v in EVERY if split in v.splits for raw in v.raw_categories if raw} for split in ('train', 'val')}
    assert names['train'] < names['val']
    fine = {label_map()[raw]['id'] for raw in names['val']} - {label_map()[raw]['id'] for raw in names['train']}
    assert len(fine) >= 5
    per_class = Counter(label_map()[raw]['nyu40id'] for raw in names['train'])
    assert all(per_class[str(NYU[kind])] >= 3 for kind in ('cabinet', 'chair', 'table', 'otherfurniture'))


def test_variant_names_are_unique() -> None:
    assert max(Counter(variant.name for variant in EVERY).values()) == 1


@pytest.mark.parametrize('variant', EVERY, ids=lambda variant: variant.name)
def test_shapes_keep_to_their_size_and_are_light(variant: Variant) -> None:
    swings = variant.kind == 'door'  # its leaf may stand open
    for item in made(variant):
        low, high = item.extent
        d, w, h = item.size
        slack = 0.14 if variant.kind in ('window', 'sink', 'showercurtain') else 0.05
        if variant.kind == 'curtain':
            low = low + (0.2, 0, 0)  # brackets reach to the wall
        if not swings:
            assert (np.abs([low[:2], high[:2]]) <= np.array([d, w]) / 2 + slack).all()
        assert -0.05 <= low[2] <= 0.02
        assert high[2] <= h + 0.32  # splash boards, taps and desk risers
        assert sum(len(part.mesh.faces) for part in item.parts) < 1100


@pytest.mark.parametrize('variant', EVERY, ids=lambda variant: variant.name)
def test_meshes_are_sound(variant: Variant) -> None:
    for item in made(variant, 2):
        assert all(part.slot.split(':')[0] in SLOTS for part in item.parts)
        mesh = join([part.mesh for part in item.parts])
        assert np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() >= 0
        assert mesh.faces.max() < len(mesh.vertices)
        a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        assert (area > 1e-9).mean() > 0.95
        assert (a * np.cross(b, c)).sum() > 0  # wound outwards


@pytest.mark.parametrize('variant', [v for v in EVERY if v.kind in ('table', 'desk', 'counter')], ids=lambda v: v.name)
def test_tables_offer_a_surface_at_about_their_height(variant: Variant) -> None:
    for item in made(variant):
        tops = [part.mesh.bounds[1, 2] for part in item.parts if part.headroom > 1]
        assert max(tops) == pytest.approx(item.size[2], abs=0.21)


@pytest.mark.parametrize('kind', NYU)
def test_the_same_draw_gives_the_same_shape(kind: str) -> None:
    first, second = (make_item(np.random.default_rng(5), pick(np.random.default_rng(6), kind, 'val')) for _ in range(2))
    assert first.variant is second.variant
    np.testing.assert_array_equal(first.vertices(), second.vertices())
    assert [first.paint[part.slot] for part in first.parts] == [second.paint[part.slot] for part in second.parts]


def test_two_draws_of_a_variant_differ() -> None:
    for variants in VARIANTS.values():
        first, second, *_ = made(variants[0], 2)
        assert first.size != second.size


def test_val_draws_held_out_shapes_often_and_training_never() -> None:
    rng = np.random.default_rng(0)
    for kind in NYU:
        held_out = [bool('train' not in pick(rng, kind, 'val').splits) for _ in range(60)]
        assert 0.15 < np.mean(held_out) < 0.7
        assert all('train' in pick(rng, kind, 'train').splits for _ in range(30))


@pytest.mark.parametrize(
    'pair', [('table', 'desk'), ('bed', 'sofa'), ('cabinet', 'refrigerator'), ('chair', 'toilet'), ('desk', 'counter')]
)
def test_heights_of_classes_overlap(pair: tuple[str, str]) -> None:
    ranges = [
        (min(v.height[0] for v in suitable(kind, 'train')), max(v.height[1] for v in suitable(kind, 'train'))) for kind in pair
    ]
    assert max(low for low, _ in ranges) < min(high for _, high in ranges)
