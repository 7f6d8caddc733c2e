"""Experts on other packages: what is ours of them, and what is said where the packages are missing."""

import importlib.util
from types import SimpleNamespace

import pytest
import torch

from uniseg3d.priors.clip_pixels import ClipPixels
from uniseg3d.priors.diffusion_pictures import CrossAttention, DiffusionPictures, word_places
from uniseg3d.priors.panoptic_expert import BlipCaptions, region_maps
from uniseg3d.priors.pixel_experts import Photo
from uniseg3d.priors.refiners import SamRefiner
from uniseg3d.priors.siglip_pixels import SiglipPixels
from uniseg3d.priors.tiles import tile_starts
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError, MissingPackageError

TOWER = {
    'embed_dim': 8,
    'vision_cfg': {'image_size': 32, 'layers': 2, 'width': 64, 'patch_size': 8},
    'text_cfg': {'width': 16, 'heads': 2, 'layers': 1},
}


@pytest.mark.parametrize('size', [(32, 32), (32, 48), (70, 33)])
def test_patches_cover_a_photo_of_any_shape(size):
    torch.manual_seed(0)
    image = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    (shown,) = ClipPixels(TOWER).describe([Photo(image, 's', '0', None)])
    assert shown.size == tuple(round(4 * side / min(size)) for side in size)
    torch.testing.assert_close(shown.features.float().norm(dim=0), torch.ones(shown.size), atol=2e-3, rtol=0)


def test_a_patch_is_told_from_where_it_is():
    torch.manual_seed(0)
    expert = ClipPixels(TOWER)
    image = torch.zeros(1, 3, 32, 32)
    other = image.clone()
    other[:, :, :8, :8] = 1.0
    change = (expert.patches(image) - expert.patches(other)).norm(dim=1)[0].detach()
    assert change.argmax() == 0  # the patch that was painted changes most


def test_tiles_reach_both_ends():
    assert tile_starts(10, 10) == [0] and tile_starts(25, 10) == [0, 8, 15] and tile_starts(11, 10) == [0, 1]


def test_regions_and_classes_of_a_panoptic_answer():
    segmentation = torch.tensor([[0, 0, 7], [3, 3, 7]])
    regions, classes = region_maps(segmentation, [{'id': 7, 'label_id': 5}, {'id': 3, 'label_id': 0}])
    assert regions.tolist() == [[0, 0, 1], [2, 2, 1]] and classes.tolist() == [[-1, -1, 5], [0, 0, 5]]


class Words:
    """A tokenizer that knows a few words."""

    def __call__(self, text, add_special_tokens=True):
        ids = [sum(map(ord, word)) for word in text.split()]
        return SimpleNamespace(input_ids=[0, *ids, 1] if add_special_tokens else ids)


def test_places_of_a_name():
    assert word_places(Words(), 'a photo of a shower curtain', 'shower curtain') == [5, 6]
    with pytest.raises(DataError, match='no token'):
        word_places(Words(), 'a photo', 'chair')


class Layer:
    """One attention layer with the members that diffusers gives it; one head."""

    def __init__(self, width):
        torch.manual_seed(width)
        self.to_q, self.to_k, self.to_v = (torch.nn.Linear(width, width) for _ in range(3))
        self.to_out = [torch.nn.Linear(width, width), torch.nn.Identity()]
        self.head_to_batch_dim = self.batch_to_head_dim = lambda part: part

    def get_attention_scores(self, query, key):
        return (query @ key.mT / query.shape[2] ** 0.5).softmax(2)


def test_attention_is_computed_and_remembered():
    layer, heard = Layer(4), CrossAttention()
    pixels, words = torch.randn(2, 256, 4), torch.randn(2, 5, 4)
    plain = torch.nn.functional.scaled_dot_product_attention(layer.to_q(pixels), layer.to_k(words), layer.to_v(words))
    for _ in range(3):
        out = heard(layer, pixels, words)
    torch.testing.assert_close(out, layer.to_out[0](plain))
    (maps,) = heard.means()[16]
    expected = layer.get_attention_scores(layer.to_q(pixels), layer.to_k(words))[1:]  # of the prompt alone
    torch.testing.assert_close(maps, expected.detach())
    heard(layer, pixels)  # among pixels: not remembered
    heard(layer, torch.randn(2, 64, 4), words)  # 8 x 8: too coarse
    assert list(heard.means()) == [16]
    heard.clear()
    assert heard.means() == {}


def test_packages_and_files_that_are_missing(tmp_path):
    with pytest.raises(CheckpointError, match='Segment Anything'):
        SamRefiner(str(tmp_path / 'sam.pth'))
    with pytest.raises(ConfigError, match='vision transformer'):
        ClipPixels({'embed_dim': 8, 'vision_cfg': {'image_size': 32, 'layers': [1, 1, 1, 1], 'width': 8}, 'text_cfg': {}})
    for package, build in (
        ('transformers', lambda: BlipCaptions(str(tmp_path))),
        ('transformers', lambda: SiglipPixels(str(tmp_path))),
        ('diffusers', lambda: DiffusionPictures(str(tmp_path), 1).make(tmp_path, ['chair'])),
    ):
        if importlib.util.find_spec(package) is None:
            with pytest.raises(MissingPackageError, match=r'uniseg3d\[priors\]'):
                build()


def test_nothing_is_loaded_when_all_pictures_are_there(tmp_path):
    assert DiffusionPictures('nowhere', count=0).make(tmp_path, ['chair']) == {'chair': 0}


def test_pictures_without_guidance():
    with pytest.raises(ConfigError, match='hears the prompt'):
        DiffusionPictures('nowhere', guidance=1.0)
