"""Networks that reconstruct, from a weight file and the config that says what it is for."""

from pathlib import Path
from typing import Any

import torch

from uniseg3d.apis.scene_input import find_config
from uniseg3d.apis.shipped import PHOTOS, config_and_weights
from uniseg3d.engine.resume import existing_weights
from uniseg3d.models import DUSt3R, MUSt3R, PanSt3R, Point3R
from uniseg3d.models.systems import dust3r_arguments, must3r_arguments, panst3r_arguments
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.weights import WeightFile, apply_weights, load_weights

KINDS = ('DUSt3R', 'MUSt3R', 'PanSt3R', 'Point3R')
FOR_TRAINING = ('criterion', 'dust3r_weights', 'must3r_weights')


def load_reconstruction_model(
    weights: str | Path | None = None, config: str | Path | None = None
) -> DUSt3R | MUSt3R | PanSt3R | Point3R:
    """The model of a weight file or work dir, on the CPU, ready to predict; without either, ``rooms-photos`` of the package.

    Released files of all but Point3R say themselves what they were made for; others need the name of their config.
    """
    config, weights = config_and_weights(config, weights, PHOTOS)
    file = load_weights(existing_weights(weights))
    described = stated_model(file) if config is None else dict(find_config(config).model)
    if described['type'] not in KINDS:
        raise ConfigError(f'{config} describes a {described["type"]}; expected one of {", ".join(KINDS)}')
    for name in FOR_TRAINING:
        described.pop(name, None)
    with torch.device('meta'):  # the file fills every weight, so none need be drawn
        model = MODELS.build(described)
    model.to_empty(device='cpu')
    apply_weights(model, file.state_dict)
    return model.eval()


def stated_model(file: WeightFile) -> dict[str, Any]:
    """Config of the model that a released file says it was made for."""
    args = file.args
    system = panst3r_arguments if 'panoptic_decoder' in args else must3r_arguments if 'decoder' in args else dust3r_arguments
    return system.model_config(args, str(file.path))
