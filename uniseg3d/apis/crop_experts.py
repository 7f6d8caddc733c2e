"""An expert for photos, taught by a prepared data set whose frames and objects are annotated."""

from pathlib import Path

import torch

from uniseg3d.io.frames import read_views
from uniseg3d.io.infos import read_infos
from uniseg3d.priors.crop_expert import CropExpert, save_crop_expert, train_crop_expert
from uniseg3d.priors.named_crops import named_crops
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.progress import track

FRAMES = 'frames'  # below the folder of a data set: one folder per scene


def teach_crop_expert(
    data_root: str | Path,
    out: str | Path,
    info_file: str = 'uniseg3d_infos_train.json',
    scenes: int | None = None,
    every: int = 2,
    steps: int = 2500,
    seed: int = 0,
) -> CropExpert:
    """Train on every ``every``-th frame of the first ``scenes`` scenes (None = all), and write the expert to ``out``."""
    root = Path(data_root)
    parts = []
    for info in track(read_infos(root / info_file)[:scenes], 'crops'):
        names = {box.object_id: box.name for box in info.instances if box.name and box.object_id is not None}
        parts.append(named_crops(read_views(root / FRAMES / info.scene_id, every, instances=True), names))
    crops, labels = torch.cat([crops for crops, _ in parts]), [name for _, found in parts for name in found]
    if len(set(labels)) < 2:
        raise DataError(f'{root} shows {len(set(labels))} named objects; prepare it again: names come from object_names.json')
    expert = train_crop_expert(crops, labels, steps, seed=seed)
    save_crop_expert(out, expert)
    print(f'{out}: {len(expert.vocabulary)} names, taught with {len(labels)} crops')
    return expert
