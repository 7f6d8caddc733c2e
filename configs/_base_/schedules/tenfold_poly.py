# The schedule of OpenScene and SAS: Adam, ten times the stated rate from the second step on, polynomial decay by iteration.
train_cfg = dict(type='ResumableEpochLoop', max_epochs=70, val_interval=5)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = dict(type='TenfoldPolyLR', power=0.9, by_epoch=True, convert_to_iter_based=True)
auto_scale_lr = dict(enable=False, base_batch_size=16)
