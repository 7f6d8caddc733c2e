# Views of a room to points and to things that are the same in all views, on a CPU in minutes, on walks with labels:
#   python tools/make_walks.py --labels
# It starts from the tiny MUSt3R, which knows where things are: --cfg-options model.must3r_weights=work_dirs/must3r_tiny_rooms
_base_ = [
    './_base_/models/panst3r_tiny.py',
    './_base_/datasets/views_rooms_small.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

model = dict(must3r_weights=None)

train_pipeline = [
    dict(type='MirrorViews'),
    dict(type='JitterViews', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05),  # here colours tell what things are
    dict(type='PackViews'),
]
train_dataloader = dict(
    batch_size=4,
    sampler=dict(batch_size=4, views=(2, 6)),
    dataset=dict(views=6, labels=True, rule=dict(max_interval=3, video=0.8), pipeline=train_pipeline),
)
test_walks = dict(views=10, labels=True, start_every=6, rule=dict(max_interval=2, video=1.0, fixed_interval=1.0))
val_dataloader = dict(dataset=test_walks)
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=3e-3, weight_decay=0.01))
train_cfg = dict(max_iters=2000)

val_evaluator = [
    dict(type='ViewPanopticMetric'),
    dict(type='RelativePoseMetric', trajectories=True),
    dict(type='VideoDepthMetric'),
]
test_evaluator = val_evaluator
