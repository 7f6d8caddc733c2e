# The same on four GPUs: four scenes on each, twice the learning rate.
_base_ = './uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'

optim_wrapper = dict(optimizer=dict(lr=2e-4))
env_cfg = dict(mp_cfg=dict(mp_start_method='spawn'))
