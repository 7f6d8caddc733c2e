"""What a user calls: typed in, typed out."""

from importlib import import_module
from typing import Any

PLACES = {
    'Click': 'user_prompts',
    'CloudOptions': 'own_cloud',
    'ImagesInferencer': 'images_inferencer',
    'PanopticStream': 'panoptic_stream',
    'PhotoClick': 'user_prompts',
    'SceneInferencer': 'scene_inferencer',
    'SuperpointOptions': 'superpoints',
    'SuperpointResult': 'superpoints',
    'label_message': 'ros',
    'make_superpoints': 'superpoints',
}
__all__ = list(PLACES)


def __getattr__(name: str) -> Any:
    """Imported when asked for: whoever makes superpoints need not wait for networks."""
    if name not in PLACES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{PLACES[name]}'), name)
