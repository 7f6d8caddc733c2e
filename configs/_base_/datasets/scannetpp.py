# ScanNet++, the 100 classes of its benchmark, 84 of which have instances: prepared by tools/create_data.py scannetpp.
_base_ = './labelled_scans.py'

data_root = 'data/scannetpp'
classes = 'scannetpp100.stuff_first'
largest_id = 100

mapped = dict(MapSemantic=dict(classes=classes, largest_id=largest_id), SuperpointAnnotations=dict(classes=classes))
train_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.train_pipeline]
test_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.test_pipeline]

train_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=test_pipeline))
test_dataloader = val_dataloader
