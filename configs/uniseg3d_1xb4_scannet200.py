# The published model on the objects of ScanNet200: how many of its 198 instance classes' objects are found, whatever their name.
# Names come from photos: tools/name_objects.py with this config and --score scannet200.instance198.
_base_ = './uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'

test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic', classes='scannet200', largest_id=1357),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', classes='scannet200', novel=False),
    dict(type='PackScene'),
]
scannet200 = dict(classes='scannet200', folders=dict(semantic='semantic_mask_200'), pipeline=test_pipeline)
val_dataloader = dict(dataset=scannet200)
test_dataloader = dict(dataset=scannet200)
val_evaluator = dict(classes='scannet200', tasks=['objects'])
test_evaluator = val_evaluator
