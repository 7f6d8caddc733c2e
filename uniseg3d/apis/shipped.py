"""Small models that come with the package, so that a fresh installation answers at once. They know procedural rooms."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

POINTS, PHOTOS = 'rooms-points', 'rooms-photos'
WORK_DIRS = Path('work_dirs')


@dataclass(frozen=True)
class ShippedModel:
    """One line of ``weights/shipped.json``; its file lies beside that."""

    name: str
    config: str  # bare name of the config that it was trained with
    what: str
    size: int | None  # long side of the photos that it sees
    licence: str
    digest: str  # 'sha256:...'
    recipe: tuple[str, ...]  # commands that make it again
    reached: dict[str, float] = field(default_factory=dict)  # on held-out rooms, by the keys that tools/test.py prints
    heard: tuple[str, ...] = ()  # words of the sentences that it learned free names from

    @property
    def path(self) -> Path:
        """Of the weights, half precision."""
        return Path(str(files('uniseg3d') / 'weights' / f'{self.name}.safetensors'))

    def arrived_whole(self) -> bool:
        """Whether the file has the digest that was written down."""
        return self.path.is_file() and self.digest == f'sha256:{hashlib.sha256(self.path.read_bytes()).hexdigest()}'


@cache
def shipped_models() -> dict[str, ShippedModel]:
    """All of them by name."""
    records = json.loads((files('uniseg3d') / 'weights' / 'shipped.json').read_text(encoding='utf-8'))
    lists = ('recipe', 'heard')
    models = (record | {name: tuple(record.get(name, ())) for name in lists} for record in records)
    return {model['name']: ShippedModel(**model) for model in models}


def heard_by(weights: str | Path) -> tuple[str, ...]:
    """Words that the shipped model in the file ``weights`` heard; of others nothing is known."""
    return next((model.heard for model in shipped_models().values() if model.path == Path(weights)), ())


def config_and_weights(
    config: str | Path | None, weights: str | Path | None, shipped: str = POINTS
) -> tuple[str | Path | None, str | Path]:
    """What ``config`` and ``weights`` stand for; the name of a shipped model in either place is its config and its file.

    Without both it is the model ``shipped``; with a config alone, what a training of it left in ``work_dirs``.
    """
    if config is None and weights is None:
        weights = shipped
    models = shipped_models()
    named = models.get(str(weights)) or models.get(str(config))
    if named is not None:
        own_config = config is None or str(config) in models
        return named.config if own_config else config, named.path if weights is None or str(weights) in models else weights
    return config, WORK_DIRS / Path(str(config)).stem if weights is None else weights


def photo_size(weights: str | Path | None, usual: int) -> int:
    """Long side at which a network is shown photos, if nobody says: of a shipped one its own."""
    model = shipped_models().get(str(PHOTOS if weights is None else weights))
    return usual if model is None else model.size or usual
