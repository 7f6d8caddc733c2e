# MUSt3R small enough to learn the rooms on a CPU in minutes: four blocks of 128 channels in place of 24 of 1024.
model = dict(
    type='MUSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=128), depth=4, heads=4),
    decoder=dict(type='MemoryDecoder', in_dim=128, dim=128, depth=4, heads=4, seek_alike=1.5),
    head=dict(type='TwoFrameHead', dim=128),
    criterion=dict(type='PointmapCriterion', confident_scale=False, world_scale=True, pool_views=True),
)
