# Two views of a room to the points of both, on a CPU in minutes: what tools/quickstart.sh --images trains first.
_base_ = [
    './_base_/models/dust3r_tiny.py',
    './_base_/datasets/views_rooms_small.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

# a process takes 8 pairs at a time, two processes 16
train_dataloader = dict(
    batch_size=8, sampler=dict(batch_size=8, views=2), dataset=dict(views=2, rule=dict(max_interval=5, video=0.5))
)
test_pairs = dict(views=2, start_every=4, rule=dict(max_interval=5, video=1.0))
val_dataloader = dict(dataset=test_pairs)
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=2.5e-3, weight_decay=0.01))
train_cfg = dict(max_iters=2400)

val_evaluator = [dict(type='VideoDepthMetric'), dict(type='RelativePoseMetric')]
test_evaluator = val_evaluator
