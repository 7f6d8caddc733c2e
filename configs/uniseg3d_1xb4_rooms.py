# All six tasks on the procedural rooms, on a CPU in minutes: what the quickstart trains.
_base_ = [
    './_base_/models/uniseg3d_tiny.py',
    './_base_/datasets/rooms.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

train_dataloader = dict(batch_size=1, num_workers=1)  # many small steps learn more in a given time than few large ones
train_cfg = dict(max_iters=2500)

val_evaluator = dict(type='UnifiedMetric', min_points=30)
test_evaluator = val_evaluator
