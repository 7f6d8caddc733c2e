import numpy as np
import pytest
from scene_files import loaded_sample, sentences

from uniseg3d.io.scene_info import ObjectText, SceneInfo
from uniseg3d.transforms import NormalizeColor, PackScene, SuperpointAnnotations, TextPrompts
from uniseg3d.transforms.text_prompts import one_sentence_each
from uniseg3d.utils.errors import ConfigError


def annotated(texts):
    return SuperpointAnnotations()(loaded_sample(info=SceneInfo('s', '', '', texts=texts)))


def test_training_takes_each_present_object_once_in_random_order():
    texts = [sentences(2, 2, 3), sentences(4, 2, 1), sentences(7, 4, 2), sentences(99, 5, 2)]
    orders = set()
    for seed in range(20):
        sample = annotated(texts) | {'rng': np.random.default_rng(seed)}
        sample = TextPrompts('random')(sample)
        orders.add(tuple(sample['text_object_ids']))
        assert sorted(sample['text_object_ids']) == [2, 4, 7]  # 99 has no points in this scene
        masks = sample['masks'][np.searchsorted(sample['object_ids'], sample['text_object_ids'])]
        np.testing.assert_array_equal(sample['text_masks'], masks)
        assert sample['text_masks'].any(1).all()
    assert len(orders) > 3


def test_sentences_of_an_object_are_equally_likely():
    rng = np.random.default_rng(0)
    rows = [one_sentence_each([sentences(1, 0, 4)], rng)[0][1] for _ in range(800)]
    assert np.bincount(rows, minlength=4).min() > 150 and max(rows) == 3


def test_the_token_row_belongs_to_the_sentence():
    sample = TextPrompts('random')(annotated([sentences(2, 2, 5), sentences(7, 4, 5)]))
    for sentence, tokens in zip(sample['text_sentences'], sample['text_tokens'], strict=True):
        assert sentence == f'object {tokens[1] - 1}, sentence {tokens[2] - 1}'


@pytest.mark.parametrize('rule', ['random', 'all'])
def test_the_kind_belongs_to_the_sentence_and_may_be_unknown(rule):
    texts = [sentences(2, 2, 3), sentences(7, 4, 2)]
    texts[0].kinds = ['kind 0', 'kind 1', 'kind 2']
    sample = TextPrompts(rule)(annotated(texts))
    told = zip(sample['text_sentences'], sample['text_kinds'], strict=True)
    assert all(kind == (f'kind {sentence[-1]}' if sentence.startswith('object 2') else '') for sentence, kind in told)


def test_the_test_rule_takes_everything_in_file_order():
    sample = TextPrompts('all')(annotated([sentences(7, 4, 2), sentences(2, 2, 1), sentences(99, 5, 1)]))
    assert sample['text_object_ids'].tolist() == [7, 7, 2, 99]
    assert sample['text_labels'].tolist() == [4, 4, 2, 5]
    assert sample['text_masks'].any(1).tolist() == [True, True, True, False]  # 99 counts, as a mask nobody can find


def test_a_limit_draws_other_sentences_each_time_and_keeps_their_order():
    drawn = set()
    for seed in range(20):
        sample = annotated([sentences(2, 2, 3), sentences(7, 4, 3)]) | {'rng': np.random.default_rng(seed)}
        told = TextPrompts('all', limit=4)(sample)['text_sentences']
        assert len(told) == 4 and told == sorted(told)
        drawn.add(tuple(told))
    assert len(drawn) > 5
    assert len(TextPrompts('all', limit=9)(annotated([sentences(2, 2, 3)]))['text_sentences']) == 3
    with pytest.raises(ConfigError, match='limit must be at least 1'):
        TextPrompts('all', limit=0)


def stated(object_id, points):
    text = sentences(object_id, 2, 2)
    text.point_ids = np.asarray(points)
    return text


