# SAS on Matterport3D, tested on its 160 most frequent names (k40 and k80 are the first of them); nothing is learned anew.
_base_ = './sas_stage2_matterport.py'

classes = 'matterport3d.k160'
fine = dict(MapSemantic=dict(classes=classes, largest_id=160), SuperpointAnnotations=dict(classes=classes))
fine_pipeline = [{**step, **fine.get(step['type'], {})} for step in _base_.test_pipeline]

model = dict(classes=classes)
val_dataloader = dict(dataset=dict(classes=classes, folders=dict(semantic='semantic_mask_160'), pipeline=fine_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(classes=classes)
test_evaluator = val_evaluator
pictures = dict(classes=classes)
