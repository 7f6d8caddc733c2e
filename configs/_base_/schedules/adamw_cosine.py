# Short runs counted in iterations: a linear warm-up, then a cosine down to zero.
# A delta changes the length by `max_iters` and the rest follows.
max_iters = 1000

train_cfg = dict(type='ResumableIterLoop', max_iters=max_iters, val_interval=max_iters)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
    clip_grad=dict(max_norm=10, norm_type=2))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=0, end=max_iters, T_max=max_iters, eta_min=0.0),
]
auto_scale_lr = dict(enable=False, base_batch_size=4)

default_hooks = dict(
    checkpoint=dict(by_epoch=False, interval=200),
    logger=dict(interval=10))
log_processor = dict(by_epoch=False)
