# A smoke run: few rooms, few steps. It shows that everything works, not what can be learned.
_base_ = './uniseg3d_1xb4_rooms.py'
data_root = 'data/rooms_fast'

train_cfg = dict(max_iters=40)
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = dict(dataset=dict(data_root=data_root))
