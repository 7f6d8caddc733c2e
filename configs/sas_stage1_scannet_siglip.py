# SAS on ScanNet in the space of SigLIP in the place of CLIP: patches of its image tower, and sentences through its text tower.
_base_ = './sas_stage1_scannet.py'

siglip = 'work_dirs/pretrained/siglip-base-patch16-256'
siglip_texts = dict(encoder=dict(type='SiglipText', weights=f'{siglip}/model.safetensors'), tokenizer=f'{siglip}/spiece.model')
features = 'data/scannet/sas_siglip/fused'
lifted = dict(LoadPointFeatures=dict(folder=features))
train_pipeline = [{**step, **lifted.get(step['type'], {})} for step in _base_.train_pipeline]
test_pipeline = [{**step, **lifted.get(step['type'], {})} for step in _base_.test_pipeline]

priors = dict(
    folder='data/scannet/sas_siglip',
    texts=dict(_delete_=True, **siglip_texts),
    experts=dict(
        dense=dict(_delete_=True, type='SiglipPixels', model=siglip),
        regions=dict(texts=dict(_delete_=True, **siglip_texts)),
    ),
)
model = dict(network=dict(out_channels=768), texts=dict(_delete_=True, **siglip_texts))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
