# UniSeg3D's schedule: AdamW, polynomial decay by epoch, 512 epochs; validation every 16 epochs, at the end every epoch.
max_epochs = 512

train_cfg = dict(type='ResumableEpochLoop', max_epochs=max_epochs, val_interval=16, dynamic_intervals=[(496, 1)])
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05),
    clip_grad=dict(max_norm=10, norm_type=2))
param_scheduler = dict(type='PolyLR', begin=0, end=max_epochs, power=0.9, eta_min=0.0, by_epoch=True)
auto_scale_lr = dict(enable=False, base_batch_size=4)

default_hooks = dict(
    checkpoint=dict(by_epoch=True, interval=8, save_best=['all_ap', 'miou', 'pq'], rule='greater'))
randomness = dict(seed=1, diff_rank_seed=True)
find_unused_parameters = True
custom_hooks = [dict(type='EmptyCacheHook', after_iter=True)]
