# The second stage: the best weights of the first, 40 epochs, learning rate and weight decay a thousandth.
_base_ = './uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'

load_from = 'work_dirs/uniseg3d_1xb4_scannet_scanrefer_scannet200_unified'
train_cfg = dict(max_epochs=40, val_interval=1, dynamic_intervals=None)
optim_wrapper = dict(optimizer=dict(lr=1e-7, weight_decay=5e-5))
