"""An expert for photos that needs no training: it knows four words, and sees the mean colour of an object."""

import torch
import torch.nn.functional as F

from uniseg3d.text.tokenizer import tokenize

WORDS = {'red': (0.8, 0.1, 0.1), 'blue': (0.1, 0.1, 0.8), 'grey': (0.6, 0.6, 0.6), 'green': (0.1, 0.8, 0.1)}


class ColorExpert:
    crop_size, scales, temperature, templates = 16, (1.0, 1.6), 0.05, ('{}',)
    vocabulary = tuple(WORDS)

    def __init__(self, fade=0.0):
        self.fade = fade

    def encode_images(self, crops):
        own = crops[:, 3:]
        return F.normalize((crops[:, :3] * own).sum((2, 3)) / own.sum((2, 3)).clamp(min=1) - 0.3, dim=1)

    def encode_texts(self, tokens):
        known = torch.from_numpy(tokenize(list(WORDS)))
        hits = (tokens[:, None] == known).all(2).float()  # [T, words]
        return hits @ (torch.tensor(list(WORDS.values())) - 0.3)
