# Walks through the procedural rooms: made by tools/make_walks.py.
_base_ = './views.py'

data_root = 'data/walks'
resolutions = [(128, 96)]

train_pipeline = [
    dict(type='CropViews', extra=12),
    dict(type='JitterViews', brightness=0.3, contrast=0.3, saturation=0.3, hue=0.1),
    dict(type='PackViews'),
]
test_pipeline = [dict(type='CropViews'), dict(type='PackViews')]

train_dataloader = dict(dataset=dict(data_root=data_root, layout='rooms', resolutions=resolutions, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, layout='rooms', resolutions=resolutions, pipeline=test_pipeline))
test_dataloader = val_dataloader
