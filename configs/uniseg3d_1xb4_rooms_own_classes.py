# Classes of your own: another list than the data set's, here on the rooms; docs/own_classes.md explains every line.
_base_ = './uniseg3d_1xb4_rooms.py'

classes = 'configs/own_classes.json'  # names, those without instances first, and the ids that the labels have in the files
stuff, things = 2, 7
model = dict(
    classes=classes,
    num_stuff=stuff,
    decoder=dict(
        class_head=dict(classes=things), semantic_head=dict(classes=stuff + things), superpoint_classes=stuff + things
    ),
    postprocess=dict(num_stuff=stuff),
)

own = dict(MapSemantic=dict(classes=classes), SuperpointAnnotations=dict(classes=classes), TextPrompts=dict(own_classes=True))
train_pipeline = [{**step, **own.get(step['type'], {})} for step in _base_.train_pipeline]
test_pipeline = [{**step, **own.get(step['type'], {})} for step in _base_.test_pipeline]
train_dataloader = dict(dataset=dict(classes=classes, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(classes=classes, pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(classes=classes)
test_evaluator = val_evaluator
