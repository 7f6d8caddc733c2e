"""Family x: the text tower and its projection give the reference's features."""

import numpy as np
import torch
from fixture_paths import fixture_folder

from uniseg3d.models.encoders.clip_text import ClipText, remap_keys


def archive():
    with np.load(fixture_folder('uniseg3d') / 'x_text.npz') as file:
        return {name: torch.from_numpy(file[name]) for name in file.files if file[name].dtype.kind != 'U'}


def reference_encoder(data):
    width, heads, layers, vocabulary, embed_dim, dim = data['config'].tolist()
    context = len(data['w/text_encoder.text_pe'])
    sizes = {'width': width, 'heads': heads, 'layers': layers, 'vocab_size': vocabulary, 'context_length': context}
    text = ClipText({'embed_dim': embed_dim, 'text_cfg': sizes}, dim=dim)
    weights = {name.replace('w/', 'lang.', 1): value for name, value in data.items() if name.startswith('w/')}
    text.load_state_dict(remap_keys(weights), strict=True)
    return text


def test_features_equal_the_reference():
    data = archive()
    text = reference_encoder(data)
    batches = [name.removeprefix('in/tokens/') for name in data if name.startswith('in/tokens/')]
    assert batches
    with torch.no_grad():
        for batch in batches:
            tokens = data[f'in/tokens/{batch}']
            torch.testing.assert_close(text.embed(tokens), data[f'out/clip/{batch}'], rtol=0, atol=5e-6)
            torch.testing.assert_close(text(tokens), data[f'out/query/{batch}'], rtol=0, atol=5e-6)


def test_the_mask_of_the_file_is_the_one_the_tower_makes():
    data = archive()
    assert torch.equal(reference_encoder(data).tower.attn_mask, data['w/text_encoder.text_attn_mask'])
