# SAS on ScanNet, tested on the 200 classes of ScanNet200; nothing is learned anew.
_base_ = './sas_stage2_scannet.py'

classes = 'scannet200'
fine = dict(MapSemantic=dict(classes=classes, largest_id=1357), SuperpointAnnotations=dict(classes=classes))
fine_pipeline = [{**step, **fine.get(step['type'], {})} for step in _base_.test_pipeline]

model = dict(classes=classes)
val_dataloader = dict(dataset=dict(classes=classes, folders=dict(semantic='semantic_mask_200'), pipeline=fine_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(classes=classes)
test_evaluator = val_evaluator
pictures = dict(classes=classes)
