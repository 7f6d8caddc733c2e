# The same on four GPUs.
_base_ = './uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'

optim_wrapper = dict(optimizer=dict(lr=2e-4))
