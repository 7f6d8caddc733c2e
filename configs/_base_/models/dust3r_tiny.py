# DUSt3R small enough to learn the rooms on a CPU in minutes: five blocks of 96 channels in place of 36 of 1024 and 768.
# What makes it learn quickly: descriptors that are taught to match (as MASt3R's), attention that starts by looking for what
# is alike, points as depths along rays moved by one pose per image, and a loss of the shape of depths.
model = dict(
    type='DUSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=96, patch=8), depth=2, heads=4, mlp_ratio=2.0),
    decoder=dict(type='PairwiseDecoder', in_dim=96, dim=96, depth=3, heads=4, mlp_ratio=2.0, seek_alike=1.5),
    heads=[dict(type='RayPointmapHead', dim=96, patch=8), dict(type='RayPointmapHead', dim=96, patch=8)],
    placing=dict(type='MatchedPose', dims=(96, 96)),
    criterion=dict(type='PointmapCriterion', confident_scale=False, metric_scale=False, pose_weight=4.0, depth_weight=6.0),
    matching=dict(type='PatchMatching', patch=8, weight=0.2),
)
