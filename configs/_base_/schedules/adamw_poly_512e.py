# UniSeg3D's schedule: AdamW, polynomial decay by epoch, 512 epochs; validation every 16 epochs, at the end every epoch.
# The original's settings of hooks and seeds that go with it are in runtime/uniseg3d.py.
# A delta changes the length by train_cfg=dict(max_epochs=...); the decay, which has no `end`, follows it.
train_cfg = dict(type='ResumableEpochLoop', max_epochs=512, val_interval=16, dynamic_intervals=[(496, 1)])
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05), clip_grad=dict(max_norm=10, norm_type=2)
)
param_scheduler = dict(type='PolyLR', begin=0, power=0.9, eta_min=0.0, by_epoch=True)
auto_scale_lr = dict(enable=False, base_batch_size=4)
