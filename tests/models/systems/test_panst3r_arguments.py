"""Constructor calls in files of PanSt3R: both releases are understood, and what is not known is named and never run."""

import pytest
import torch
from mmengine.config import Config
from panst3r_lists import CONFIGS, full_model

from uniseg3d.models.systems.panst3r_arguments import model_config
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError

COMMON = {
    'must3r_encoder': "Dust3rEncoder(img_size=[512, 512], patch_embed='PatchEmbedDust3R', landscape_only=False)",
    'must3r_decoder': "MUSt3R(img_size=[512, 512], feedback_type='single_mlp', memory_mode='norm_y')",
    'dino_encoder': 'DinoV2Encoder()',
}
FIRST = [
    "PanopticDecoder(upscaler=PixelShuffleUpscaler(2816), text_encoder='siglip', label_mode='sigmoid')",
    'PanopticDecoder(input_mixer=None, upscaler=PixelShuffleUpscaler(input_dim=2816), '
    "label_mode='sigmoid', text_encoder='siglip')",
]
SECOND = (
    'PanopticDecoder(input_mixer=InputMixer(img_size=[512, 512], patch_size=16, in_dim=2816, hidden_dim=768, num_heads=12, '
    'num_layers=3, ff_dim_mult=4), upscaler=LoftUpUpscaler(input_dim=768, dim=384, output_stride=2, patch_size=16), '
    "label_mode='sigmoid', text_encoder='siglip', mask_dim=384)"
)


def stated(panoptic: str = FIRST[0], **others: str) -> dict[str, str]:
    return COMMON | {'panoptic_decoder': panoptic} | others


@pytest.mark.parametrize(('panoptic', 'release'), [(FIRST[0], 'first'), (FIRST[1], 'first'), (SECOND, 'second')])
def test_the_released_calls_mean_the_models_of_the_configs(panoptic, release):
    with torch.device('meta'):
        described = MODELS.build(model_config(stated(panoptic), 'file'))
    shapes = {name: value.shape for name, value in described.state_dict().items()}
    assert shapes == {name: value.shape for name, value in full_model(release).state_dict().items()}
    config = Config.fromfile(CONFIGS[release]).model
    assert (
        described.class_text.tower == config.class_text.tower and described.class_text.tokenizer == config.class_text.tokenizer
    )


def test_how_masks_are_merged_is_what_the_file_says():
    assert model_config(stated() | {'postprocess_default': 'qubo'}, 'file')['merge'] == 'qubo'
    assert model_config(stated(), 'file')['merge'] == 'standard_v2'


def test_a_training_class_and_other_forms_of_memory_are_known():
    decoder = "CausalMUSt3R(img_size=(224, 224), feedback_type=None, memory_mode='kv', pos_embed='RoPE100_224:512')"
    found = model_config(stated(must3r_decoder=decoder), 'file')['decoder']
    assert found == {'type': 'MemoryDecoder', 'rope': 'RoPE100_224:512', 'feedback': False, 'form': 'keys_values'}


@pytest.mark.parametrize(
    ('part', 'text', 'message'),
    [
        (
            'panoptic_decoder',
            "PanopticDecoder(upscaler=__import__('os').system('true'))",
            'calls .*system.* nothing of it was run',
        ),
        ('dino_encoder', 'MobileNet()', "args.dino_encoder calls 'MobileNet'"),
        ('must3r_encoder', 'Dust3rEncoder(depth=3)', 'Dust3rEncoder gives depth; expected patch_embed'),
        ('must3r_decoder', "MUSt3R(memory_mode='odd')", "memory_mode='odd'; expected 'norm_y'"),
        (
            'panoptic_decoder',
            "PanopticDecoder(upscaler=PixelShuffleUpscaler(2816), label_mode='softmax')",
            "label_mode='softmax'",
        ),
        ('panoptic_decoder', 'PanopticDecoder()', 'upscaler=None; expected PixelShuffleUpscaler'),
        ('panoptic_decoder', 'PanopticDecoder(upscaler=PixelShuffleUpscaler(10**9))', 'no plain value'),
        ('panoptic_decoder', 'PanopticDecoder(upscaler=PixelShuffleUpscaler(1000000))', 'a number from 1 to 16384'),
        ('panoptic_decoder', 'PanopticDecoder(input_mixer=3, upscaler=PixelShuffleUpscaler())', 'input_mixer=3; expected None'),
        ('panoptic_decoder', 'PanopticDecoder(upscaler=PixelShuffleUpscaler(1, 2))', 'too many values'),
    ],
)
def test_a_call_that_is_not_known_is_named(part, text, message):
    with pytest.raises(CheckpointError, match=message):
        model_config(stated(**{part: text}), 'odd.pth')


def test_a_file_that_says_nothing():
    with pytest.raises(CheckpointError, match=r'odd\.pth does not say .*args\.must3r_encoder.*name a config'):
        model_config({}, 'odd.pth')
