# DUSt3R small enough to learn the rooms on a CPU in minutes: four blocks of 192 channels in place of 24 of 1024.
model = dict(
    type='DUSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='PatchEmbed', dim=192), depth=4, heads=6),
    decoder=dict(type='PairwiseDecoder', in_dim=192, dim=192, depth=4, heads=6),
    heads=[dict(type='LinearPointmapHead', dim=192), dict(type='LinearPointmapHead', dim=192)],
    criterion=dict(type='PointmapCriterion', confident_scale=False),
)
