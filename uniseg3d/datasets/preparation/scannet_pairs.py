"""The data set that SIU3R trains on and is tested on: scans of ScanNet as pair scenes, and lists of pairs and sentences.

==============================  =========================================================================================
``<split>/<scene>/``            see ``pair_scene.py``
``val_pair.json``               records of ``scan``, ``context_ids`` and ``target_ids``, the contexts among them
``<split>_refer_seg_data.json`` by scene: ``frame2object``, and ``objects`` with their class, sentences and CLIP tokens
``val_refer_pair.json``         records of ``scene_name``, ``context_views_id``, ``context_objects`` and ``texts``
==============================  =========================================================================================
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData
from uniseg3d.datasets.preparation.descriptions import SOURCES, read_descriptions
from uniseg3d.datasets.preparation.export_batch import read_scene_names
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.pair_scene import SUMMARY, PairSceneJob, SceneSummary, make_pair_scene
from uniseg3d.datasets.views.overlap_dataset import TABLE, draw_between, overlaps
from uniseg3d.text.class_lists import meta_path
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import ConfigError, DataError, UniSeg3DError
from uniseg3d.utils.files import write_text
from uniseg3d.utils.parallel import run_jobs

SPLITS = ('train', 'val')
LABEL_MAP = 'scannetv2-labels.combined.tsv'
TEXTS = 'scanrefer'


@dataclass(frozen=True)
class PairOptions:
    """How scenes are cut and pairs are chosen."""

    size: int = 256
    every: int = 20  # frames of a recording
    pairs: int = 6  # of each scene of val
    targets: int = 6  # views of a pair, the two contexts among them
    gap: tuple[int, int] = (10, 100)  # frames between the contexts
    overlap: tuple[float, float] = (0.3, 0.8)  # of the contexts
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if min(self.size, self.every, self.pairs, self.workers) < 1 or self.targets < 2 or not 1 <= self.gap[0] <= self.gap[1]:
            raise ConfigError(f'size, every, pairs, workers and gap must be at least 1, and targets 2; got {self}')


def create_scannet_pairs(root: Path, out: Path, options: PairOptions | None = None) -> CreatedData:
    """Prepare the scans of both splits from ``root/frames`` and ``root/scans``; finished scenes are kept."""
    options = options or PairOptions()
    made = CreatedData()
    names = {split: _listed(root, split) for split in SPLITS}
    for split, scenes in names.items():
        jobs = [_job(root, out, split, scene, options) for scene in scenes if (root / 'frames' / scene).is_dir()]
        made.faults += [Fault(scene, f'{root / "frames" / scene} is missing; export its frames: tools/extract_frames.py')
                        for scene in scenes if not (root / 'frames' / scene).is_dir()]  # fmt: skip
        results = run_jobs(_scene_or_fault, jobs, options.workers, f'{split} scenes')
        made.faults += [result for result in results if isinstance(result, Fault)]
    done = {split: _finished(out / split) for split in SPLITS}
    if not any(done.values()):
        raise DataError(f'no scene could be prepared; the first reason: {made.faults[0].reason}')
    pairs, faults = make_pair_list(out / 'val', done['val'], options)
    made.faults += faults
    made.info_files += [_write(out / 'val_pair.json', pairs)]
    for split in SPLITS:
        content, faults = _sentences(root, split, done[split])
        made.faults += faults
        made.info_files += [_write(out / f'{split}_refer_seg_data.json', content)]
        if split == 'val':
            made.info_files += [_write(out / 'val_refer_pair.json', make_refer_pairs(pairs, content))]
    return made


def _listed(root: Path, split: str) -> list[str]:
    own = root / 'meta_data' / f'scannetv2_{split}.txt'
    return read_scene_names(own if own.exists() else meta_path(f'scannet/scannetv2_{split}.txt'))


def _job(root: Path, out: Path, split: str, scene: str, options: PairOptions) -> PairSceneJob:
    table = root / 'meta_data' / LABEL_MAP
    table = table if table.exists() else meta_path(f'scannet/{LABEL_MAP}')
    place = out / split / scene
    return PairSceneJob(root / 'frames' / scene, root / 'scans' / scene, place, table, options.size, options.every)


def _scene_or_fault(job: PairSceneJob) -> Fault | None:
    if (job.out / SUMMARY).exists():
        return None
    try:
        make_pair_scene(job)
    except (UniSeg3DError, OSError) as error:
        return Fault(job.out.name, str(error))
    return None


def _finished(folder: Path) -> dict[str, SceneSummary]:
    return {path.parent.name: SceneSummary.read(path.parent) for path in sorted(folder.glob(f'*/{SUMMARY}'))}


def _write(path: Path, content: Any) -> Path:
    write_text(path, json.dumps(content))
    return path


def make_pair_list(
    folder: Path, scenes: dict[str, SceneSummary], options: PairOptions
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Pairs of the scenes below ``folder``, each drawn by its own numbers; scenes without one are named."""
    records: list[dict[str, Any]] = []
    faults = []
    for scene, summary in scenes.items():
        rng = np.random.default_rng([options.seed, *scene.encode()])
        table, drawn = overlaps(folder / scene / TABLE), list[tuple[int, ...]]()
        try:
            for _ in range(options.pairs):
                names = draw_between(rng, list(summary.frames), table, options.targets, options.gap, options.overlap)
                drawn.append(tuple(map(int, names)))
        except DataError as error:
            faults.append(Fault(scene, str(error)))
        records += [
            {'scan': scene, 'context_ids': [frames[0], frames[-1]], 'target_ids': list(frames)}
            for frames in dict.fromkeys(drawn)
        ]
    return records, faults


def _sentences(root: Path, split: str, scenes: dict[str, SceneSummary]) -> tuple[dict[str, Any], list[Fault]]:
    """What is said about objects that the frames show; nothing where the root has no sentences."""
    path = root / SOURCES[TEXTS].file.format(split=split)
    if not path.exists():
        return {}, []
    found, faults = read_descriptions(path, TEXTS)
    said: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for description in found:
        for number in description.object_ids:
            said[description.scene_id][number + 1].append(description.sentence)  # the maps hold objectId + 1
    return {scene: _scene_sentences(summary, said[scene]) for scene, summary in scenes.items() if scene in said}, faults


def _scene_sentences(summary: SceneSummary, said: dict[int, list[str]]) -> dict[str, Any]:
    known = {number: texts for number, texts in said.items() if number in summary.classes}
    shown = {frame: [number for number in numbers if number in known] for frame, numbers in summary.frames.items()}
    objects = {
        str(number): {
            'panoptic_label_id': summary.classes[number],
            'text': texts,
            'text_token': tokenize(texts).tolist(),
        }
        for number, texts in sorted(known.items())
    }
    return {'frame2object': shown, 'objects': objects}


def make_refer_pairs(pairs: Sequence[dict[str, Any]], sentences: dict[str, Any]) -> list[dict[str, Any]]:
    """Every pair with every described object that both of its contexts show."""
    records = []
    for pair in pairs:
        content = sentences.get(pair['scan'], {'frame2object': {}, 'objects': {}})
        shown = [set(content['frame2object'].get(str(frame), [])) for frame in pair['context_ids']]
        for number in sorted(set.intersection(*shown)):
            records.append({
                'scene_name': pair['scan'],
                'context_views_id': pair['context_ids'],
                'context_objects': number,
                'texts': content['objects'][str(number)]['text'][:1],
            })  # fmt: skip
    return records
