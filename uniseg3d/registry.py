"""Registries of this package: children of mmengine's, scope ``uniseg3d``.

``locations`` are imported on the first build, so ``import uniseg3d`` stays cheap and a config that
names a component needs no ``custom_imports``.
"""

from mmengine import registry as _mmengine
from mmengine.registry import Registry

SCOPE = 'uniseg3d'


def _child(name: str, parent: Registry, *locations: str) -> Registry:
    return Registry(name, parent=parent, scope=SCOPE, locations=[f'{SCOPE}.{place}' for place in locations])


DATASETS = _child('dataset', _mmengine.DATASETS, 'datasets')
DATA_SAMPLERS = _child('data sampler', _mmengine.DATA_SAMPLERS, 'engine')
FUNCTIONS = _child('function', _mmengine.FUNCTIONS, 'datasets')
HOOKS = _child('hook', _mmengine.HOOKS, 'engine')
LOG_PROCESSORS = _child('log processor', _mmengine.LOG_PROCESSORS, 'engine')
LOOPS = _child('loop', _mmengine.LOOPS, 'engine')
METRICS = _child('metric', _mmengine.METRICS, 'evaluation')
MODELS = _child('model', _mmengine.MODELS, 'models')
MODEL_WRAPPERS = _child('model wrapper', _mmengine.MODEL_WRAPPERS, 'engine')
OPTIM_WRAPPERS = _child('optimizer wrapper', _mmengine.OPTIM_WRAPPERS, 'engine')
RUNNERS = _child('runner', _mmengine.RUNNERS, 'engine')
TRANSFORMS = _child('transform', _mmengine.TRANSFORMS, 'transforms')
VISUALIZERS = _child('visualizer', _mmengine.VISUALIZERS, 'visualization')
