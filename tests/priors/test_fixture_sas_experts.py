"""Sentences of pixels, attention masks, prompt points, capabilities and fusion, against the published programs."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.priors.attention_masks import attention_mask
from uniseg3d.priors.capability import capability_vector, class_capability, foreground
from uniseg3d.priors.fusion import FusionOptions, fuse_features
from uniseg3d.priors.prompt_points import clean_mask, prompt_points
from uniseg3d.priors.text_bridge import AdjectiveSentence, describe_pixels
from uniseg3d.text.class_lists import class_list, closest_names

ULP = {'rtol': 2**-10, 'atol': 2**-24}  # one unit in the last place of float16


def archive(name):
    return dict(np.load(fixture_folder('sas') / f'{name}.npz'))


def test_sentences():
    case = archive('text_bridge')
    build = AdjectiveSentence(frozenset(case['adjective_words'].tolist()).__contains__)
    maps = (torch.from_numpy(case[name].astype(np.int64)) for name in ('semantic_ids', 'panoptic_ids'))
    sentences, pixels = describe_pixels(*maps, case['captions'].tolist(), case['class_names_139'].tolist(), build)
    assert sentences == case['sentences'].tolist()
    np.testing.assert_array_equal(pixels, case['pixel_sentence'])


@pytest.mark.full_set
def test_attention():
    case = archive('attention_mask')
    maps = {side: [torch.from_numpy(case[f'attn_{part}_{side}']) for part in ('down', 'up')] for side in (16, 32, 64)}
    mask = attention_mask(maps, case['token_indices'].tolist(), len(case['mask']))
    expected = case['mask'] > 0
    assert expected.any() and (mask.numpy() != expected).sum() <= 1e-4 * expected.size


def test_prompt_points():
    case = archive('prompt_points')
    border = int(case['border'])
    for rough, cleaned, points in zip(case['rough_masks'], case['cleaned_masks'], case['points_xy'], strict=True):
        mask = clean_mask(rough > 0, border)
        np.testing.assert_array_equal(mask, cleaned > 0)
        np.testing.assert_array_equal(prompt_points(mask), points)


@pytest.mark.parametrize('expert', ['lseg', 'seem'])
@pytest.mark.parametrize('kind', ['png', 'jpg', 'mean_of_image_iou'])
def test_capability(expert, kind):
    case = archive('capability')
    masks = torch.from_numpy(case[f'pred_{expert}'])
    if kind == 'jpg':
        masks = foreground(torch.from_numpy(case[f'decoded_{expert}_jpg']), exact_white=True)
    pseudo = torch.from_numpy(case['pseudo_masks'])
    measured = {
        str(name): class_capability(masks[i], pseudo[i]).value(per_image=kind == 'mean_of_image_iou')
        for i, name in enumerate(case['image_class_names'])
    }
    vector = capability_vector(measured, case['names_21'].tolist())
    np.testing.assert_allclose(vector, case[f'capability_{expert}_{kind}'], atol=1e-12)


def test_closest_names():
    case = archive('capability')
    assert class_list('seem139').names == tuple(case['names_139'].tolist())
    expected = case['names_21'][case['region_class_139_to_vocabulary_21']]
    assert closest_names('seem139', 'indoor21_sas') == expected.tolist()


@pytest.mark.full_set
def test_fusion():
    case = archive('fusion')
    features = [torch.from_numpy(case[f'feat_{name}']) for name in ('lseg', 'seem')]
    capabilities = torch.from_numpy(np.stack([case[f'capability_{name}'] for name in ('lseg', 'seem')]))
    other = int(case['other_index'])
    options = FusionOptions(float(case['temperature']), keep_first=other, weigh_blank=True)
    fused = fuse_features(features, capabilities, torch.from_numpy(case['text_features']), options)
    sure = case['unambiguous']
    assert sure.mean() > 0.9
    expected = np.stack([case['class_lseg'], case['class_seem']], 1)
    np.testing.assert_array_equal(fused.classes[sure], expected[sure])
    np.testing.assert_allclose(fused.features[sure].float(), case['fused'][sure].astype(np.float32), **ULP)
    weighed = sure & (case['class_lseg'] != other)
    np.testing.assert_allclose(fused.weights[weighed], case['weights'][weighed], atol=1e-5)
