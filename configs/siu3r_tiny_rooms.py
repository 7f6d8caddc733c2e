# Two views of a room to labelled gaussians, on a CPU, on walks with labels:
#   python tools/make_walks.py --train 600 --labels
#   bash tools/dist_train.sh configs/dust3r_tiny_rooms.py 2
#   bash tools/dist_train.sh configs/siu3r_tiny_rooms.py 2 --cfg-options model.geometry_weights=work_dirs/dust3r_tiny_rooms
# Of three frames the network sees the first and the last, and is asked to draw the one between.
_base_ = [
    './_base_/models/siu3r_tiny.py',
    './_base_/datasets/views_rooms_small.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

model = dict(geometry_weights=None)

# colours tell what things are: they change less than where only geometry is learned
train_pipeline = [
    dict(type='MirrorViews'),
    dict(type='JitterViews', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05),
    dict(type='PackViews'),
]
walk = dict(views=3, labels=True)
train_dataloader = dict(
    batch_size=4,
    sampler=dict(batch_size=4, views=3),
    dataset=dict(pipeline=train_pipeline, rule=dict(max_interval=3, video=1.0, fixed_interval=1.0), **walk),
)
val_dataloader = dict(dataset=dict(start_every=6, rule=dict(max_interval=2, video=1.0, fixed_interval=1.0), **walk))
test_dataloader = val_dataloader

# what DUSt3R knows already changes more slowly; filters of convolutions are orthogonalised, too
known = dict(lr_mult=0.5)
optim_wrapper = dict(
    optimizer=dict(lr=2.5e-3, filters=True),
    paramwise_cfg=dict(custom_keys=dict(encoder=known, decoder=known, centre_heads=known, placing=known)),
)
train_cfg = dict(max_iters=1000)
val_evaluator = [dict(type='NovelViewMetric')]
test_evaluator = val_evaluator
