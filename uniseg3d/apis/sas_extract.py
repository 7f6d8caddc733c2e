"""First stage: what every expert sees, lifted to the points of every scene."""

from collections.abc import Sequence

import torch

from uniseg3d.apis.sas_setup import Priors, PriorScene
from uniseg3d.datasets.preparation.faults import NAMED, Fault
from uniseg3d.engine.resume import announce
from uniseg3d.geometry.projection import Sightings, find_visible
from uniseg3d.io.point_features import write_point_features
from uniseg3d.priors.lifting import ViewAverage
from uniseg3d.priors.pixel_experts import Photo, PixelExpert
from uniseg3d.structures import ViewSet
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.progress import track

BATCH = 4  # photos that an expert is given at once


def extract_priors(
    priors: Priors, experts: Sequence[str] | None = None, splits: Sequence[str] = ('train', 'val')
) -> list[Fault]:
    """Lift the features of some or all experts; files that are there are kept. Scenes that fail are named, the rest is done."""
    wanted, faults = priors.expert_names(experts), list[Fault]()
    scenes = [(scene, _missing(priors, wanted, scene)) for scene in priors.scenes(splits)]
    left = [(scene, names) for scene, names in scenes if names]
    built = {name: priors.expert(name) for name in {name for _, names in left for name in names}}
    for scene, names in track(left, 'lifting features'):
        try:
            faults += _lift_scene(priors, scene, {name: built[name] for name in names})
        except UniSeg3DError as error:
            faults.append(Fault(scene.info.scene_id, str(error)))
    return faults


def _missing(priors: Priors, experts: Sequence[str], scene: PriorScene) -> list[str]:
    return [name for name in experts if not priors.lifted_path(name, scene.info.scene_id).exists()]


def scene_sightings(priors: Priors, scene: PriorScene, views: ViewSet) -> Sightings:
    """Which photo shows which point; one answer for all experts."""
    height, width = views.images.shape[1:3]
    settings, device = priors.settings, priors.settings.device
    assert views.camera_to_world is not None and views.intrinsics is not None
    depth = None if views.depth is None else views.depth.to(device)
    camera = (views.camera_to_world.to(device), views.intrinsics.to(device))
    return find_visible(scene.points.to(device), *camera, (width, height), depth, settings.tolerance, settings.border)


def _tell_lost(priors: Priors, scene_id: str) -> None:
    """Say which photos are left out: a scan may lose its camera for a while, so that is no fault."""
    lost = priors.lost_photos(scene_id)
    if lost:
        more = f' and {len(lost) - NAMED} more' if len(lost) > NAMED else ''
        announce(f'note: scene {scene_id}: left out without a finite pose or a depth map: {", ".join(lost[:NAMED])}{more}')


def _lift_scene(priors: Priors, scene: PriorScene, experts: dict[str, PixelExpert]) -> list[Fault]:
    views, name = priors.views(scene.info.scene_id), scene.info.scene_id
    _tell_lost(priors, name)
    sightings, faults = scene_sightings(priors, scene, views), list[Fault]()
    if not len(sightings):
        raise DataError('no photo shows any point; compare the cameras with the cloud, and the depth maps with both')
    size = (views.images.shape[1], views.images.shape[2])
    photos = priors.photos(views)
    shown = [i for i in range(len(photos)) if len(sightings.of(i))]  # the others cost an expert's time for nothing
    for key, expert in experts.items():
        average = ViewAverage(sightings, priors.vocabulary.shape[1], size)
        said = [_add(average, expert, photos, shown[i : i + BATCH]) for i in range(0, len(shown), BATCH)]
        refused = [reason for part in said for reason in part]
        faults += [Fault(name, f'{key}: {reason}') for reason in refused]
        if len(refused) == len(shown):
            faults.append(Fault(name, f'{key}: no photo could be used; nothing was written'))
            continue
        write_point_features(priors.lifted_path(key, name), average.mean())
    return faults


@torch.no_grad()
def _add(average: ViewAverage, expert: PixelExpert, photos: Sequence[Photo], numbers: Sequence[int]) -> list[str]:
    """Add what an expert says about some photos; returns what was wrong with those that were left out."""
    faults = []
    for number, said in zip(numbers, expert.describe([photos[i] for i in numbers]), strict=True):
        try:
            if said is not None:
                average.add(number, said)
        except DataError as error:
            faults.append(f'photo {photos[number].name}: {error}')
    return faults
