# UniSeg3D small enough to learn the rooms on a CPU in minutes. Superpoints say more about rooms than voxels do: they are
# scanned every 5 cm. What the original lacks is marked "new".
model = dict(
    type='UniSeg3D',
    encoder=dict(type='SuperpointEncoder', dim=96, point_dim=32, blocks=4, heads=4, dropout=0.1, points_per_superpoint=32),
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
        position=dict(type='FourierPosition', dim=128),  # new: the decoder knows where things are
        prompts_see_scene=('texts',),  # new: a sentence may be about neighbours
        superpoint_classes=20,  # new: every superpoint learns its class, not only those that were drawn as queries
    ),
    corrections=dict(type='CorrectionClicks', probability=0.15, rounds=3),  # new: several clicks on one object
    criterion=dict(
        type='UniSeg3DCriterion',
        weights=dict(
            classes=1.0,
            semantic=3.0,
            superpoints=3.0,
            clicks=0.5,
            texts=0.6,
            # these help a trained network, not one that starts
            contrastive=0.0,
            rank=0.0,
            mask_distillation=0.0,
            class_distillation=0.0,
        ),
    ),
    # rooms are scanned every 5 cm, ScanNet's meshes every 1 to 2
    postprocess=dict(
        type='UniSeg3DPostprocess', min_points=30, object_nms='linear', texts_take_objects=True, semantic_votes=True
    ),
)
