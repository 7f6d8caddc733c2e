# MUSt3R as released for squares of 224 pixels.
_base_ = './must3r_512.py'

resolutions = [(224, 224)]
train_dataloader = dict(dataset=dict(resolutions=resolutions))
val_dataloader = dict(dataset=dict(resolutions=resolutions))
test_dataloader = val_dataloader
