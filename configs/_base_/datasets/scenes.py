# How prepared scenes reach a network, whatever they show. A data set adds data_root and the pipelines.
train_dataloader = dict(
    batch_size=2,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=True),
    collate_fn=dict(type='uniseg3d.collate_scenes'),
    dataset=dict(type='SceneDataset', info_file='uniseg3d_infos_train.json'),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=False),
    collate_fn=dict(type='uniseg3d.collate_scenes'),
    dataset=dict(type='SceneDataset', info_file='uniseg3d_infos_val.json', test_mode=True),
)
test_dataloader = val_dataloader
