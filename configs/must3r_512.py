# MUSt3R as released for a long side of 512: to test its weights, or to train with the original's recipe of views and steps.
#   python tools/test.py configs/must3r_512.py MUSt3R_512.pth
_base_ = [
    './_base_/models/must3r.py',
    './_base_/datasets/views_rooms.py',
    './_base_/schedules/warmup_cosine_epochs.py',
    './_base_/runtime/default.py',
]

model = dict(
    encoder=dict(checkpointing=True),
    decoder=dict(checkpointing=True, token_dropout=0.1),
    dust3r_weights=None,  # a training from the start: DUSt3R's file
)

resolutions = [(512, 384)]
train_dataloader = dict(
    batch_size=1,
    sampler=dict(batch_size=1, views=20),
    dataset=dict(views=20, repeat_frames=True, resolutions=resolutions, rule=dict(max_interval=5, video=0.5)),
)
walks = dict(views=10, resolutions=resolutions, start_every=6, rule=dict(max_interval=2, video=1.0, fixed_interval=1.0))
val_dataloader = dict(dataset=walks)
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=100)
optim_wrapper = dict(optimizer=dict(lr=1.9e-5), accumulative_counts=4)  # 1.5e-4 per 256 sequences of a step
param_scheduler = dict(warmup=10)
auto_scale_lr = dict(base_batch_size=8)

val_evaluator = [
    dict(type='RelativePoseMetric', trajectories=True),
    dict(type='VideoDepthMetric'),
    dict(type='ReconstructionMetric', original=False, most_points=20000),
]
test_evaluator = val_evaluator
