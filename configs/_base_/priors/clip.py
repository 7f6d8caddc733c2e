# Experts on maintained packages, in the space of CLIP ViT-B/32: dense features of CLIP itself, and a panoptic network whose
# classes and captions become sentences. Weights are local files; pip install "uniseg3d[priors]".
pretrained = 'work_dirs/pretrained'
clip = dict(tower='ViT-B-32-quickgelu', weights=f'{pretrained}/ViT-B-32/open_clip_pytorch_model.bin')
texts = dict(encoder=dict(type='ClipText', **clip))

priors = dict(
    vocabulary='indoor21_sas',
    texts=texts,
    experts=dict(
        dense=dict(type='ClipPixels', **clip),
        regions=dict(
            type='PanopticExpert',
            texts=texts,
            model=f'{pretrained}/mask2former-swin-large-coco-panoptic',
            captioner=dict(type='BlipCaptions', model=f'{pretrained}/blip-image-captioning-base'),
            sentence='noun-swap',
        ),
    ),
    pictures=dict(type='DiffusionPictures', model=f'{pretrained}/stable-diffusion-v1-5', count=50),
    refiner=dict(type='SamRefiner', weights=f'{pretrained}/sam_vit_h_4b8939.pth'),
    fusion=dict(keep_first=19),  # 'other'
)
