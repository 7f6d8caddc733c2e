# Point3R, second stage: long side 512 in ten shapes, five views, merged pointers; starts from the first stage.
_base_ = [
    './_base_/models/point3r_published.py',
    './_base_/datasets/views_point3r.py',
    './_base_/schedules/warmup_cosine_epochs.py',
    './_base_/runtime/default.py',
]

load_from = 'work_dirs/point3r_224_stage1'

thousands = [10, 10, 10, 10, 10, 10, 5, 10, 10, 10, 3, 5, 6, 1, 8]
train_dataloader = dict(dataset=dict(counts=[1000 * count for count in thousands]))

train_cfg = dict(max_epochs=10)
param_scheduler = dict(warmup=0.5)
auto_scale_lr = dict(base_batch_size=24)

val_evaluator = [
    dict(type='RelativePoseMetric', trajectories=True),
    dict(type='VideoDepthMetric'),
    dict(type='MonoDepthMetric', prefix='mono'),
    dict(type='ReconstructionMetric'),
]
test_evaluator = val_evaluator
