"""How many objects and sentences have a superpoint mask that is empty, so that no prediction can be right about them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from uniseg3d.datasets.check import info_files
from uniseg3d.datasets.preparation.labels import class_table
from uniseg3d.datasets.scene_dataset import scene_paths
from uniseg3d.io.infos import read_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.transforms import LoadScene, SuperpointAnnotations, TextPrompts
from uniseg3d.utils.parallel import run_jobs


@dataclass(frozen=True)
class EmptyTruth:
    """Counts over scenes; those without annotation count nothing."""

    objects: int = 0
    empty_objects: int = 0  # no superpoint has most of its points on them
    sentences: int = 0
    empty_sentences: int = 0

    def __add__(self, other: 'EmptyTruth') -> 'EmptyTruth':
        return EmptyTruth(
            self.objects + other.objects,
            self.empty_objects + other.empty_objects,
            self.sentences + other.sentences,
            self.empty_sentences + other.empty_sentences,
        )

    def __str__(self) -> str:
        objects = _share(self.empty_objects, self.objects, 'objects')
        sentences = _share(self.empty_sentences, self.sentences, 'sentences')
        return f'no superpoint has most of its points on {objects}, and {sentences} are about such: nothing can find them'


def empty_truth(root: Path, scannet200: bool = False, workers: int = 1, classes: str = 'scannet20') -> dict[str, EmptyTruth]:
    """Counts of each info file below ``root``, by its name, over the masks that evaluation compares with.

    ``scannet200``: the semantic masks hold ScanNet200 ids instead of nyu40 ids. ``classes``: the list whose ids they hold.
    """
    count = partial(scene_truth, root, scannet200, classes)
    return {
        path.name: sum(run_jobs(count, read_infos(path), workers, f'masks of {path.name}'), EmptyTruth())
        for path in info_files(root)
    }


def scene_truth(root: Path, scannet200: bool, classes: str, info: SceneInfo) -> EmptyTruth:
    """Counts of one scene; see :func:`empty_truth`."""
    if info.instance_mask_path is None or info.semantic_mask_path is None:
        return EmptyTruth()
    sample = LoadScene()({'scene_id': info.scene_id, 'info': info, 'paths': scene_paths(root, info)})
    sample['semantic'] = class_table(scannet200, classes)[sample['semantic']]
    sample = TextPrompts('all')(SuperpointAnnotations(novel=False, classes=classes)(sample))
    masks, texts = sample['masks'], sample['text_masks']  # [n, M], [T, M]
    texts = texts[[len(text.object_ids) > 0 for text in info.texts for _ in text.sentences]]  # others mean nothing rightly
    return EmptyTruth(len(masks), int((~masks.any(1)).sum()), len(texts), int((~texts.any(1)).sum()))


def _share(part: int, whole: int, name: str) -> str:
    return f'{part} of {whole} {name} ({100 * part / max(whole, 1):.1f} %)'
