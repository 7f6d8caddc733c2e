"""Small models of the DUSt3R family: as the archives have them, and one of our own."""

from typing import Any

import panst3r_archives as archives
import torch

from uniseg3d.models.systems.dust3r import DUSt3R
from uniseg3d.utils.weights import apply_weights


def archived_model(name: str) -> DUSt3R:
    """The model of an archive, with its weights; every size is read from it."""
    weights = archives.weights(name)
    dims = len(weights['enc_norm.bias']), len(weights['dec_norm.bias'])
    ratios = (
        len(weights[f'{part}.0.mlp.fc1.bias']) / dim for part, dim in zip(('enc_blocks', 'dec_blocks'), dims, strict=True)
    )
    enc_depth, dec_depth = (len({n.split('.')[1] for n in weights if n.startswith(p)}) for p in ('enc_blocks.', 'dec_blocks.'))
    heads = [int(archives.setting(name, f'{part}_heads')) for part in ('enc', 'dec')]
    model = DUSt3R(
        encoder(dims[0], enc_depth, heads[0], next(ratios)),
        {'type': 'PairwiseDecoder', 'in_dim': dims[0], 'dim': dims[1], 'depth': dec_depth, 'heads': heads[1],
         'mlp_ratio': next(ratios)},
        [archived_head(name, dims) for _ in range(2)],
    )  # fmt: skip
    apply_weights(model, weights)
    return model.eval()


def encoder(dim: int, depth: int, heads: int, mlp_ratio: float) -> dict[str, Any]:
    embed = {'type': 'PatchEmbed', 'dim': dim}
    return {'type': 'ViTEncoder', 'patch_embed': embed, 'depth': depth, 'heads': heads, 'mlp_ratio': mlp_ratio}


def archived_head(name: str, dims: tuple[int, int]) -> dict[str, Any]:
    """The config of an archive's head, linear or DPT."""
    weights = archives.weights(name, 'downstream_head1.')
    if 'proj.weight' in weights:
        return {'type': 'LinearPointmapHead', 'dim': dims[1]}
    outlets = [weights[f'dpt.act_postprocess.{i}.0.weight'] for i in range(4)]
    trunk = {
        'type': 'DPT',
        'widths': [outlet.shape[1] for outlet in outlets],
        'layer_dims': [outlet.shape[0] for outlet in outlets],
        'hooks': archives.archive(name).get('cfg.hooks', torch.tensor([0, 6, 9, 12])).tolist(),
        'dim': weights['dpt.scratch.layer1_rn.weight'].shape[0],
        'last_dim': weights['dpt.head.2.weight'].shape[0],
    }
    return {'type': 'DPTPointmapHead', 'dpt': trunk}


def tiny_model(describe: bool = False, criterion: Any = None) -> DUSt3R:
    """Two layers each; with ``describe`` MASt3R's heads. Always the same weights."""
    torch.manual_seed(0)
    trunk = {'type': 'DPT', 'widths': (16, 24, 24, 24), 'hooks': (0, 1, 2, 2), 'layer_dims': (4, 6, 8, 8), 'dim': 8}
    head = {'type': 'DPTPointmapHead', 'dpt': trunk} if describe else {'type': 'LinearPointmapHead', 'dim': 24}
    if describe:
        head = {'type': 'DescriptorHead', 'pointmap': head, 'dims': (16, 24), 'features': 5}
    decoder = {'type': 'PairwiseDecoder', 'in_dim': 16, 'dim': 24, 'depth': 2, 'heads': 2}
    return DUSt3R(encoder(16, 2, 2, 2.0), decoder, [head, dict(head)], criterion).eval()
