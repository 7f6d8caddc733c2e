# Rooms with features of 2D experts on the points that a frame shows (tools/sas); labels are for measuring alone.
_base_ = './scenes.py'

data_root = 'data/rooms'
features = 'data/rooms/sas/fused'

train_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic', classes='scannet20'),
    dict(type='LoadPointFeatures', folder=features),
    dict(type='AlignAxes'),
    dict(type='RotateScaleTranslate', rotation_range=(-0.1, 0.1), quarter_turns=True, scale_range=(0.9, 1.1)),
    dict(type='RandomFlip', probability=0.5),
    dict(type='ColorJitter'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='PackLiftedScene', features=('color', 'height')),
]
test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic', classes='scannet20'),
    dict(type='LoadPointFeatures', folder=features, required=False),
    dict(type='AlignAxes'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='PackLiftedScene', features=('color', 'height')),
]
history_pipeline = test_pipeline

train_dataloader = dict(dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader

pictures = dict(exports=('ply',))  # --show-dir also writes clouds in the colours of each kind of evidence
