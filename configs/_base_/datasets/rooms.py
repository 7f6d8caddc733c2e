# The procedural rooms: made by tools/make_rooms.py, prepared by tools/create_data.py rooms.
_base_ = './scenes.py'

data_root = 'data/rooms'
point_spacing = 0.05  # metres between points; clouds of others are thinned to that before a model sees them

train_pipeline = [
    dict(type='LoadScene', novel=True),
    dict(type='MapSemantic', classes='scannet20'),
    dict(type='AlignAxes'),
    # rooms are mostly right-angled and their sentences never say left or right
    dict(type='RotateScaleTranslate', rotation_range=(-0.1, 0.1), quarter_turns=True, scale_range=(0.9, 1.1)),
    dict(type='RandomFlip', probability=0.5),
    dict(type='ColorJitter'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=True),
    dict(type='TextPrompts', rule='all', limit=40),  # many of the room's sentences each time: they cost little
    dict(type='ClickPrompts', rule='random'),
    dict(type='PackScene'),
]
test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic', classes='scannet20'),
    dict(type='AlignAxes'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='TextPrompts', rule='all'),
    dict(type='ClickPrompts', rule='inmost'),
    dict(type='PackScene'),
]
# --tta: the scene as it is, mirrored, and turned by 90 degrees; both keep the walls along the axes
tta_pipelines = [
    test_pipeline,
    [*test_pipeline[:3], dict(type='RandomFlip', probability=1.0), *test_pipeline[3:]],
    [
        *test_pipeline[:3],
        dict(
            type='RotateScaleTranslate',
            rotation_range=(1.5707963, 1.5707963),
            scale_range=(1.0, 1.0),
            translation_std=(0.0, 0.0, 0.0),
        ),
        *test_pipeline[3:],
    ],
]

train_dataloader = dict(dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
