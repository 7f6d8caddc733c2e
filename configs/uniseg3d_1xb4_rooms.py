# All six tasks on the procedural rooms, on a CPU in minutes: what the quickstart trains.
_base_ = [
    './_base_/models/uniseg3d_tiny.py',
    './_base_/datasets/rooms.py',
    './_base_/schedules/adamw_cosine.py',
    './_base_/runtime/default.py',
]

train_dataloader = dict(batch_size=1)
train_cfg = dict(max_iters=2600)
optim_wrapper = dict(optimizer=dict(lr=2e-3))

val_evaluator = dict(type='UnifiedMetric', min_points=30)
test_evaluator = val_evaluator