def points_of(superpoints, *ids):
    return np.flatnonzero(np.isin(superpoints, ids))


def test_points_that_the_file_states_decide_at_test_and_the_object_in_training():
    superpoints = loaded_sample()['superpoints']
    half = points_of(superpoints, 1)[::2]  # more than half only if the number is odd
    texts = [stated(2, np.concatenate([points_of(superpoints, 3, 0), half])), sentences(7, 4, 1), stated(99, [])]
    expected = {0, 3} | ({1} if 2 * len(half) > len(points_of(superpoints, 1)) else set())
    sample = annotated(texts)
    own = sample['masks'][list(sample['object_ids']).index(2)]
    masks = TextPrompts('all')(sample)['text_masks']  # two sentences of 2, one of 7, two of 99
    for mask in masks[:2]:
        assert set(np.flatnonzero(mask)) == expected != set(np.flatnonzero(own))
    np.testing.assert_array_equal(masks[2], sample['masks'][list(sample['object_ids']).index(7)])
    assert not masks[3:].any()
    trained = TextPrompts('random')(annotated(texts))
    np.testing.assert_array_equal(trained['text_masks'][trained['text_object_ids'] == 2], own[None])


def test_stated_points_are_rows_of_the_file_also_after_points_were_dropped():
    whole = loaded_sample()
    kept = np.flatnonzero(np.arange(len(whole['xyz'])) % 3 > 0)  # every superpoint keeps points
    arrays = {key: whole[key][kept] for key in ('xyz', 'color', 'superpoints', 'instance_ids', 'semantic')}
    info = SceneInfo('s', '', '', texts=[stated(2, points_of(whole['superpoints'], 5))])
    sample = SuperpointAnnotations()(loaded_sample(info=info, rows=kept, **arrays))
    masks = TextPrompts('all')(sample)['text_masks']
    assert [np.flatnonzero(mask).tolist() for mask in masks] == [[5], [5]]


@pytest.mark.parametrize('rule', ['random', 'all'])
def test_no_texts_give_empty_arrays_of_the_right_shape(rule):
    sample = TextPrompts(rule)(annotated([]))
    assert sample['text_tokens'].shape == (0, 77) and sample['text_tokens'].dtype == np.int64
    assert sample['text_masks'].shape == (0, sample['masks'].shape[1]) and sample['text_sentences'] == []


def test_scenes_without_labels_keep_their_sentences():
    sample = TextPrompts('all')(loaded_sample(semantic=None))
    assert len(sample['text_sentences']) == 4 and 'text_masks' not in sample


def test_an_unknown_rule_is_a_config_error():
    with pytest.raises(ConfigError, match='some'):
        TextPrompts('some')


def about(*object_ids):
    return ObjectText.about(object_ids, -1, [f'about {object_ids}'], np.full((1, 77), 5), [])


def test_a_sentence_may_mean_several_objects_or_none():
    sample = TextPrompts('all')(annotated([about(2, 7), about(), about(4), about(4, 99)]))
    assert sample['text_object_ids'].tolist() == [-1, -1, 4, -1]
    columns = {number: column for column, number in enumerate(sample['object_ids'])}
    meant = [{2, 7}, set(), {4}, {4}]  # the scene has no 99
    for row, ids in enumerate(meant):
        assert set(np.flatnonzero(sample['text_objects'][row])) == {columns[number] for number in ids}
        own = [sample['masks'][columns[number]] for number in ids]
        np.testing.assert_array_equal(sample['text_masks'][row], np.any(own, axis=0) if own else False)
    targets = PackScene()(NormalizeColor()(sample)).targets
    np.testing.assert_array_equal(targets.text_instances.numpy(), sample['text_objects'])


def test_training_leaves_out_sentences_of_which_an_object_is_missing():
    sample = TextPrompts('random')(annotated([about(2, 7), about(), about(4, 99)]))
    assert sorted(sample['text_objects'].sum(1).tolist()) == [0, 2]
