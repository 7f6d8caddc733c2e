"""The whole rooms data set: many scenes, their lists, sentences and statistics."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from uniseg3d.rooms.frame_writer import LABEL_MAP
from uniseg3d.rooms.group_sentences import categories_of_names, group_sentences
from uniseg3d.rooms.make_scene import SceneJob, make_scene
from uniseg3d.text.class_lists import meta_path
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import read_json, write_bytes, write_text
from uniseg3d.utils.parallel import run_jobs

VERSION = 2  # of the recipe; raise it whenever the same seed gives other scenes


def make_rooms(
    out: str | Path, train: int, val: int, seed: int = 0, workers: int = 1, recordings: bool = False, test: int = 0
) -> dict[str, Any]:
    """Write ``train`` + ``val`` scenes below ``out`` in ScanNet's formats and return the content of its ``rooms.json``.

    ``test`` more have no labels, as the scans of a benchmark.

    The same counts and seed give the same files, byte for byte, whatever the number of workers. Finished scenes are kept,
    so an interrupted run goes on; scenes with missing or shortened files are made again. A folder that holds rooms of
    another recipe, or anything else, is refused. ``recordings``: also write the frames as .sens files, as raw scans have them.
    """
    if min(train, val, test, seed) < 0 or train + val == 0:
        raise ConfigError(
            f'need at least one scene and no negative number, got train={train}, val={val}, test={test}, seed={seed}'
        )
    out = Path(out)
    recipe = {'version': VERSION, 'seed': seed, 'train': train, 'val': val} | ({'test': test} if test else {})
    _claim(out / 'rooms.json', recipe)
    splits = ['train'] * train + ['val'] * val + ['test'] * test
    jobs = [SceneJob(out, f'room{index:04d}_00', split, seed, index, recordings) for index, split in enumerate(splits)]
    run_jobs(make_scene, jobs, workers, 'making rooms')
    records = {job.name: _read_record(job.record) for job in jobs}
    _write_lists(out / 'meta_data', jobs)
    categories = categories_of_names({job.name: records[job.name] for job in jobs if job.labelled})
    for split in ('train', 'val'):
        sentences = [sentence for job in jobs if job.split == split for sentence in records[job.name]['sentences']]
        write_text(out / f'ScanRefer_filtered_{split}.json', json.dumps(sentences, indent=1))
        told = [
            entry for job in jobs if job.split == split for entry in group_sentences(job.name, records[job.name], categories)
        ]
        write_text(out / f'multi3drefer_{split}.json', json.dumps(told, indent=1))
    names = {job.name: records[job.name]['names'] for job in jobs if job.labelled}
    write_text(out / 'object_names.json', json.dumps(names, indent=1))
    content = {'recipe': recipe, 'scenes': {name: record['statistics'] for name, record in records.items()}}
    write_text(out / 'rooms.json', json.dumps(content, indent=1))
    return content


def _claim(path: Path, recipe: dict[str, int]) -> None:
    """Mark the folder with ``recipe``, or refuse if it holds another one or somebody else's files."""
    if not path.exists():
        foreign = sorted(name for name in _names_in(path.parent) if not name.startswith('.'))
        if foreign:
            raise DataError(
                f'{path.parent} has no {path.name} but holds {foreign[0]!r}; expected an empty folder or one of earlier rooms, '
                f'so that no file of yours is overwritten: choose another folder'
            )
        write_text(path, json.dumps({'recipe': recipe, 'scenes': {}}, indent=1))
        return
    found = _read_record(path).get('recipe')
    if found != recipe:
        raise DataError(
            f'{path.parent} holds rooms of the recipe {found}, not {recipe}; choose another folder or delete this one'
        )


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f'cannot read {folder}: {error.strerror}; choose another folder') from error


def _read_record(path: Path) -> dict[str, Any]:
    remedy = 'delete its folder, or choose another one'
    content = read_json(path, remedy)
    if not isinstance(content, dict):
        raise DataError(f'{path}: expected a JSON object, got {type(content).__name__}; {remedy}')
    return content


def _write_lists(folder: Path, jobs: Sequence[SceneJob]) -> None:
    names = {split: [job.name for job in jobs if job.split == split] for split in ('train', 'val', 'test')}
    for split, members in names.items():
        _write_names(folder / f'scannetv2_{split}.txt', members)
    _write_names(folder / 'scannet_train.txt', names['train'] + names['val'])
    write_bytes(folder / Path(LABEL_MAP).name, meta_path(LABEL_MAP).read_bytes())


def _write_names(path: Path, names: Sequence[str]) -> None:
    write_text(path, ''.join(f'{name}\n' for name in names))
