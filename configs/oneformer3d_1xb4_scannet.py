# OneFormer3D on ScanNet: the scene alone, with classes known by heart; it is asked neither clicks nor sentences. For its released
# weights, under the names they were published with; a training uses UniSeg3D's recipe.
_base_ = './uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'

model = dict(
    text_encoder=None,
    queries=dict(_delete_=True, type='SuperpointQueries', query_share=(0.5, 1.0), max_train=3500),
    decoder=dict(
        class_head=dict(_delete_=True, type='QueryClassHead', dim=256, classes=18),
        # hidden=True for files with decoder.out_sem.2
        semantic_head=dict(_delete_=True, type='QueryClassHead', dim=256, classes=20, hidden=False),
        # for files with decoder.out_score: dict(type='IoUHead', dim=256, layers=2), and postprocess.instance_ious=True
        iou_head=None,
    ),
    class_embeddings=None,
    criterion=dict(
        weights=dict(
            novel_entropy=0.0,
            novel_dice=0.0,
            iou=0.0,
            clicks=0.0,
            texts=0.0,
            contrastive=0.0,
            rank=0.0,
            mask_distillation=0.0,
            class_distillation=0.0,
        )
    ),
    postprocess=dict(panoptic_ious=False, objects=False),
)

prompts = ('TextPrompts', 'ClickPrompts')
train_pipeline = [
    {**step, 'novel': False} if 'novel' in step else step for step in _base_.train_pipeline if step['type'] not in prompts
]
test_pipeline = [step for step in _base_.test_pipeline if step['type'] not in prompts]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
