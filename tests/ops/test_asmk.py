"""The match kernel beside loops over images and visual words."""

import pytest
import torch

from uniseg3d.ops.asmk import asmk_scores, nearest_words


def literal(features, image, images, centroids, query_words=5, alpha=3.0):
    """Word by word."""

    def words(own, count):
        found = {}
        for feature in own:
            for word in (feature - centroids).norm(dim=1).argsort()[:count].tolist():
                found[word] = found.get(word, 0) + (feature - centroids[word])
        return {word: total > 0 for word, total in found.items()}

    scores = torch.zeros(images, images, dtype=torch.float64)
    packed = -(-features.shape[1] // 32) * 32
    for query in range(images):
        asking = words(features[image == query], query_words)
        for other in range(images):
            answering = words(features[image == other], 1)
            for word in set(asking) & set(answering):
                similarity = 1 - 2 * int((asking[word] != answering[word]).sum()) / packed
                scores[query, other] += max(similarity, 0) ** alpha
            scores[query, other] /= max(len(asking), 1) ** 0.5 * max(len(answering), 1) ** 0.5
    return scores


def case(width: int = 20, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(30, width, generator=generator)
    image = torch.randint(0, 3, (30,), generator=generator)
    return features, image, 4, torch.randn(12, width, generator=generator)  # image 3 has no features


@pytest.mark.parametrize('width', [20, 32, 40])
def test_scores_are_those_of_the_loops(width):
    scores = asmk_scores(*case(width))
    torch.testing.assert_close(scores, literal(*case(width)))
    assert scores[:3].amax() > 0 and not scores[3].any() and not scores[:, 3].any()


def test_the_order_of_features_does_not_matter():
    features, image, images, centroids = case()
    order = torch.randperm(len(features))
    torch.testing.assert_close(asmk_scores(features[order], image[order], images, centroids), asmk_scores(*case()))


def test_small_cases():
    features, _, _, centroids = case()
    none = torch.zeros(0, dtype=torch.long)
    assert not asmk_scores(features[:0], none, 2, centroids).any()
    assert nearest_words(features[:2], centroids[:3], 5).shape == (2, 3)
    nearest = torch.cdist(features, centroids).argsort(1)[:, :4]
    assert torch.equal(nearest_words(features, centroids, 4), nearest)
