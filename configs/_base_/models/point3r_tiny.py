# Point3R small enough to learn the rooms on a CPU in minutes: encoder, decoder, head and placing are those of dust3r_tiny.py, so
# that all of them start from what pairs taught. Each frame is placed beside the one before it.
model = dict(
    type='Point3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=96, patch=8), depth=2, heads=4, mlp_ratio=2.0),
    decoder=dict(type='TwoStreamDecoder', in_dim=96, dim=96, depth=3, heads=4, memory_heads=4, mlp_ratio=2.0),
    head=dict(type='RayPointmapHead', dim=96, patch=8),
    placing=dict(type='MatchedPose', dims=(96, 96)),
    pose_memory=dict(type='PoseMemory', in_dim=96, dim=96, slots=32, depth=1, heads=4),
    pointer_encoder=dict(type='PointerEncoder', dim=96, memory_dim=96, depth=1, heads=4, patch=8),
    pointer_memory=dict(type='MergingMemory', cells=20.0, budget=None),
    criterion=dict(type='PointmapCriterion', confident_scale=False, metric_scale=False, pose_weight=4.0, depth_weight=6.0),
)
