# UniSeg3D on ScanNet and ScanRefer with the settings of the original: one GPU, four scenes a step, 301 steps an epoch.
_base_ = [
    './_base_/models/uniseg3d.py',
    './_base_/datasets/scannet.py',
    './_base_/schedules/adamw_poly_512e.py',
    './_base_/runtime/uniseg3d.py',
]

model = dict(backbone_weights='work_dirs/pretrained/sstnet_scannet.pth')
train_dataloader = dict(batch_size=4, num_workers=16, drop_last=False)

val_evaluator = dict(type='UnifiedMetric')
test_evaluator = val_evaluator
