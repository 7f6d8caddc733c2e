# MUSt3R with the sizes of the released weights for long sides of 224 and 512: 423 million parameters.
model = dict(
    type='MUSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='PatchEmbed', dim=1024), depth=24, heads=16),
    decoder=dict(type='MemoryDecoder', in_dim=1024, dim=768, depth=12, heads=12),
    head=dict(type='TwoFrameHead', dim=768),
    exact_encoder=True,  # as published; False lets the encoder follow the precision of the rest
    criterion=dict(type='PointmapCriterion', confident_scale=False, world_scale=True, pool_views=True, log_lengths=True),
)
