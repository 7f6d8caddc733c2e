"""Experts on the packages themselves, with tiny networks of random weights that are written and read as released ones are."""

import json
import sys
from functools import partial

import numpy as np
import pytest
import torch
from siglip_files import write_vocabulary

from uniseg3d.models.encoders.siglip_text import SiglipText
from uniseg3d.priors.diffusion_pictures import DiffusionPictures
from uniseg3d.priors.panoptic_expert import BlipCaptions, PanopticExpert
from uniseg3d.priors.pixel_experts import Photo
from uniseg3d.priors.refiners import SamRefiner
from uniseg3d.priors.siglip_pixels import SiglipPixels
from uniseg3d.priors.text_bridge import AdjectiveSentence, NounSwapSentence, sentence_builder, tagged
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.mmengine_compat import import_beside_torchvision

pytestmark = pytest.mark.experts
TEXTS = {'encoder': {'type': 'HashedWords', 'dim': 16}}
WORDS = 'a good photo of chair in room'


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def photos(count=2, size=(48, 64)):
    return [Photo(torch.randint(0, 256, (*size, 3), dtype=torch.uint8), 's', str(i), None) for i in range(count)]


@pytest.fixture
def blip(tmp_path):
    transformers = import_beside_torchvision('transformers')
    words = '[PAD] [UNK] [CLS] [SEP] [MASK] [DEC] [ENC] a chair red wooden table'.split()
    (tmp_path / 'vocab.txt').write_text('\n'.join(words))
    tokenizer = transformers.BertTokenizer(str(tmp_path / 'vocab.txt'))
    images = transformers.BlipImageProcessor(size={'height': 32, 'width': 32})
    small = {'hidden_size': 16, 'intermediate_size': 16, 'num_hidden_layers': 1, 'num_attention_heads': 2}
    special = {'bos_token_id': 5, 'sep_token_id': 3, 'eos_token_id': 3, 'pad_token_id': 0}
    text = small | special | {'vocab_size': len(words), 'encoder_hidden_size': 16, 'projection_dim': 16}
    config = transformers.BlipConfig(text_config=text, vision_config=small | {'image_size': 32, 'patch_size': 16})
    transformers.BlipForConditionalGeneration(config).save_pretrained(tmp_path / 'blip')
    transformers.BlipProcessor(images, tokenizer).save_pretrained(tmp_path / 'blip')
    return str(tmp_path / 'blip')


def test_captions(blip):
    captioner = BlipCaptions(blip, longest=3)
    said = captioner.caption([np.zeros((20, 30, 3), np.uint8), np.full((40, 10, 3), 200, np.uint8)])
    assert len(said) == 2 and all(isinstance(text, str) for text in said) and captioner.caption([]) == []


def test_panoptic_segments_with_captions(tmp_path, blip):
    transformers = import_beside_torchvision('transformers')
    stages = [f'stage{i}' for i in range(1, 5)]
    backbone = transformers.SwinConfig(
        image_size=32, embed_dim=8, depths=[1] * 4, num_heads=[1, 1, 2, 2], window_size=2, out_features=stages
    )
    widths = dict.fromkeys(('feature_size', 'mask_feature_size', 'hidden_dim'), 32)
    depths = {'encoder_layers': 1, 'decoder_layers': 2, 'num_attention_heads': 2, 'num_queries': 5}
    sizes = widths | depths | dict.fromkeys(('encoder_feedforward_dim', 'dim_feedforward'), 16)
    names = {0: 'floor-wood', 1: 'chair', 2: 'wall-other-merged'}
    config = transformers.Mask2FormerConfig(backbone_config=backbone, id2label=names, **sizes)
    network = transformers.Mask2FormerForUniversalSegmentation(config)
    with torch.no_grad():
        network.class_predictor.weight.zero_()
        network.class_predictor.bias.copy_(torch.tensor([0.0, 9, 0, 0]))  # all that it finds are chairs
    network.save_pretrained(tmp_path / 'panoptic')
    transformers.Mask2FormerImageProcessor(size={'height': 64, 'width': 64}).save_pretrained(tmp_path / 'panoptic')
    captioner = {'type': 'BlipCaptions', 'model': blip, 'longest': 3}
    expert = PanopticExpert(TEXTS, str(tmp_path / 'panoptic'), captioner)
    assert expert.names == ['floor wood', 'chair', 'wall']
    found = [one for one in expert.describe(photos(4)) if one is not None]
    assert found and all(one.size == (48, 64) and (one.ids >= 0).any() for one in found)
    chair = TextSpace(expert.texts.encoder).sentences(['a chair in a scene'])[0]
    for one in found:  # every sentence speaks of a chair, whatever else it says
        assert (one.table[one.ids[one.ids >= 0].unique()] @ chair > 0.5).all()


def test_masks_of_points(tmp_path):
    sam = import_beside_torchvision('segment_anything')
    build = sys.modules['segment_anything.build_sam']._build_sam
    sizes = {'encoder_embed_dim': 16, 'encoder_depth': 2, 'encoder_num_heads': 2, 'encoder_global_attn_indexes': [1]}
    sam.sam_model_registry['tiny'] = partial(build, **sizes)
    torch.save(sam.sam_model_registry['tiny']().state_dict(), tmp_path / 'sam.pth')
    mask = SamRefiner(str(tmp_path / 'sam.pth'), 'tiny').refine(photos(1)[0], np.array([[10, 10], [20, 20], [30, 12]]))
    assert mask.shape == (48, 64) and mask.dtype == bool


