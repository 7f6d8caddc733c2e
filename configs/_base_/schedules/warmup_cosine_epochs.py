# The pointmap networks' schedule: a warm-up from zero and half a cosine, changed at every iteration.
# A delta changes the length by train_cfg=dict(max_epochs=...); the schedule, which has no `end`, follows it.
train_cfg = dict(type='ResumableEpochLoop', max_epochs=100, val_interval=None)  # None: validate at the end
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=5e-5, betas=(0.9, 0.95), weight_decay=0.05),
    clip_grad=dict(max_norm=1.0, norm_type=2),
    paramwise_cfg=dict(flat_decay_mult=0.0),  # vectors: biases and norms
)
param_scheduler = dict(type='WarmupCosineLR', warmup=5, eta_min=1e-6, by_epoch=True, convert_to_iter_based=True)
auto_scale_lr = dict(enable=False, base_batch_size=128)
