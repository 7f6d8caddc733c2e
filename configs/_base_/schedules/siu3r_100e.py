# SIU3R's schedule: 100 epochs, three of warm-up and a cosine, changed after every epoch. What starts anew learns fifty times as
# fast as what DUSt3R knows already, what the pre-training on COCO knows thirty times.
train_cfg = dict(type='ResumableEpochLoop', max_epochs=100, val_interval=None)  # None: validate at the end
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-5, betas=(0.9, 0.95), weight_decay=0.05),
    clip_grad=dict(max_norm=1.0, norm_type=2),
    paramwise_cfg=dict(
        custom_keys={
            'gaussian_heads': dict(lr_mult=50),
            'encoder.camera': dict(lr_mult=50),
            'mask_decoder': dict(lr_mult=30),
            'image_adapter': dict(lr_mult=30),
            'text_': dict(lr_mult=30),
        }
    ),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1 / 3, by_epoch=True, begin=0, end=3),
    dict(type='CosineAnnealingLR', by_epoch=True, begin=3, eta_min=5e-6),
]
auto_scale_lr = dict(enable=False, base_batch_size=24)
sync_bn = 'torch'  # the adapter's statistics are those of all GPUs
