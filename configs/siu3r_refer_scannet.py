# SIU3R that is also asked for things by sentences, ScanRefer's over pairs of frames. The original never released this part; here a
# frozen CLIP tower reads the sentences, and six layers find the query that each means.
_base_ = './siu3r_pair_scannet.py'

model = dict(
    text_encoder=dict(
        type='ClipText', dim=256, weights='work_dirs/pretrained/convnext_large_d_320/open_clip_pytorch_model.bin'
    ),
    text_matcher=dict(type='TextMatcher', dim=256),
)
train_dataloader = dict(dataset=dict(sentences='train_refer_seg_data.json'))
val_dataloader = dict(dataset=dict(sentences='val_refer_seg_data.json'))
test_dataloader = val_dataloader
