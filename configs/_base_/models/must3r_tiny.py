# MUSt3R small enough to learn the rooms on a CPU in minutes: encoder, decoder and head are those of dust3r_tiny.py, so that it
# starts from what pairs taught. Each view is placed beside the one of those before it that looks most like it.
model = dict(
    type='MUSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=96, patch=8), depth=2, heads=4, mlp_ratio=2.0),
    decoder=dict(type='MemoryDecoder', in_dim=96, dim=96, depth=3, heads=4, mlp_ratio=2.0),
    head=dict(
        type='PlacedHead',
        local=dict(type='RayPointmapHead', dim=96, patch=8),
        placing=dict(type='MatchedPose', dims=(96, 96)),
    ),
    criterion=dict(type='PointmapCriterion', confident_scale=False, metric_scale=False, pose_weight=4.0, depth_weight=6.0),
)
