"""A small vocabulary of sentence pieces, and the file of a small tower that reads it."""

from pathlib import Path

import sentencepiece
import torch
from safetensors.torch import save_file

from uniseg3d.models.encoders.siglip_text import SiglipText

WORDS = 'this is a photo of a chair table wall floor oval round door stuff window blind office desk lamp'
SIZES = {'dim': 8, 'depth': 1, 'heads': 2, 'hidden': 16, 'vocabulary': 48, 'context': 48}


def write_vocabulary(folder: Path) -> str:
    """``spiece.model`` whose second piece ends a sentence, as SigLIP's."""
    (folder / 'words.txt').write_text('\n'.join(f'{WORDS} {word} {WORDS[::-1]}' for word in WORDS.split()))
    ids = {'pad_id': 0, 'eos_id': 1, 'unk_id': 2, 'bos_id': -1}
    files = {'input': str(folder / 'words.txt'), 'model_prefix': str(folder / 'spiece')}
    sentencepiece.SentencePieceTrainer.train(
        **files, **ids, vocab_size=SIZES['vocabulary'], hard_vocab_limit=False, minloglevel=2
    )
    return str(folder / 'spiece.model')


def write_tower(folder: Path) -> str:
    """Random weights under Hugging Face's names."""
    torch.manual_seed(0)
    ours = SiglipText(**SIZES).state_dict()
    dim = SIZES['dim']
    theirs = {
        'embeddings.token_embedding.weight': ours['embedding.weight'],
        'embeddings.position_embedding.weight': ours['place'],
    }
    for part in ('weight', 'bias'):
        for row, letter in enumerate('qkv'):
            joined = ours[f'blocks.layers.0.self_attn.in_proj_{part}']
            theirs[f'encoder.layers.0.self_attn.{letter}_proj.{part}'] = joined[row * dim : (row + 1) * dim].clone()
        theirs[f'encoder.layers.0.self_attn.out_proj.{part}'] = ours[f'blocks.layers.0.self_attn.out_proj.{part}']
        for number in (1, 2):
            theirs[f'encoder.layers.0.layer_norm{number}.{part}'] = ours[f'blocks.layers.0.norm{number}.{part}']
            theirs[f'encoder.layers.0.mlp.fc{number}.{part}'] = ours[f'blocks.layers.0.linear{number}.{part}']
        theirs[f'final_layer_norm.{part}'] = ours[f'norm.{part}']
        theirs[f'head.{part}'] = ours[f'head.{part}']
    save_file({f'text_model.{name}': value for name, value in theirs.items()}, folder / 'model.safetensors')
    return str(folder / 'model.safetensors')
