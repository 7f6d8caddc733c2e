# For an hour or more of one CPU core, and more rooms:
# tools/make_rooms.py --out data/rooms_long --train 960 && tools/create_data.py rooms --root-path data/rooms_long ...
_base_ = './uniseg3d_1xb4_rooms.py'
data_root = 'data/rooms_long'

drop = dict(type='DropSuperpoints', share=(0.0, 0.25))  # a short training cannot afford it, a long one learns more with it
train_pipeline = [*_base_.train_pipeline[:2], drop, *_base_.train_pipeline[2:]]

train_cfg = dict(max_iters=15000)
train_dataloader = dict(dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
