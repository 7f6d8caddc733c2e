# DUSt3R as released for a long side of 512, with dense heads: to test its weights, or to tune them further.
#   python tools/test.py configs/dust3r_512_dpt.py DUSt3R_ViTLarge_BaseDecoder_512_dpt.pth
_base_ = [
    './_base_/models/dust3r.py',
    './_base_/datasets/views_rooms.py',
    './_base_/schedules/adamw_cosine.py',
    './_base_/runtime/default.py',
]

resolutions = [(512, 384)]
train_dataloader = dict(
    batch_size=1,
    sampler=dict(batch_size=1, views=2),
    dataset=dict(views=2, resolutions=resolutions, rule=dict(max_interval=5, video=0.5)),
)
pairs = dict(views=2, resolutions=resolutions, start_every=4, rule=dict(max_interval=5, video=1.0))
val_dataloader = dict(dataset=pairs)
test_dataloader = val_dataloader

model = dict(encoder=dict(checkpointing=True), decoder=dict(checkpointing=True))
train_cfg = dict(max_iters=10000)
optim_wrapper = dict(optimizer=dict(lr=1e-5, betas=(0.9, 0.95), weight_decay=0.05))

val_evaluator = [dict(type='VideoDepthMetric'), dict(type='RelativePoseMetric')]
test_evaluator = val_evaluator
