# Point3R trained on from the released weights: the third stage with a tenth of its learning rate and more samples.
_base_ = './point3r_long_stage3.py'

load_from = 'work_dirs/pretrained/point3r_512.pth'

hundreds = [30, 30, 30, 15, 15, 30, 8, 15, 15, 15, 15, 12, 12, 3, 15]
train_dataloader = dict(num_workers=16, dataset=dict(counts=[100 * count for count in hundreds]))

optim_wrapper = dict(optimizer=dict(lr=1e-6))
param_scheduler = dict(eta_min=1e-7)
