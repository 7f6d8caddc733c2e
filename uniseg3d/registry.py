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
EXPERTS = Registry('expert', scope=SCOPE, locations=[f'{SCOPE}.priors'])
FUNCTIONS = _child('function', _mmengine.FUNCTIONS, 'datasets')
HOOKS = _child('hook', _mmengine.HOOKS, 'engine')
LOG_PROCESSORS = _child('log processor', _mmengine.LOG_PROCESSORS, 'engine')
LOOPS = _child('loop', _mmengine.LOOPS, 'engine')
METRICS = _child('metric', _mmengine.METRICS, 'evaluation')
MODELS = _child('model', _mmengine.MODELS, 'models')
MODEL_WRAPPERS = _child('model wrapper', _mmengine.MODEL_WRAPPERS, 'engine')
OPTIMIZERS = _child('optimizer', _mmengine.OPTIMIZERS)
OPTIM_WRAPPER_CONSTRUCTORS = _child('optimizer wrapper constructor', _mmengine.OPTIM_WRAPPER_CONSTRUCTORS)
OPTIM_WRAPPERS = _child('optimizer wrapper', _mmengine.OPTIM_WRAPPERS, 'engine')
PARAM_SCHEDULERS = _child('parameter scheduler', _mmengine.PARAM_SCHEDULERS)
RUNNERS = _child('runner', _mmengine.RUNNERS, 'engine')
TRANSFORMS = _child('transform', _mmengine.TRANSFORMS, 'transforms')
VISBACKENDS = _child('vis_backend', _mmengine.VISBACKENDS)
VISUALIZERS = _child('visualizer', _mmengine.VISUALIZERS, 'visualization')
