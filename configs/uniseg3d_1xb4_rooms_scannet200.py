# A model that knows free names, measured by ScanNet200's protocol: AP over its 198 instance classes, head, common and tail,
# base and novel. Nothing is trained for these classes: give the weights of uniseg3d_1xb4_rooms_open.py.
_base_ = './uniseg3d_1xb4_rooms_open.py'

names = 'scannet200.instance198'
model = dict(names=names)

test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic', classes='scannet200', largest_id=1357),
    dict(type='AlignAxes'),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', classes='scannet200', novel=False),
    dict(type='PackScene'),
]
scannet200 = dict(classes='scannet200', folders=dict(semantic='semantic_mask_200'), pipeline=test_pipeline)
val_dataloader = dict(dataset=scannet200)
test_dataloader = dict(dataset=scannet200)
val_evaluator = dict(names=names, tasks=['open vocabulary'])
test_evaluator = val_evaluator
