# Point3R, first stage: squares of 224 pixels, five views, pointers appended without merging; starts from DUSt3R.
_base_ = [
    './_base_/models/point3r_published.py',
    './_base_/datasets/views_point3r.py',
    './_base_/schedules/warmup_cosine_epochs.py',
    './_base_/runtime/default.py',
]

model = dict(
    pointer_memory=dict(_delete_=True, type='AppendingMemory'),
    dust3r_weights='work_dirs/pretrained/DUSt3R_ViTLarge_BaseDecoder_512_dpt.pth',
)
squares = [(224, 224)]
thousands = [10, 10, 10, 10, 10, 10, 5, 10, 10, 10, 5, 0, 0, 0, 0]
train_dataloader = dict(
    batch_size=16,
    sampler=dict(batch_size=16),
    dataset=dict(common=dict(resolutions=squares), counts=[1000 * count for count in thousands]),
)
val_dataloader = dict(dataset=dict(resolutions=squares))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=100)

val_evaluator = [
    dict(type='RelativePoseMetric', trajectories=True),
    dict(type='VideoDepthMetric'),
    dict(type='MonoDepthMetric', prefix='mono'),
    dict(type='ReconstructionMetric'),
]
test_evaluator = val_evaluator
