# Point3R small enough to learn the rooms on a CPU in minutes: four blocks of 128 channels in place of 24 of 1024.
model = dict(
    type='Point3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=128), depth=4, heads=4),
    decoder=dict(type='TwoStreamDecoder', in_dim=128, dim=128, depth=4, heads=4, memory_heads=4),
    head=dict(
        type='StreamHead',
        local=dict(type='PatchPointmapHead', dim=128),
        world=dict(type='PatchPointmapHead', dim=128),
        dim=128,
        heads=4,
        depth=1,
    ),
    pose_memory=dict(type='PoseMemory', in_dim=128, dim=128, slots=32, depth=1, heads=4),
    pointer_encoder=dict(type='PointerEncoder', dim=128, memory_dim=128, depth=1, heads=4),
    pointer_memory=dict(type='MergingMemory', cells=20.0, budget=None),
    criterion=dict(type='PointmapCriterion', confident_scale=False),
)
