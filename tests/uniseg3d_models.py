"""The small complete UniSeg3D model of fixture family viii, every size read from the archive."""

import numpy as np
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.models.systems.uniseg3d import UniSeg3D


def published_weights() -> dict[str, Tensor]:
    """The original's state dict."""
    with np.load(fixture_folder('uniseg3d') / 'viii_model_weights.npz') as file:
        return {name: torch.from_numpy(file[name]) for name in file.files if name != 'cls_embed_file'}


def published_class_embeddings() -> Tensor:
    """[20, P, E], as in the original's file."""
    with np.load(fixture_folder('uniseg3d') / 'viii_model_weights.npz') as file:
        return torch.from_numpy(file['cls_embed_file'])


def small_model_config(**changes) -> dict:
    """Config of the model, with the forms of the original."""
    with np.load(fixture_folder('uniseg3d') / 'viii_model_io.npz') as file:
        size = dict(zip(file['config_names'].tolist(), file['config'].tolist(), strict=True))
        planes = file['planes'].tolist()
    channels, dim, text = size['num_channels'], size['d_model'], size['text_width']
    head = {'type': 'OpenClassHead', 'dim': dim, 'embed_dim': size['cls_dim']}
    sizes = {'width': text, 'heads': size['text_heads'], 'layers': size['text_layers'], 'vocab_size': size['text_vocab']}
    unet = {'type': 'SparseUNet', 'planes': planes, 'odd_plane': 'drop', 'reinterpret_pointwise': True}
    config = {
        'type': 'UniSeg3D',
        'encoder': {'type': 'SuperpointUNet', 'dim': channels, 'min_spatial_shape': 128, 'unet': unet},
        'text_encoder': {'type': 'ClipText', 'dim': channels, 'tower': {'embed_dim': text, 'text_cfg': sizes}},
        'queries': {'type': 'UnifiedQueries', 'dim': channels, 'query_share': (1.0, 1.0)},
        'decoder': {
            'type': 'QueryDecoder', 'in_channels': channels, 'dim': dim, 'heads': size['num_heads'],
            'hidden': size['ffn_hidden'], 'layers': size['num_layers'],
            'class_head': head, 'semantic_head': head, 'iou_head': {'type': 'IoUHead', 'dim': dim},
        },
        'criterion': {'type': 'UniSeg3DCriterion'},
        'postprocess': {'type': 'UniSeg3DPostprocess'},
    }  # fmt: skip
    return {**config, **changes}


def small_model(**changes) -> UniSeg3D:
    """The model with random weights."""
    torch.manual_seed(0)
    config = small_model_config(**changes)
    config.pop('type')
    return UniSeg3D(**config)
