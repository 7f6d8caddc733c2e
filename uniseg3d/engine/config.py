"""Reading configs. A config is a program, so only local files that the user names are read."""

import difflib
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from uniseg3d.utils.errors import ConfigError

SIMILAR = 0.85  # a top-level key this close to one the runner knows is taken for a typo

# top-level names beside the parameters of mmengine's runner: what this package reads, and variables of the base files
OWN_KEYS = (
    'allow_mismatch',
    'custom_imports',
    'data_root',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'point_spacing',
    'test_pipeline',
    'train_pipeline',
    'tta_pipelines',
    'val_pipeline',
)


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Config at the local ``path`` with ``{'dotted.key': value}`` on top; ``+dotted.key`` adds a key."""
    path = _local(path)
    try:
        config = Config.fromfile(path)
    except SyntaxError as error:
        raise ConfigError(f'{path}, line {error.lineno}: {error.msg}; correct the config') from error
    except Exception as error:  # a config is a program and fails in any of a program's ways
        raise ConfigError(f'{path} cannot be read as a config: {type(error).__name__}: {error}') from error
    override(config, overrides or {})
    _check_top_level(config)
    return config


def _local(path: str | Path) -> Path:
    if '://' in str(path):
        raise ConfigError(
            f'{path} is an address; a config is a program, so only local files are read: look at it, then save it'
        )
    path = Path(path).expanduser()
    if not path.is_file():
        names = [p.name for p in path.parent.glob('*.py')] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.4)
        raise ConfigError(f'config {path} does not exist' + (f'; did you mean {path.parent / near[0]}?' if near else ''))
    return path


def override(config: Config, overrides: Mapping[str, Any]) -> None:
    """Change values in place. A key that is not there is a typo unless it starts with ``+``."""
    for key in overrides:
        if not key.startswith('+') and not _exists(config, key.split('.')):
            raise ConfigError(f"the config has no key '{key}'; {_hint(config, key)}; to add a new key write +{key}=...")
    config.merge_from_dict({key.removeprefix('+'): value for key, value in overrides.items()})


def _exists(node: Any, parts: list[str]) -> bool:
    return not parts or (parts[0] in _children(node) and _exists(_children(node)[parts[0]], parts[1:]))


def _children(node: Any) -> Mapping[str, Any]:
    if isinstance(node, list | tuple):
        return {str(index): value for index, value in enumerate(node)}
    return dict(node.items()) if isinstance(node, Mapping | Config) else {}


def _hint(config: Config, key: str) -> str:
    """The most similar key beside the first wrong part, else anywhere, else what stands there."""
    parts, parent, node = key.split('.'), '', config
    while parts[0] in _children(node):
        node, parent = _children(node)[parts[0]], f'{parent}{parts.pop(0)}.'
    here = difflib.get_close_matches(parts[0], _children(node), n=1)
    near = [parent + here[0]] if here else difflib.get_close_matches(key, list(_keys(config, '')), n=1, cutoff=0.8)
    if near:
        return f'the nearest is {near[0]}'
    return f'{parent.rstrip(".") or "it"} has {", ".join(_children(node)) or "no keys"}'


def _keys(node: Any, prefix: str) -> Iterator[str]:
    for name, value in _children(node).items():
        yield f'{prefix}{name}'
        yield from _keys(value, f'{prefix}{name}.')


def _check_top_level(config: Config) -> None:
    known = {*signature(Runner.__init__).parameters, *OWN_KEYS}
    for key in config:
        near = difflib.get_close_matches(key, known, n=1, cutoff=SIMILAR)
        if near and key not in known:
            raise ConfigError(
                f"the config sets '{key}', which nothing reads; did you mean '{near[0]}'? Give a variable of your own a name "
                'that is less similar'
            )


def config_text(config: Config, key: str | None = None) -> str:
    """The merged config as text, or the part under a dotted ``key``."""
    if key is None:
        return config.pretty_text
    if not _exists(config, key.split('.')):
        raise ConfigError(f"the config has no key '{key}'; {_hint(config, key)}")
    part: Any = config
    for name in key.split('.'):
        part = _children(part)[name]
    return Config({'part': part}).pretty_text if isinstance(part, Mapping | list | tuple) else repr(part)
