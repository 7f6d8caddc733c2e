# An encoder of superpoints in the place of a sparse network: what a CPU teaches in minutes.
model = dict(
    type='SAS',
    network=dict(
        type='SuperpointFeatures',
        encoder=dict(type='SuperpointEncoder', dim=96, point_dim=48, blocks=3, heads=4, dropout=0.1),
        out_channels=96,
    ),
    texts=dict(encoder=dict(type='HashedWords', dim=96)),
    kinds=('network', 'frames', 'both', 'nearest'),
)
