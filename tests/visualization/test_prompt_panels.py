"""What stands on and below the pictures of prompts."""

import dataclasses

import numpy as np
import pytest
import torch
from model_samples import room_sample

from uniseg3d.structures import MaskSet, Prediction, Sample
from uniseg3d.structures.prompts import Clicks
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import NO, YES
from uniseg3d.visualization.paint import input_colors
from uniseg3d.visualization.palette import HIGHLIGHT, paint_mask
from uniseg3d.visualization.prompt_panels import PromptPanels


@pytest.fixture
def sample():
    return room_sample(seed=3, boxes=4, density=100)


@pytest.fixture
def canvas(sample):
    return SceneCanvas(sample.scene.xyz.numpy(), (160, 120))


def points(sample, mask):
    return int(mask[sample.superpoints.ids].sum())


def test_captions_tell_the_sentence_and_the_size_of_the_mask(sample, canvas):
    clicks, texts = (draw(canvas, 1) for draw in (PromptPanels(sample, None).clicks, PromptPanels(sample, None).texts))
    size = points(sample, sample.targets.masks[0])
    assert [(panel.title, panel.caption) for panel in clicks] == [('click 1, truth', f'{size} points')]
    assert [panel.caption for panel in texts] == [f'"the box number 0 beside the wall" ({size} points)']


def test_empty_masks_say_why(sample, canvas):
    sample.targets.masks[0] = False
    nothing = MaskSet(sample.targets.masks & False, torch.zeros(3), torch.zeros(3).long())
    prediction = Prediction(sample.scene.scene_id, sample.superpoints, clicks=nothing)
    captions = {panel.title: panel.caption for panel in PromptPanels(sample, prediction).clicks(canvas, 1)}
    assert captions == {'click 1, truth': 'no superpoint has a majority', 'click 1, prediction': 'empty mask'}


def test_a_mask_that_no_pixel_shows_is_not_an_empty_one(sample, canvas):
    hidden = torch.from_numpy(~canvas.visible)
    ids = sample.superpoints.ids.clone()
    ids[hidden] = len(sample.superpoints)  # one more superpoint, of what no pixel shows
    superpoints = dataclasses.replace(sample.superpoints, ids=torch.unique(ids, return_inverse=True)[1])
    mask = torch.zeros(1, len(superpoints), dtype=torch.bool)
    mask[0, -1] = True
    prediction = Prediction(sample.scene.scene_id, superpoints, texts=MaskSet(mask, torch.ones(1), torch.zeros(1).long()))
    bare = Sample(sample.scene, superpoints, dataclasses.replace(sample.prompts, clicks=Clicks()))
    [panel] = PromptPanels(bare, prediction).texts(canvas, 1)
    assert panel.caption.endswith(f'({int(hidden.sum())} points, out of sight)')
    nothing = paint_mask(input_colors(bare), np.zeros(len(hidden), dtype=bool))
    np.testing.assert_array_equal(panel.image, canvas.paint(nothing))


def test_without_truth_or_answer_there_are_no_panels(sample, canvas):
    bare = Sample(sample.scene, sample.superpoints, sample.prompts)
    panels = PromptPanels(bare, None)
    assert panels.clicks(canvas, 4) == panels.texts(canvas, 4) == []


def test_the_legend_explains_only_marks_that_are_drawn(sample):
    panels = PromptPanels(sample, None)
    assert panels.legend(clicked=False) == [('mask of the prompt', HIGHLIGHT)]
    assert panels.legend(clicked=True)[1:] == [('click: this', YES)]
    sample.prompts.clicks.positive[0] = False
    assert panels.legend(clicked=True)[1:] == [('click: this', YES), ('click: not this', NO)]
    sample.prompts.clicks = Clicks()
    assert panels.legend(clicked=True) == panels.legend(clicked=False)
