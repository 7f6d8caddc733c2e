# The same for at most 90 minutes of one CPU core.
_base_ = './uniseg3d_1xb4_rooms.py'

train_cfg = dict(max_iters=24000)
