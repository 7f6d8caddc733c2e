# ScanNet v2, 20 classes, prepared by data/scannet/batch_load_scannet_data.py and tools/create_data.py scannet.
# The pipelines are UniSeg3D's: full rotation, no flips, elastic distortion in every second sample.
# The original's uniseg3d_infos_{train,val}.pkl work too: set info_file to them.
_base_ = './scenes.py'

data_root = 'data/scannet'

train_pipeline = [
    dict(type='LoadScene', novel=True),
    dict(type='MapSemantic', classes='scannet20'),
    dict(type='RotateScaleTranslate', rotation_range=(-3.14, 3.14), scale_range=(0.8, 1.2), translation_std=(0.1, 0.1, 0.1)),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=True),
    dict(type='TextPrompts', rule='random'),
    dict(type='ClickPrompts', rule='random'),
    dict(type='ElasticDistortion', voxel_size=0.02, probability=0.5, levels=((6, 40.0), (20, 160.0))),
    dict(type='PackScene'),
]
test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic', classes='scannet20'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='TextPrompts', rule='all'),
    dict(type='ClickPrompts', rule='inmost'),
    dict(type='PackScene'),
]

train_dataloader = dict(batch_size=4, dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
