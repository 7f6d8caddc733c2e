# S3DIS, 13 classes, all of which have instances: prepared by tools/create_data.py s3dis. Trains on five areas, tests on Area 5;
# for another fold set both info_file: folds/uniseg3d_infos_area<k>_{train,val}.json.
_base_ = './labelled_scans.py'

data_root = 'data/s3dis'
classes = 's3dis13'
largest_id = 12

mapped = dict(MapSemantic=dict(classes=classes, largest_id=largest_id), SuperpointAnnotations=dict(classes=classes))
train_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.train_pipeline]
test_pipeline = [{**step, **mapped.get(step['type'], {})} for step in _base_.test_pipeline]

train_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root, classes=classes, pipeline=test_pipeline))
test_dataloader = val_dataloader
