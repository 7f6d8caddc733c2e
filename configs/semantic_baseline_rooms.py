# Semantic segmentation of the rooms on a CPU in minutes: what the quickstart trains.
_base_ = [
    './_base_/models/semantic_baseline.py',
    './_base_/datasets/rooms.py',
    './_base_/schedules/adamw_cosine.py',
    './_base_/runtime/default.py',
]

train_dataloader = dict(batch_size=4)
train_cfg = dict(max_iters=1500)
optim_wrapper = dict(optimizer=dict(lr=2e-3, weight_decay=0.2))

val_evaluator = dict(type='SemanticMetric')
test_evaluator = val_evaluator
