# How sequences of posed views reach a network, whatever they show. A data set adds data_root, layout and resolutions.
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='ViewSampler', batch_size=4, views=2, shuffle=True),
    collate_fn=dict(type='uniseg3d.collate_views'),
    dataset=dict(type='ViewSequenceDataset'),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=False),
    collate_fn=dict(type='uniseg3d.collate_views'),
    dataset=dict(type='ViewSequenceDataset', split='val', test_mode=True),
)
test_dataloader = val_dataloader
