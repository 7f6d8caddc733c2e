# The procedural rooms: made by tools/make_rooms.py, prepared by tools/create_data.py rooms.
data_root = 'data/rooms'

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
    dict(type='TextPrompts', rule='random'),
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

train_dataloader = dict(
    batch_size=2,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=True),
    collate_fn=dict(type='uniseg3d.collate_scenes'),
    dataset=dict(type='SceneDataset', data_root=data_root, info_file='uniseg3d_infos_train.json', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=False),
    collate_fn=dict(type='uniseg3d.collate_scenes'),
    dataset=dict(
        type='SceneDataset', data_root=data_root, info_file='uniseg3d_infos_val.json', pipeline=test_pipeline, test_mode=True
    ),
)
test_dataloader = val_dataloader