def test_pictures_of_a_class(tmp_path):
    diffusers, transformers = import_beside_torchvision('diffusers'), import_beside_torchvision('transformers')
    letters = sorted(set(WORDS.replace(' ', '')))
    tokens = [*letters, *(f'{letter}</w>' for letter in letters), '<|startoftext|>', '<|endoftext|>']
    (tmp_path / 'vocab.json').write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (tmp_path / 'merges.txt').write_text('#version: 0.2\n')
    tokenizer = transformers.CLIPTokenizer(str(tmp_path / 'vocab.json'), str(tmp_path / 'merges.txt'), model_max_length=77)
    last = len(tokens) - 1
    text = transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=last + 1,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            bos_token_id=last - 1,
            eos_token_id=last,
            pad_token_id=last,
        )
    )
    unet = diffusers.UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(8,) * 3,
        layers_per_block=1,
        down_block_types=('CrossAttnDownBlock2D',) * 3,
        up_block_types=('CrossAttnUpBlock2D',) * 3,
        cross_attention_dim=8,
        attention_head_dim=1,
        norm_num_groups=4,
    )
    blocks = {'down_block_types': ('DownEncoderBlock2D',) * 4, 'up_block_types': ('UpDecoderBlock2D',) * 4}
    decoder = diffusers.AutoencoderKL(block_out_channels=(4,) * 4, norm_num_groups=2, **blocks)
    sampler = diffusers.PNDMScheduler(skip_prk_steps=True, steps_offset=1)
    parts = (decoder, text, tokenizer, unet, sampler, None, None)
    diffusers.StableDiffusionPipeline(*parts, requires_safety_checker=False).save_pretrained(tmp_path / 'model')
    maker = DiffusionPictures(str(tmp_path / 'model'), count=1, steps=1)
    assert maker.make(tmp_path / 'pictures', ['chair']) == {'chair': 1}
    files = sorted(path.relative_to(tmp_path / 'pictures').as_posix() for path in (tmp_path / 'pictures').rglob('*.*'))
    assert files == ['chair/color/0.jpg', 'chair/rough/0.png']
    assert maker.make(tmp_path / 'pictures', ['chair']) == {'chair': 1}  # nothing is drawn again


def write_siglip(folder, context=48):
    transformers = import_beside_torchvision('transformers')
    small = {'hidden_size': 16, 'intermediate_size': 16, 'num_hidden_layers': 2, 'num_attention_heads': 2}
    text = small | {'vocab_size': 48, 'max_position_embeddings': context, 'projection_size': 16}
    config = transformers.SiglipConfig(text_config=text, vision_config=small | {'image_size': 32, 'patch_size': 8})
    network = transformers.SiglipModel(config)
    network.save_pretrained(folder)
    return network.eval()


def test_patches_of_siglip_are_in_the_space_of_its_texts(tmp_path):
    network = write_siglip(tmp_path / 'siglip')
    expert = SiglipPixels(str(tmp_path / 'siglip'))
    (shown,) = expert.describe(photos(1))
    assert shown.features.shape == (16, 4, round(4 * 64 / 48))
    flat = torch.full((1, 3, 32, 32), 0.5)
    with torch.no_grad():  # patches that are all alike are pooled to what each is
        network.vision_model.embeddings.position_embedding.weight.zero_()
        expert.tower.embeddings.position_embedding.weight.zero_()
        whole = network.vision_model(pixel_values=2 * flat - 1).pooler_output
    alone = expert.patches(flat).detach()
    torch.testing.assert_close(alone[:, :, 1, 2], torch.nn.functional.normalize(whole, dim=1), atol=1e-5, rtol=1e-4)


def test_texts_of_siglip(tmp_path):
    network = write_siglip(tmp_path / 'siglip')
    sizes = {'dim': 16, 'depth': 2, 'heads': 2, 'hidden': 16, 'vocabulary': 48, 'context': 48}
    encoder = SiglipText(**sizes, weights=tmp_path / 'siglip' / 'model.safetensors')
    space = TextSpace(encoder, template='name', tokenizer=write_vocabulary(tmp_path))
    found = space.sentences(['a chair'])
    rows = torch.from_numpy(space.tokens(['a chair']))
    with torch.no_grad():
        theirs = network.text_model(input_ids=rows).pooler_output
    torch.testing.assert_close(found, torch.nn.functional.normalize(theirs, dim=1), atol=1e-5, rtol=1e-4)
    assert space.classes(['chair', 'other']).shape == (2, 1, 16)


def test_another_network_is_no_siglip(tmp_path, blip):
    with pytest.raises(ConfigError, match='needs siglip'):
        SiglipPixels(blip)


def test_words_by_a_tagger(monkeypatch):
    nltk = import_beside_torchvision('nltk')
    tagger = nltk.tag.PerceptronTagger(load=False)
    lesson = [('old', 'JJ'), ('teal', 'JJ'), ('bench', 'NN'), ('stands', 'VBZ'), ('a', 'DT')]
    tagger.train([[pair] for pair in lesson] * 4, nr_iter=3)
    sentences = AdjectiveSentence(tagged('JJ', tagger.tag)), NounSwapSentence(tagged('NN', tagger.tag))
    assert [say('a teal bench stands', 'table') for say in sentences] == ['a teal table in a scene', 'a teal table stands']
    monkeypatch.setattr(nltk.data, 'path', [])
    with pytest.raises(DataError, match='averaged_perceptron_tagger_eng'):
        sentence_builder('noun-swap-tagged')
