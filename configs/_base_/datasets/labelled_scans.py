# Labelled scans without sentences, whatever their classes: a data set adds data_root and its class list. The augmentation is
# that of ScanNet.
_base_ = './scenes.py'

train_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic'),
    dict(type='RotateScaleTranslate', rotation_range=(-3.14, 3.14), scale_range=(0.8, 1.2), translation_std=(0.1, 0.1, 0.1)),
    dict(type='RandomFlip', probability=0.5),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='ClickPrompts', rule='random'),
    dict(type='ElasticDistortion', voxel_size=0.02, probability=0.5, levels=((6, 40.0), (20, 160.0))),
    dict(type='PackScene'),
]
test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='ClickPrompts', rule='inmost'),
    dict(type='PackScene'),
]

train_dataloader = dict(batch_size=4)
