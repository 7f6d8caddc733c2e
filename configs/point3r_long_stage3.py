# Point3R, third stage: sequences of eight views that may repeat frames, the encoder frozen; starts from the second stage.
_base_ = [
    './_base_/models/point3r_published.py',
    './_base_/datasets/views_point3r.py',
    './_base_/schedules/warmup_cosine_epochs.py',
    './_base_/runtime/default.py',
]

load_from = 'work_dirs/point3r_512_stage2'

model = dict(freeze_encoder=True)
hundreds = [20, 20, 20, 10, 10, 20, 5, 10, 10, 10, 8, 8, 8, 1, 9]
train_dataloader = dict(
    batch_size=1,
    sampler=dict(batch_size=1, views=8),
    dataset=dict(common=dict(views=8, repeat_frames=True), counts=[100 * count for count in hundreds]),
)

train_cfg = dict(max_epochs=10)
optim_wrapper = dict(optimizer=dict(lr=1e-5))
param_scheduler = dict(warmup=0.5)
auto_scale_lr = dict(base_batch_size=8)

val_evaluator = [
    dict(type='RelativePoseMetric', trajectories=True),
    dict(type='VideoDepthMetric'),
    dict(type='MonoDepthMetric', prefix='mono'),
    dict(type='ReconstructionMetric'),
]
test_evaluator = val_evaluator
