# The same network on ScanNet with UniSeg3D's pipelines, schedule and run settings; the learning rate is the quickstart's.
_base_ = [
    './_base_/models/semantic_baseline.py',
    './_base_/datasets/scannet.py',
    './_base_/schedules/adamw_poly_512e.py',
    './_base_/runtime/uniseg3d.py',
]

optim_wrapper = dict(optimizer=dict(lr=2e-3))
default_hooks = dict(checkpoint=dict(save_best='miou'))

val_evaluator = dict(type='SemanticMetric')
test_evaluator = val_evaluator
