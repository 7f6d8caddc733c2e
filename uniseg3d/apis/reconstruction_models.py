"""Networks that reconstruct, from a weight file and the config that says what it is for."""

from pathlib import Path

import torch

from uniseg3d.apis.image_pairs import load_pair_model
from uniseg3d.engine.config import load_config
from uniseg3d.engine.resume import existing_weights
from uniseg3d.models import DUSt3R, Point3R
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.weights import apply_weights, load_weights


def load_reconstruction_model(weights: str | Path, config: str | Path | None = None) -> DUSt3R | Point3R:
    """The model of a weight file or work dir, on the CPU, ready to predict."""
    path = existing_weights(weights)
    kind = None if config is None else load_config(config).model.type
    if kind is None or kind == 'DUSt3R':
        return load_pair_model(path, config)
    if kind != 'Point3R':
        raise ConfigError(f'{config} describes a {kind}; expected DUSt3R or Point3R')
    described = dict(load_config(config).model)  # type: ignore[arg-type]
    with torch.device('meta'):  # the file fills every weight, so none need be drawn
        model = MODELS.build(described | {'criterion': None, 'dust3r_weights': None})
    model.to_empty(device='cpu')
    apply_weights(model, load_weights(path).state_dict)
    return model.eval()
