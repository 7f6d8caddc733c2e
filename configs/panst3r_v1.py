# PanSt3R, first release: to test its weights, or to train it with the original's schedule from MUSt3R's weights.
#   python tools/test.py configs/panst3r_v1.py panst3r_v1_512_5ds.pth
# The rooms stand for the data here; on ScanNet++ that tools/create_data.py prepared, set data_root, layout='scannetpp_panoptic'.
_base_ = [
    './_base_/models/panst3r.py',
    './_base_/datasets/views_rooms.py',
    './_base_/schedules/warmup_cosine_epochs.py',
    './_base_/runtime/default.py',
]

model = dict(
    image_encoder=dict(weights=None),  # a training from the start: dinov2-large's file
    must3r_weights=None,  # and MUSt3R_512.pth
    criterion=dict(type='ViewPanopticCriterion', softmax_costs=True),
)

resolutions = [(512, 384)]
train_dataloader = dict(
    batch_size=2,
    sampler=dict(batch_size=2, views=5),
    dataset=dict(views=5, labels=True, resolutions=resolutions, repeat_frames=True),
)
walks = dict(views=10, labels=True, resolutions=resolutions, start_every=6, rule=dict(max_interval=2, video=1.0))
val_dataloader = dict(dataset=walks)
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=200)
optim_wrapper = dict(optimizer=dict(lr=1e-4), accumulative_counts=2, clip_grad=None)
auto_scale_lr = dict(base_batch_size=2)

val_evaluator = [dict(type='ViewPanopticMetric'), dict(type='RelativePoseMetric'), dict(type='VideoDepthMetric')]
test_evaluator = val_evaluator
