# UniSeg3D on ScanNet and ScanRefer with the settings of the original: one GPU, four scenes a step.
_base_ = [
    './_base_/models/uniseg3d.py',
    './_base_/datasets/scannet.py',
    './_base_/schedules/adamw_poly_512e.py',
    './_base_/runtime/uniseg3d.py',
]

train_dataloader = dict(batch_size=4, num_workers=16)

val_evaluator = dict(type='UnifiedMetric')
test_evaluator = val_evaluator
