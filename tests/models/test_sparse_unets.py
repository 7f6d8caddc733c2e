"""Sparse U-Nets as users build them: sizes, batches, checkpoints, bad scenes."""

import pytest
import torch

from uniseg3d.models.encoders.minkunet import VARIANTS, remap_keys
from uniseg3d.ops.sparse import SparseTensor, use_backend
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError, DataError

SMALL = {'type': 'SparseUNet', 'in_channels': 3, 'planes': (8, 12, 16)}


def voxels(seed: int, scenes: int = 1, count: int = 200) -> SparseTensor:
    random = torch.Generator().manual_seed(seed)
    coords = torch.cat(
        [torch.randint(0, scenes, (count, 1), generator=random), torch.randint(0, 13, (count, 3), generator=random)], 1
    )
    coords = torch.unique(coords.int(), dim=0)[torch.randperm(len(torch.unique(coords, dim=0)), generator=random)]
    return SparseTensor.from_coords(torch.randn(len(coords), 3, generator=random), coords, (14, 13, 13), scenes)


@pytest.mark.parametrize('config', [SMALL, {'type': 'MinkUNet', 'variant': '14A', 'out_channels': 8}])
def test_scenes_of_a_batch_do_not_mix(config: dict) -> None:
    torch.manual_seed(0)
    network, batch = MODELS.build(config).eval(), voxels(1, scenes=2)
    with torch.no_grad():
        together = network(batch).features
        for scene in (0, 1):
            mine = batch.coords[:, 0] == scene
            coords = batch.coords[mine] - torch.tensor([scene, 0, 0, 0], dtype=torch.int32)
            alone = network(SparseTensor.from_coords(batch.features[mine], coords, (14, 13, 13))).features
            assert torch.allclose(together[mine], alone, atol=1e-4)


def test_order_of_voxels_does_not_matter() -> None:
    network, tensor = MODELS.build(SMALL).eval(), voxels(2)
    order = torch.randperm(len(tensor))
    with torch.no_grad():
        shuffled = network(SparseTensor.from_coords(tensor.features[order], tensor.coords[order], (14, 13, 13)))
        assert torch.allclose(shuffled.features, network(tensor).features[order], atol=1e-5)


def test_no_more_is_kept_than_inputs_of_layers() -> None:
    """One convolution saves its input and weight, not a gathered copy per kernel offset."""
    network, tensor = MODELS.build(SMALL), voxels(3)
    kept = []
    with use_backend('torch'), torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        network(tensor)
    assert max(kept) <= max(len(tensor) * 16, max(p.numel() for p in network.parameters()))


@pytest.mark.parametrize('variant', VARIANTS)
def test_every_variant_of_the_family(variant: str) -> None:
    network = MODELS.build({'type': 'MinkUNet', 'variant': variant, 'out_channels': 4}).eval()
    tensor = voxels(4, count=20)
    with torch.no_grad():
        assert network(tensor).features.shape == (len(tensor), 4)
    blocks = sum(len(stage) for stage in (*network.encoder, *network.decoder))
    assert blocks == {'14': 8, '18': 16, '34': 23}[variant[:2]]


def test_res16unet34c_has_a_bias_in_its_head() -> None:
    network = MODELS.build({'type': 'Res16UNet34C', 'out_channels': 20})
    assert network.head.bias.shape == (20,) and network.stem[0].weight.shape == (32, 5, 5, 5, 3)
    renamed = remap_keys({'final.kernel': torch.ones(96, 20), 'final.bias': torch.ones(1, 20)})
    assert renamed['head.weight'].shape == (20, 1, 1, 1, 96)


def test_foreign_keys_are_left_alone() -> None:
    assert set(remap_keys({'module.net3d.conv1p1s2.kernel': torch.ones(8, 2, 2), 'epoch.count': torch.ones(1)})) == {
        'down.0.0.weight',
        'epoch.count',
    }


def test_old_checkpoints_of_spformer_load() -> None:
    torch.manual_seed(1)
    network, other = MODELS.build(SMALL), MODELS.build(SMALL)
    old = {
        name: value.permute(1, 2, 3, 4, 0).contiguous() if value.dim() == 5 else value
        for name, value in network.state_dict().items()
    }
    other.load_state_dict(old, strict=True)
    for name, value in network.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_one_voxel() -> None:
    tensor = SparseTensor.from_coords(torch.ones(1, 3), torch.zeros(1, 4, dtype=torch.int32))
    network = MODELS.build(SMALL)
    with torch.no_grad():
        assert network.eval()(tensor).features.shape == (1, 8)
    with pytest.raises(DataError, match='only one voxel is left'):
        network.train()(tensor)


def test_wrong_configs_are_named() -> None:
    with pytest.raises(ConfigError, match="unknown MinkUNet variant '99Z'"):
        MODELS.build({'type': 'MinkUNet', 'variant': '99Z'})
    with pytest.raises(ConfigError, match='at least one'):
        MODELS.build({'type': 'SparseUNet', 'planes': ()})
