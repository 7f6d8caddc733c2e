# Short runs counted in iterations: a linear warm-up, then a cosine down to zero at the end.
# A delta changes the length by train_cfg=dict(max_iters=...); schedules without an `end` follow it.
train_cfg = dict(type='ResumableIterLoop', max_iters=1000, val_interval=None)  # None: validate at the end
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05, fused=True),  # fused: one kernel for all weights, also on a CPU
    clip_grad=dict(max_norm=10, norm_type=2),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=0, eta_min=0.0),
]
auto_scale_lr = dict(enable=False, base_batch_size=4)
