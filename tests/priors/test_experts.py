"""Experts for photos: an OpenCLIP model, and one that is taught here."""

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from uniseg3d.priors.clip_expert import ClipExpert
from uniseg3d.priors.crop_expert import STORED, load_crop_expert, save_crop_expert, train_crop_expert
from uniseg3d.priors.patch_tower import PatchTower
from uniseg3d.text.class_embeddings import embed_classes
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.mmengine_compat import import_open_clip

TEXT = {'width': 16, 'heads': 2, 'layers': 1, 'vocab_size': 49408}
VISION = {'layers': 1, 'width': 16, 'head_width': 8, 'image_size': 32, 'patch_size': 16}
COLORS = {'red': (220, 40, 40), 'blue': (40, 40, 220), 'green': (40, 200, 40)}


def drawn(color, shape, rng):
    """A crop [4, s, s] uint8: a 'box' or 'post' of a colour on a noisy wall."""
    crop = (120 + 40 * torch.rand(4, STORED, STORED, generator=rng)).byte()
    width, height = {'box': (18, 16), 'post': (6, 30)}[shape]
    left, top = ((STORED - side) // 2 + int(torch.randint(-2, 3, (), generator=rng)) for side in (width, height))
    inside = torch.zeros(STORED, STORED, dtype=torch.bool)
    inside[top : top + height, left : left + width] = True
    shade = torch.tensor(COLORS[color])[:, None] * (0.8 + 0.2 * torch.rand((), generator=rng))
    crop[:3, inside] = shade.byte()
    crop[3] = 255 * inside
    return crop


def gallery(names, each, seed=0):
    rng = torch.Generator().manual_seed(seed)
    shown = [name for name in names for _ in range(each)]
    return torch.stack([drawn(*name.split(), rng) for name in shown]), shown


def named_right(expert, names, told, seed=5):
    crops, shown = gallery(names, 10, seed)
    pictures = F.interpolate(crops.float() / 255, (expert.crop_size, expert.crop_size), mode='bilinear')
    texts = F.normalize(embed_classes(told, expert.templates, expert.encode_texts)[:, 0], dim=1)
    with torch.no_grad():
        best = (expert.encode_images(pictures) @ texts.T).argmax(1).tolist()
    return sum(told[k] == name for k, name in zip(best, shown, strict=True)) / len(shown)


@pytest.fixture(scope='module')
def taught():
    return train_crop_expert(*gallery(['red box', 'red post', 'blue box', 'green post'], 15), steps=60)


def test_it_learns_what_it_is_shown(taught):
    assert taught.vocabulary == ['blue box', 'green post', 'red box', 'red post']
    assert named_right(taught, taught.vocabulary, taught.vocabulary) > 0.8
    assert 0.005 < taught.temperature < 0.2


def test_it_comes_back_from_its_file(taught, tmp_path):
    path = tmp_path / 'expert.safetensors'
    save_crop_expert(path, taught)
    again = load_crop_expert(path)
    crops = torch.rand(3, 4, taught.crop_size, taught.crop_size)
    assert again.vocabulary == taught.vocabulary and again.temperature == taught.temperature
    assert torch.equal(again.encode_images(crops), taught.encode_images(crops))


def test_teaching_is_repeatable_and_leaves_random_numbers_alone():
    crops, names = gallery(['red box', 'blue post'], 8)
    torch.manual_seed(3)
    first, after = train_crop_expert(crops, names, steps=3, seed=1), torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(after, torch.rand(1))
    second = train_crop_expert(crops, names, steps=3, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True))


def test_files_of_something_else(tmp_path):
    save_file({'weight': torch.zeros(2)}, tmp_path / 'other.safetensors')
    with pytest.raises(CheckpointError, match='does not say which names'):
        load_crop_expert(tmp_path / 'other.safetensors')


def test_filters_answer_to_the_patches_of_their_pictures():
    crops, _ = gallery(['red box', 'blue post'], 6)
    pictures = F.interpolate(crops.float() / 255, (32, 32), mode='bilinear')
    tower = PatchTower(dim=8, filters=16)
    tower.learn_filters(pictures, torch.Generator().manual_seed(0))
    described = tower.describe(pictures)
    assert described.shape == (12, 16 * 16 + 4 * 64) and described.isfinite().all()
    normal = (described - tower.centre) / tower.spread
    assert normal.mean(0).abs().max() < 1e-3 and normal.std(0).max() < 1.1
    assert (described[:, : 16 * 16] > 0).float().mean() > 0.01
    torch.testing.assert_close(tower(pictures).norm(dim=1), torch.ones(12))
    tower.learn_filters(torch.full((4, 4, 32, 32), 0.5))  # nothing to learn from: still numbers
    assert tower.eval()(pictures).isfinite().all()


def test_an_open_clip_model_is_an_expert(tmp_path):
    torch.manual_seed(0)
    whole = import_open_clip().CLIP(embed_dim=12, vision_cfg=dict(VISION), text_cfg=dict(TEXT)).eval()
    torch.save(whole.state_dict(), tmp_path / 'clip.bin')
    sizes = {'embed_dim': 12, 'vision_cfg': VISION, 'text_cfg': TEXT}
    expert = ClipExpert(sizes, tmp_path / 'clip.bin')
    assert expert.crop_size == 32 and len(expert.vocabulary) > 300
    looks = expert.encode_images(torch.rand(2, 4, 32, 32))
    torch.testing.assert_close(looks.norm(dim=1), torch.ones(2))
    texts = embed_classes(['sofa', 'couch, sofa'], expert.templates, expert.encode_texts)
    assert texts.shape == (2, 2, 12) and torch.equal(texts[0, 0], texts[1, 1])
    assert ClipExpert(sizes, vocabulary=['sofa']).vocabulary == ['sofa']
