"""First stage: what every expert sees, lifted to the points of every scene."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from uniseg3d.apis.sas_setup import Priors, PriorScene
from uniseg3d.datasets.preparation.faults import NAMED, Fault
from uniseg3d.engine.resume import announce
from uniseg3d.geometry.projection import Sightings, find_visible
from uniseg3d.io.point_features import write_point_features
from uniseg3d.priors.lifting import ViewAverage
from uniseg3d.priors.pixel_experts import Photo, PixelExpert
from uniseg3d.structures import ViewSet
from uniseg3d.structures.point_features import PointFeatures
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


def scene_sightings(priors: Priors, points: Tensor, views: ViewSet) -> Sightings:
    """Which photo shows which of ``points`` [N, 3]; one answer for all experts."""
    height, width = views.images.shape[1:3]
    settings, device = priors.settings, priors.settings.device
    assert views.camera_to_world is not None and views.intrinsics is not None
    depth = None if views.depth is None else views.depth.to(device)
    camera = (views.camera_to_world.to(device), views.intrinsics.to(device))
    return find_visible(points.to(device), *camera, (width, height), depth, settings.tolerance, settings.border)


def _tell_lost(priors: Priors, scene_id: str) -> None:
    """Say which photos are left out: a scan may lose its camera for a while, so that is no fault."""
    lost = priors.lost_photos(scene_id)
    if lost:
        more = f' and {len(lost) - NAMED} more' if len(lost) > NAMED else ''
        announce(f'note: scene {scene_id}: left out without a finite pose or a depth map: {", ".join(lost[:NAMED])}{more}')


def _lift_scene(priors: Priors, scene: PriorScene, experts: dict[str, PixelExpert]) -> list[Fault]:
    faults, name = list[Fault](), scene.info.scene_id
    _tell_lost(priors, name)
    for key, lifted, refused in lift_points(priors, name, scene.points, experts):
        faults += [Fault(name, f'{key}: {reason}') for reason in refused]
        if lifted is None:
            faults.append(Fault(name, f'{key}: no photo could be used; nothing was written'))
        else:
            write_point_features(priors.lifted_path(key, name), lifted)
    return faults


def lift_points(
    priors: Priors, scene_id: str, points: Tensor, experts: Mapping[str, PixelExpert]
) -> Iterator[tuple[str, PointFeatures | None, list[str]]]:
    """For each expert what it sees at ``points`` [N, 3] of a scene, and what was wrong with photos that were left out.

    None in the place of features: there was no photo that could be used.
    """
    views = priors.views(scene_id)
    sightings = scene_sightings(priors, points, views)
    if not len(sightings):
        raise DataError('no photo shows any point; compare the cameras with the cloud, and the depth maps with both')
    size = (views.images.shape[1], views.images.shape[2])
    photos = priors.photos(views)
    shown = [i for i in range(len(photos)) if len(sightings.of(i))]  # the others cost an expert's time for nothing
    for key, expert in experts.items():
        average = ViewAverage(sightings, priors.vocabulary.shape[1], size)
        said = [_add(average, expert, photos, shown[i : i + BATCH]) for i in range(0, len(shown), BATCH)]
        refused = [reason for part in said for reason in part]
        yield key, None if len(refused) == len(shown) else average.mean(), refused


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
