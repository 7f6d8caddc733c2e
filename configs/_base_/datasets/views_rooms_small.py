# Walks through the rooms for networks that learn on a CPU: 48 patches of 8 pixels per frame, which is enough to tell where a
# camera is. Frames are decoded and cut once (`keep`): that would take as long as the network takes.
_base_ = './views_rooms.py'

resolutions = [(64, 48)]
train_pipeline = [
    dict(type='MirrorViews'),
    dict(type='JitterViews', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.5),  # else it learns rooms by their colours
    dict(type='PackViews'),
]
test_pipeline = [dict(type='PackViews')]

train_dataloader = dict(dataset=dict(resolutions=resolutions, keep=True, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(resolutions=resolutions, keep=True, pipeline=test_pipeline))
test_dataloader = val_dataloader
