"""What files of MUSt3R say about their model: read, checked, and never run."""

import pytest

from uniseg3d.models.systems.must3r_arguments import decoder_config, encoder_config, model_config
from uniseg3d.utils.errors import CheckpointError


def test_what_nothing_is_said_about_has_the_released_sizes():
    config = model_config({'encoder': 'Dust3rEncoder()', 'decoder': 'MUSt3R()'}, 'file.pth')
    assert config['encoder'] == {
        'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': 1024, 'patch': 16}, 'depth': 24, 'heads': 16,
        'mlp_ratio': 4, 'rope': 'RoPE100',
    }  # fmt: skip
    assert config['decoder'] == {
        'type': 'MemoryDecoder', 'in_dim': 1024, 'dim': 768, 'depth': 12, 'heads': 12, 'mlp_ratio': 4, 'rope': 'RoPE100',
        'feedback': False, 'form': 'normalized',
    }  # fmt: skip
    assert config['head'] == {'type': 'TwoFrameHead', 'dim': 768, 'patch': 16}


@pytest.mark.parametrize(('mode', 'form'), [('norm_y', 'normalized'), ('kv', 'keys_values'), ('raw', 'raw')])
def test_what_is_said_counts(mode, form):
    said = decoder_config(
        f"CausalMUSt3R(img_size=(224, 224), memory_mode='{mode}', feedback_type='single_mlp', landscape_only=True, "
        "pos_embed='RoPE100_224:512', mem_dropout=0.1, dropout_mode='temporary')",
        'file',
    )
    assert (said['form'], said['feedback'], said['rope']) == (form, True, 'RoPE100_224:512')
    assert (
        encoder_config("Dust3rEncoder(patch_embed='ManyAR_PatchEmbed')", 'f')['patch_embed']['type'] == 'ManyAspectPatchEmbed'
    )


@pytest.mark.parametrize(
    ('part', 'text', 'sentence'),
    [
        ('decoder', "__import__('os').system('true')", 'nothing of it was run'),
        ('decoder', 'PanopticDecoder()', 'PanopticDecoder.*not known; expected CausalMUSt3R, MUSt3R'),
        ('encoder', 'MUSt3R()', 'expected Dust3rEncoder'),
        ('decoder', 'MUSt3R(768)', 'values without names'),
        ('decoder', 'MUSt3R(layers=3)', 'gives layers; expected enc_embed_dim'),
        ('decoder', 'MUSt3R(depth=1000000000)', 'depth=1000000000; expected a number'),
        ('encoder', "Dust3rEncoder(embed_dim='1024')", 'expected a number'),
        ('decoder', "MUSt3R(memory_mode='disk')", "memory_mode='disk'; expected one of 'norm_y', 'kv', 'raw'"),
        ('decoder', "MUSt3R(feedback_type='double')", "feedback_type='double'; expected one of None, 'single_mlp'"),
        ('encoder', "Dust3rEncoder(patch_embed=['a'])", r"patch_embed=\['a'\]; expected one of 'PatchEmbedDust3R'"),
        ('decoder', 'MUSt3R(pos_embed=100)', 'pos_embed=100; expected the like of RoPE100'),
    ],
)
def test_what_a_file_says_is_checked(part, text, sentence):
    args = {'encoder': 'Dust3rEncoder()', 'decoder': 'MUSt3R()', part: text}
    with pytest.raises(CheckpointError, match=f'^file.pth: args.{part}.*{sentence}'):
        model_config(args, 'file.pth')


def test_files_that_say_half():
    with pytest.raises(CheckpointError, match=r'args\.encoder\); name a config'):
        model_config({'decoder': 'MUSt3R()'}, 'file.pth')
