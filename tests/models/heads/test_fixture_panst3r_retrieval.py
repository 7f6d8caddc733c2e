"""Family viii of PanSt3R: local features, the match kernel, keyframes and their order."""

import numpy as np
import torch
from panst3r_archives import archive, assert_equals, setting, tensor, weights

from uniseg3d.geometry.keyframes import chain_order, choose_keyframes, most_different
from uniseg3d.models.heads.retrieval import Retrieval, RetrievalHead, retrieval_head
from uniseg3d.ops.asmk import asmk_scores

NAME = 'viii_retrieval_and_sampling'


def head() -> RetrievalHead:
    return retrieval_head(weights(NAME), features=archive(NAME)['out.first_image.selected_token'].shape[1])


@torch.no_grad()
def test_features_of_images():
    tokens = tensor(NAME, 'in.tokens')
    _, worth, place = head().best(tokens[0])
    assert torch.equal(place[None], tensor(NAME, 'out.first_image.selected_token'))
    assert_equals(worth[None], NAME, 'first_image.attention_of_selected')
    found = [head().best(image)[0] for image in tokens]
    assert_equals(torch.cat(found), NAME, 'local_features')
    assert [len(own) for own in found] == np.bincount(archive(NAME)['out.local_feature_image']).tolist()
    assert_equals(head().describe(tokens), NAME, 'global_descriptor')


def test_similarity_of_images():
    centroids = tensor(NAME, 'in.centroids')
    assert_equals(Retrieval(head(), centroids).similarity(list(tensor(NAME, 'in.tokens'))), NAME, 'scores')
    features, image = tensor(NAME, 'out.local_features'), tensor(NAME, 'out.local_feature_image')
    assert_equals(asmk_scores(features, image, len(tensor(NAME, 'in.tokens')), centroids), NAME, 'scores')


def test_keyframes_from_every_first_image():
    scores, count = archive(NAME)['out.scores'], int(setting(NAME, 'num_keyframes'))
    for first, (sampled, ordered) in enumerate(
        zip(archive(NAME)['out.fps_by_start'], archive(NAME)['out.keyframes_by_start'], strict=True)
    ):
        assert most_different(scores, count, first) == sampled.tolist()
        assert chain_order(scores, sampled.tolist()) == choose_keyframes(scores, count, first) == ordered.tolist()
