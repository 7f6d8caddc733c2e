"""How many photos are remembered, and which."""

from dataclasses import replace
from pathlib import Path

from uniseg3d.apis.reconstruct import ReconstructOptions, forecast
from uniseg3d.engine.resume import existing_weights
from uniseg3d.models import DUSt3R, MUSt3R, PanSt3R, Point3R
from uniseg3d.models.systems.panst3r_keyframes import KeyframeChoice, load_retrieval
from uniseg3d.utils.errors import ConfigError

FEWEST = 2
Model = DUSt3R | MUSt3R | PanSt3R | Point3R


def fitting_keyframes(model: Model, frames: int, options: ReconstructOptions, budget: float) -> ReconstructOptions:
    """``options`` with as many keyframes as fit into ``budget`` bytes, if they name no number; never more than the model's.

    Two stay where even they do not fit: what the rest takes is said by the forecast.
    """
    if options.keyframes is not None or not isinstance(model, MUSt3R | PanSt3R):
        return options
    count = min(model.keyframes, max(frames, 1))
    while count > FEWEST and forecast(model, frames, replace(options, keyframes=count)) > budget:
        count -= 1
    return options if count == min(model.keyframes, max(frames, 1)) else replace(options, keyframes=count)


def retrieved_keyframes(model: Model, weights: str | Path | None, options: ReconstructOptions) -> ReconstructOptions:
    """``options`` that choose photos which differ most, by the retrieval in the file of ``weights``."""
    if weights is None or not isinstance(model, PanSt3R):
        raise ConfigError(f'--retrieval is for PanSt3R, whose files bring it along; this is a {type(model).__name__}')
    choice = KeyframeChoice(options.keyframes or model.keyframes, retrieval=load_retrieval(existing_weights(weights)))
    return replace(options, choice=choice)
