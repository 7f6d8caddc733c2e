# UniSeg3D small enough to learn the rooms on a CPU in minutes. Voxels of 8 cm: rooms are scanned every 5 cm.
model = dict(
    type='UniSeg3D',
    encoder=dict(
        type='SuperpointEncoder',
        dim=96,
        point_dim=32,
        blocks=2,
        heads=4,
        dropout=0.0,
        points_per_superpoint=32,
        train_keys=256,
        local=dict(
            type='SuperpointUNet',
            dim=16,
            voxel_size=0.08,
            unet=dict(type='SparseUNet', in_channels=6, planes=(16, 32, 48, 64), blocks=1),
        ),
    ),
    text_encoder=dict(type='ScratchText', dim=96, width=64, layers=2, dropout=0.0),
    queries=dict(type='UnifiedQueries', dim=96, query_share=(0.5, 1.0), max_train=150),
    decoder=dict(
        type='QueryDecoder',
        in_channels=96,
        dim=128,
        heads=4,
        hidden=256,
        layers=3,
        class_head=dict(type='LinearClassHead', dim=128, classes=18),
        semantic_head=dict(type='LinearClassHead', dim=128, classes=20),
        iou_head=dict(type='IoUHead', dim=128),
        # sentences about places and neighbours need more than the original lets a sentence see
        position=dict(type='FourierPosition', dim=128),
        prompts_see_scene=('texts',),
    ),
    criterion=dict(
        type='UniSeg3DCriterion',
        weights=dict(clicks=1.0, texts=1.0, semantic=1.0, contrastive=0.0, rank=0.0),
    ),
    # rooms are scanned every 5 cm, ScanNet's meshes every 1 to 2
    postprocess=dict(type='UniSeg3DPostprocess', min_points=30),
)
