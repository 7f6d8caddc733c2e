# Points -> voxels -> sparse U-Net -> superpoints -> classes. Voxels of 8 cm: rooms are scanned every 5 cm.
model = dict(
    type='SemanticBaseline',
    encoder=dict(
        type='SuperpointUNet',
        dim=16,
        voxel_size=0.08,
        unet=dict(type='SparseUNet', in_channels=6, planes=(16, 32, 48, 64), blocks=1),
    ),
    classes=20,
    size_power=0.25,
)
