# Key frames of nuScenes with lifted features: prepared by tools/create_data.py nuscenes, features by the commands in tools/sas.
# Nothing is distorted there, and a scene is shown once in an epoch.
_base_ = './lifted.py'

data_root = 'data/nuscenes'
classes = 'nuscenes16'
features = 'data/nuscenes/sas/fused'

mapped = dict(
    MapSemantic=dict(classes=classes, largest_id=16),
    LoadPointFeatures=dict(folder=features),
    SuperpointAnnotations=dict(classes=classes),
)
still = ('RandomFlip', 'ElasticDistortion')
train_pipeline = [{**s, **mapped.get(s['type'], {})} for s in _base_.train_pipeline if s['type'] not in still]
test_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.test_pipeline]
history_pipeline = test_pipeline

train_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=train_pipeline, repeat=1))
val_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=test_pipeline))
test_dataloader = val_dataloader

pictures = dict(classes=classes)
