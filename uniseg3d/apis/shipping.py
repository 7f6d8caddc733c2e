"""From a trained checkpoint to a model that comes with the package: half precision, small, with digest, numbers and words."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from uniseg3d.apis.checkpoints import WHOLE_MODEL, convert_checkpoint
from uniseg3d.apis.shipped import ShippedModel, shipped_models
from uniseg3d.engine.results import read_results
from uniseg3d.io.fields import Fields
from uniseg3d.text.open_names import words_of
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import read_json, write_text

MOST_BYTES = 8_000_000  # of one file
LIST = 'shipped.json'


def ship_model(
    model: ShippedModel, source: str | Path, folder: str | Path | None = None, system: str = WHOLE_MODEL
) -> ShippedModel:
    """Write the weights ``source`` of ``model`` and its line in the list of shipped models; the line with its digest.

    ``model.config`` is the config's path or bare name. folder: where both go, by default where the package looks for them. A
    file that does not fit the config, or is too large, leaves everything as it was.
    """
    folder = model.path.parent if folder is None else Path(folder)
    path, fresh = folder / model.path.name, folder / f'.new-{model.path.name}'
    try:
        convert_checkpoint(source, fresh, system, _config_file(model.config), half=True)
        if fresh.stat().st_size > MOST_BYTES:
            raise ConfigError(
                f'{source} takes {fresh.stat().st_size / 1e6:.1f} MB in half precision; a model that comes with the package '
                f'takes at most {MOST_BYTES / 1e6:g} MB: train a smaller one'
            )
        digest = f'sha256:{hashlib.sha256(fresh.read_bytes()).hexdigest()}'
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    done = replace(model, config=Path(model.config).stem, digest=digest)
    records = [asdict(known) for known in (shipped_models() | {done.name: done}).values()]
    write_text(folder / LIST, json.dumps(records, indent=1, ensure_ascii=False) + '\n')
    shipped_models.cache_clear()
    return done


def measured(work_dir: str | Path, names: Sequence[str]) -> dict[str, float]:
    """Those metrics of the newest test below ``work_dir``, with three digits."""
    found = read_results(work_dir)
    missing = [name for name in names if name not in found]
    if missing:
        raise ConfigError(f'{work_dir} measured no {", ".join(missing)}; it measured {", ".join(found)}')
    return {name: round(found[name], 3) for name in names}


def heard_words(sentences: str | Path) -> tuple[str, ...]:
    """All words of the sentences of a ScanRefer file, sorted."""
    told = read_json(Path(sentences), 'make the data set again')
    said = (Fields(record, f'{sentences}, sentence {number}').text('description') for number, record in enumerate(told))
    return tuple(sorted({word for sentence in said for word in words_of(sentence)}))


def _config_file(config: str) -> Path:
    path = Path(config)
    return path if path.suffix == '.py' else Path('configs') / f'{config}.py'
