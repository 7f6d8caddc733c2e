"""ViT-Adapter against the original's numbers, evaluating and training."""

import pytest
import siu3r_archives as archives
import torch
from siu3r_archives import assert_equals, sizes, tensor

from uniseg3d.models.encoders import vit_adapter
from uniseg3d.models.encoders.vit_adapter import ViTAdapter
from uniseg3d.models.layers.deformable_attention import DeformableAttention
from uniseg3d.ops.deformable_attention import cell_centres
from uniseg3d.utils.weights import apply_weights

pytestmark = pytest.mark.full_set
NAME = 'vit_adapter'
CONFIG = 'cfg/H_W_dim_inplanes_heads_points'


def make_adapter() -> ViTAdapter:
    _, _, dim, planes, heads, points = sizes(NAME, CONFIG)
    published = {name: value for name, value in archives.weights(NAME).items() if not name.startswith('msda.')}
    layers = range(archives.count(published, r'interactions\.(\d+)\.'))
    extra = archives.count(published, r'interactions\.\d+\.extra_extractors\.(\d+)\.')
    adapter = ViTAdapter(dim, tuple(layers), planes, heads, points, extra)
    ours = vit_adapter.remap_keys(published)
    assert len(ours) == len(published) and not apply_weights(adapter, ours)
    undo_steps(adapter)
    return adapter.eval()


def undo_steps(adapter: ViTAdapter) -> None:
    """The stored statistics are those after the archive's training step: go back to those before it.

    A step mixes those of the batch in: after = (1 - m) before + m batch. One step more shows what the batch's are.
    """
    after = {name: value.double() for name, value in adapter.named_buffers() if 'running' in name}
    norms = [module for module in adapter.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert all(norm.num_batches_tracked in (0, 1) for norm in norms)
    if not norms[0].num_batches_tracked:
        return
    adapter.double().train()
    with torch.no_grad():
        adapter(tensor(NAME, 'in/image').double(), [patches.double() for patches in inner()])
        share = norms[0].momentum
        for name, value in adapter.named_buffers():
            if 'running' in name:
                batch = (value - (1 - share) * after[name]) / share
                value.copy_((after[name] - share * batch) / (1 - share))
    adapter.float()


def inner() -> list[torch.Tensor]:
    return [tensor(NAME, f'in/feat_{i}') for i in range(sum(key.startswith('in/feat_') for key in archives.archive(NAME)))]


@torch.no_grad()
def test_spatial_prior():
    finest, *coarse = make_adapter().prior(tensor(NAME, 'in/image'))
    assert_equals(finest, tensor(NAME, 'mid/spm_c1'), 'c1')
    for number, map_ in enumerate(coarse, 2):
        assert_equals(map_.flatten(2).transpose(1, 2), tensor(NAME, f'mid/spm_c{number}'), f'c{number}')


@torch.no_grad()
def test_every_interaction():
    adapter = make_adapter()
    height, width = sizes(NAME, CONFIG)[:2]
    shapes, grid = [(height // s, width // s) for s in (8, 16, 32)], (height // 16, width // 16)
    counts = torch.tensor([rows * columns for rows, columns in shapes])
    cells = torch.cat([tensor(NAME, f'mid/spm_c{i}') for i in (2, 3, 4)], 1) + adapter.level_embed.repeat_interleave(counts, 0)
    for number, (extractors, patches) in enumerate(zip(adapter.interactions, inner(), strict=True)):
        for extractor in extractors:
            cells = extractor(cells, shapes, cell_centres(shapes)[:, None], patches, grid)
        assert_equals(cells, tensor(NAME, f'mid/interaction_{number}'), f'interaction {number}')


@torch.no_grad()
def test_maps_when_evaluating():
    for number, map_ in enumerate(make_adapter()(tensor(NAME, 'in/image'), inner()), 1):
        assert_equals(map_, tensor(NAME, f'out/f{number}'), f'f{number}')


def test_maps_and_statistics_when_training():
    adapter = make_adapter().train()
    maps = adapter(tensor(NAME, 'in/image'), inner())
    for number, map_ in enumerate(maps, 1):
        assert_equals(map_, tensor(NAME, f'out_train/f{number}'), f'f{number}')
    state = adapter.state_dict()
    changed = {'prior.stem.1.running_mean': 'spm.stem.1.running_mean', 'norms.0.running_var': 'norm1.running_var'}
    for own, name in changed.items():
        assert_equals(state[own], tensor(NAME, f'out_train/{name}_after'), own)


@torch.no_grad()
def test_deformable_attention_alone():
    """The archive does not say how many heads there are: exactly one number gives its result."""
    weights = archives.weights(NAME, 'msda/w/')
    query, value, references = (tensor(NAME, f'msda/{name}') for name in ('query', 'value', 'ref'))
    shapes = [tuple(shape) for shape in archives.archive(NAME)['msda/shapes'].tolist()]
    places = len(weights['attention_weights.bias']) // len(shapes)
    expected, fitting = tensor(NAME, 'msda/out'), []
    for heads in (n for n in range(1, places + 1) if places % n == 0 and query.shape[2] % n == 0):
        layer = DeformableAttention(query.shape[2], heads, len(shapes), places // heads)
        layer.load_state_dict(weights)
        found = layer(query, references, value, shapes)
        fitting += [heads] * bool((found - expected).abs().max() <= archives.TOLERANCE * expected.abs().max())
    assert len(fitting) == 1
