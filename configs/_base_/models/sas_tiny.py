# A small MinkUNet that sees colours and heights, for rooms on a CPU. Voxels of 10 cm: rooms are scanned every 5 cm.
model = dict(
    type='SAS',
    network=dict(
        type='MinkUNet',
        variant=((16, 24, 32, 48, 48, 32, 24, 32), (1,) * 8),
        in_channels=4,
        out_channels=96,
        stem_size=3,
    ),
    texts=dict(encoder=dict(type='HashedWords', dim=96)),
    voxel_size=0.1,
    kinds=('network', 'frames', 'both', 'nearest'),
)
