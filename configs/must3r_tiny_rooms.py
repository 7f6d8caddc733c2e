# Any number of views of a room to points and poses in one world, on a CPU in minutes.
# It starts from the pairs, whose encoder, decoder, head and placing become its own:
# --cfg-options model.dust3r_weights=work_dirs/dust3r_tiny_rooms
_base_ = [
    './_base_/models/must3r_tiny.py',
    './_base_/datasets/views_rooms_small.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

model = dict(dust3r_weights=None)

train_dataloader = dict(
    batch_size=4, sampler=dict(batch_size=4, views=(4, 8)), dataset=dict(views=8, rule=dict(max_interval=3, video=0.8))
)
test_walks = dict(views=10, start_every=6, rule=dict(max_interval=2, video=1.0, fixed_interval=1.0))
val_dataloader = dict(dataset=test_walks)
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.01))
train_cfg = dict(max_iters=900)

val_evaluator = [
    dict(type='RelativePoseMetric', trajectories=True),
    dict(type='VideoDepthMetric'),
    dict(type='ReconstructionMetric', original=False, most_points=5000),  # clouds of 120 000 points take a minute each
]
test_evaluator = val_evaluator
