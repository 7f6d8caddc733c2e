# Semantic segmentation of the rooms with a small sparse U-Net.
_base_ = [
    './_base_/models/semantic_unet.py',
    './_base_/datasets/rooms.py',
    './_base_/schedules/adamw_cosine.py',
    './_base_/runtime/default.py',
]

train_dataloader = dict(batch_size=2)
train_cfg = dict(max_iters=1500)
optim_wrapper = dict(optimizer=dict(lr=3e-3))

val_evaluator = dict(type='SemanticMetric')
test_evaluator = val_evaluator
