from dataclasses import fields, replace

import pytest
import torch
from model_samples import room_sample

from uniseg3d.structures import Targets
from uniseg3d.utils.errors import DataError


@pytest.fixture
def targets():
    found = room_sample().targets
    return replace(found, text_objects=found.text_instances)


FREE = (
    'semantic',
    'masks',
    'click_instance',
    'text_kinds',
    'object_names',
)  # no other field says how long these are, or they may be empty


@pytest.mark.parametrize('field', [f.name for f in fields(Targets) if f.name not in FREE])
def test_a_field_of_another_length_is_named(targets, field):
    value = getattr(targets, field)
    wrong = value[:, :-1] if field in ('novel_masks', 'semantic_masks', 'text_masks', 'text_objects') else value[:-1]
    with pytest.raises(DataError, match=rf'Targets\.(?:{field}|text_labels|masks)'):
        replace(targets, **{field: wrong})


def test_kinds_of_sentences_are_one_each_or_unknown(targets):
    kinds = ['color'] * len(targets.text_labels)
    assert replace(targets, text_kinds=kinds).to('cpu').text_kinds == kinds
    assert replace(targets, text_kinds=[]).text_kinds == []
    for wrong in (kinds[:-1], 'color', [None] * len(kinds)):
        with pytest.raises(DataError, match=r'Targets\.text_kinds'):
            replace(targets, text_kinds=wrong)


def test_names_of_objects_are_one_each_or_unknown(targets):
    names = ['round table'] * len(targets.labels)
    assert replace(targets, object_names=names).to('cpu').object_names == names
    for wrong in (names[:-1], 'round table', [7] * len(names)):
        with pytest.raises(DataError, match=r'Targets\.object_names'):
            replace(targets, object_names=wrong)


def test_superpoint_classes_are_the_majority_or_void(targets):
    targets.semantic_masks[:, 0] = False
    classes = targets.semantic_superpoints
    assert classes[0] == 20
    for m in range(1, targets.masks.shape[1]):
        assert targets.semantic_masks[classes[m], m]


def test_no_instances_and_no_texts_are_normal(targets):
    m = targets.masks.shape[1]
    none, no_masks = torch.zeros(0, dtype=torch.long), torch.zeros(0, m, dtype=torch.bool)
    names = ('labels', 'object_ids', 'click_instance', 'text_labels', 'text_object_ids')
    bare = replace(
        targets,
        **dict.fromkeys(names, none),
        instance=torch.full_like(targets.instance, -1),
        masks=no_masks,
        novel_masks=no_masks,
        text_masks=no_masks,
        text_objects=no_masks[:, :0],
    )
    assert bare.to('cpu').masks.shape == (0, m)


@pytest.mark.parametrize(
    ('field', 'value'), [('instance', 99), ('instance', -2), ('semantic', 21), ('semantic', -1), ('click_instance', 99)]
)
def test_labels_outside_their_range_are_named(targets, field, value):
    wrong = getattr(targets, field).clone()
    wrong[0] = value
    with pytest.raises(DataError, match=rf'Targets\.{field}: expected values from .* {value}'):
        replace(targets, **{field: wrong})


@pytest.mark.parametrize(('field', 'value'), [('masks', None), ('labels', torch.tensor(1)), ('masks', torch.tensor(True))])
def test_what_has_no_length_is_named(targets, field, value):
    with pytest.raises(DataError, match=rf'Targets\.{field}'):
        replace(targets, **{field: value})


def test_a_sentence_means_the_object_with_its_id_unless_told_otherwise(targets):
    by_id = replace(targets, text_objects=None, text_object_ids=targets.object_ids[[2, 0, 0]])
    assert by_id.text_instances.tolist() == [[False, False, True], [True, False, False], [True, False, False]]
    assert not replace(by_id, text_object_ids=by_id.text_object_ids * 0 - 1).text_instances.any()
    several = replace(by_id, text_objects=~by_id.text_instances).to('cpu')
    assert torch.equal(several.text_instances, ~by_id.text_instances)
