# Points -> superpoints -> classes, small enough to learn the rooms on a CPU in minutes.
model = dict(
    type='SemanticBaseline',
    encoder=dict(type='SuperpointEncoder', dim=96, point_dim=48, blocks=4, heads=4, dropout=0.25, points_per_superpoint=32),
    classes=20,
    size_power=0.25,
)
