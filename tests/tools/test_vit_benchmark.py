"""The block of B10 in plain PyTorch is the block, and the masks of B9 make suppression matter."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks.suppression import MASKS, by_row, soft_masks, suppression
from benchmarks.timing import Settings
from benchmarks.vit import plain_block, transformer_block

from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.models.postprocess.matrix_nms import matrix_nms


def test_plain_pytorch_computes_the_block() -> None:
    block, tokens = ViTBlock(64, 16).eval(), torch.randn(2, 30, 64)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.testing.assert_close(plain_block(block, tokens), block(tokens), atol=1e-4, rtol=1e-4)


def test_one_and_eight_frames_in_two_precisions() -> None:
    items = list(transformer_block(Settings(sizes=(40,))))
    assert [item.what for item in items] == ['ViT-L block, 1 x 40 tokens', 'ViT-L block, 8 x 40 tokens']
    for item in items:
        assert list(item.candidates) == ['PyTorch', 'ours', 'PyTorch, bfloat16', 'ours, bfloat16']
        assert item.candidates['ours']().dtype == torch.float32
        assert item.candidates['ours, bfloat16']().dtype == torch.bfloat16
    assert items[1].flop == 8 * items[0].flop


def test_suppression_over_superpoints_is_that_over_points() -> None:
    (item,) = suppression(Settings(sizes=(2000,)))  # refuses candidates that disagree
    decayed = by_row(*item.candidates['ours']())
    masks, scores, labels = soft_masks(60, 'cpu')
    assert masks.shape == (MASKS, 60) and item.size == f'{MASKS} masks x 1980 points'
    torch.testing.assert_close(decayed, by_row(*matrix_nms(masks, scores, labels)))
    assert (decayed < 0.5 * scores).sum() > 50 and (decayed == scores).sum() >= len(labels.unique())
