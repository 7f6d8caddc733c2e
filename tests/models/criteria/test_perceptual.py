"""LPIPS with weights of a file; a narrow network stands for VGG16."""

import pytest
import torch

from uniseg3d.models.criteria.perceptual import SLICES, PerceptualDistance
from uniseg3d.utils.errors import CheckpointError

PLANES = (4, 5, 6, 7, 8)


def written(path, prefix='lpips.net.'):
    torch.manual_seed(0)
    weights, width = {}, 3
    for level, numbers in enumerate(SLICES):
        for number in numbers:
            weights[f'{prefix}net.slice{level + 1}.{number}.weight'] = 0.3 * torch.randn(PLANES[level], width, 3, 3)
            weights[f'{prefix}net.slice{level + 1}.{number}.bias'] = torch.zeros(PLANES[level])
            width = PLANES[level]
        weights[f'{prefix}lin{level}.model.1.weight'] = torch.rand(1, width, 1, 1)
    torch.save({'state_dict': {**weights, 'model.other': torch.zeros(1)}}, path)
    return path


@pytest.mark.parametrize('prefix', ['lpips.net.', ''])
def test_equal_images_have_no_distance_and_others_have(tmp_path, prefix):
    distance = PerceptualDistance(written(tmp_path / 'w.pth', prefix))
    images = torch.rand(2, 3, 32, 48)
    assert distance(images, images).tolist() == [0, 0]
    changed = images.clone()
    changed[1] = 1 - changed[1]
    found = distance(images, changed)
    assert found[0] == 0 and found[1] > 0.01


def test_it_has_a_gradient_but_nothing_to_learn_or_to_save(tmp_path):
    distance = PerceptualDistance(written(tmp_path / 'w.pth'))
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    distance(image, torch.rand(1, 3, 32, 32)).sum().backward()
    assert image.grad.abs().sum() > 0
    assert not list(distance.parameters()) and not distance.state_dict()


def test_a_file_of_something_else_is_named(tmp_path):
    torch.save({'state_dict': {'lpips.net.lin0.model.1.weight': torch.zeros(1, 4, 1, 1)}}, tmp_path / 'w.pth')
    with pytest.raises(CheckpointError, match=r'w\.pth holds no LPIPS network: 30 of 31 tensors are missing'):
        PerceptualDistance(tmp_path / 'w.pth')
