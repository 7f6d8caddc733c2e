# Regions of Matterport3D with lifted features: prepared by tools/create_data.py matterport, features by the commands in tools/sas.
_base_ = './lifted.py'

data_root = 'data/matterport'
classes = 'matterport3d.k21'
features = 'data/matterport/sas/fused'

mapped = dict(
    MapSemantic=dict(classes=classes, largest_id=40),
    LoadPointFeatures=dict(folder=features),
    SuperpointAnnotations=dict(classes=classes),
)
train_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.train_pipeline]
test_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.test_pipeline]
history_pipeline = test_pipeline

train_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=test_pipeline))
test_dataloader = val_dataloader

pictures = dict(classes=classes)
