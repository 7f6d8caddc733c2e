"""Photos, videos and streams to points and cameras."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch

from uniseg3d.apis.frame_keeper import FrameKeeper, ReconstructOptions
from uniseg3d.apis.growing_scene import GrowingScene
from uniseg3d.apis.image_pairs import PairInferencer
from uniseg3d.apis.known_cameras import KnownPhotos, move_to_cameras
from uniseg3d.apis.memory_forecast import GIB
from uniseg3d.apis.panoptic_files import segments_of
from uniseg3d.apis.photo_scene import alignment_bytes, reconstruct_photos
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import Reconstruction, remove_depths
from uniseg3d.apis.remembered_photos import remembered_photos
from uniseg3d.apis.segmented_photos import segment_photos
from uniseg3d.evaluation.functional.trajectory import align_trajectory
from uniseg3d.geometry.image_resize import FittedPhoto
from uniseg3d.geometry.pair_graph import image_pairs
from uniseg3d.io.colmap_model import ColmapModel
from uniseg3d.models import DUSt3R, MUSt3R, PanSt3R, Point3R
from uniseg3d.utils.errors import ConfigError, DataError, UniSeg3DError

Say = Callable[[str], None]
_BYTES_PER_PIXEL = 2500  # of the image that the network works on at a time
_FRAME_BYTES = 15  # of a pixel of a photo that waits: as it is, and as the network takes it
_POINT_BYTES = 31  # positions, colour and confidence of a point that is kept
_WINDOW = 'swin-3-noncyclic'


def forecast(model: DUSt3R | MUSt3R | PanSt3R | Point3R, frames: int, options: ReconstructOptions) -> int:
    """Bytes that ``frames`` frames take at most, the weights included."""
    pixels = options.size**2
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    kept = _POINT_BYTES * min(frames * int(pixels * options.share), options.most_points)
    if isinstance(model, Point3R):
        return weights + pixels * _BYTES_PER_PIXEL + kept
    if isinstance(model, MUSt3R | PanSt3R):
        remembered = min(frames, options.keyframes or model.keyframes) * pixels // options.patch**2 * model.token_bytes
        return weights + 8 * pixels * _BYTES_PER_PIXEL + kept + remembered + frames * pixels * (_FRAME_BYTES + _masks(model))
    pairs = len(image_pairs(max(frames, 2), _graph(frames, options)))
    return weights + 8 * pixels * _BYTES_PER_PIXEL + kept + alignment_bytes([(options.size, options.size)], pairs)


def reconstruct(
    model: DUSt3R | MUSt3R | PanSt3R | Point3R,
    frames: Iterable[SourceFrame],
    options: ReconstructOptions | None = None,
    cameras: ColmapModel | None = None,
    depth_folder: Path | None = None,
    expected: int | None = None,
    say: Say = print,
    intrinsics: np.ndarray | None = None,
) -> Reconstruction:
    """Points and cameras of ``frames``; those that cannot be used are named in ``faults`` and the others go on.

    cameras: known ones by the names of frames. A two-view network keeps to them; what another network says is moved to
    where they are, for which it takes three that do not lie on one line.
    depth_folder: where depth images go, frame by frame.
    expected: number of frames, if known. MUSt3R then looks at all before it says anything; else it takes them one by one.
    intrinsics: camera matrix [3, 3] of all photos, in their pixels; for two-view networks. ``cameras`` come first.
    """
    options = options or ReconstructOptions()
    check_intrinsics_use(model, intrinsics)
    if depth_folder is not None:
        remove_depths(depth_folder)
    known = {} if cameras is None else {view.name: view for view in cameras.views.values()}
    limit = options.most_points // max(expected or 1000, 1)
    keep = FrameKeeper(options, max(limit, 1), depth_folder)
    if isinstance(model, PanSt3R):
        scene = move_to_cameras(_segmented(model, _limited(frames, expected), keep, say), known, say)
    elif isinstance(model, MUSt3R) and expected is not None:
        scene = move_to_cameras(_remembered(model, frames, keep, say), known, say)
    elif isinstance(model, MUSt3R | Point3R):
        scene = move_to_cameras(_stream(GrowingScene(model, keep), frames, expected, say), known, say)
    else:
        scene = _photos(PairInferencer(model, options.precision), frames, keep, KnownPhotos(cameras, intrinsics), say)
    seen = len(scene.views) + len(scene.faults)
    if expected is not None and seen < expected:
        say(f'the source ended early: {seen} of {expected} frames')
    return scene


def _stream(growing: GrowingScene, frames: Iterable[SourceFrame], expected: int | None, say: Say) -> Reconstruction:
    scene, every = growing.scene, growing.keep.options.say_every
    for frame in frames:
        if growing.add(frame) is None:
            say(f'{frame.name} is left out: {scene.faults[frame.name]}')
        elif len(scene.views) % every == 0:
            say(_progress(scene, expected))
    if len(scene.views) % every:
        say(_progress(scene, expected))
    return scene


def _progress(scene: Reconstruction, expected: int | None) -> str:
    count, of = len(scene.views), '' if expected is None else f' of {expected}'
    return f'frame {count}{of}: {count / scene.seconds:.2f} frames/s, {scene.views[-1].pointers} pointers'


def _photos(
    inferencer: PairInferencer, frames: Iterable[SourceFrame], keep: FrameKeeper, known: KnownPhotos, say: Say
) -> Reconstruction:
    scene = Reconstruction([])
    used = _usable(frames, keep, scene, say)
    if not used:
        return scene
    graph = _graph(len(used), keep.options)
    say(f'{len(used)} photos, {len(image_pairs(max(len(used), 2), graph))} pairs ({graph})')
    start = time.perf_counter()
    poses, intrinsics = known.of(used)
    found = reconstruct_photos(inferencer, [photo.image for _, photo in used], graph, poses, intrinsics)
    scene.seconds = time.perf_counter() - start
    parts = zip(used, found.poses, found.intrinsics, found.points, found.confidences, found.depths, strict=True)
    scene.views = [keep.view(*photo, *said) for photo, *said in parts]
    say(f'{len(used)} photos: {len(used) / scene.seconds:.2f} frames/s')
    return scene


def _usable(
    frames: Iterable[SourceFrame], keep: FrameKeeper, scene: Reconstruction, say: Say
) -> list[tuple[SourceFrame, FittedPhoto]]:
    """Frames that are cut to size; the others become faults of the scene."""
    used = []
    for frame in frames:
        try:
            used.append((frame, keep.fit(frame)))
        except UniSeg3DError as error:
            scene.faults[frame.name] = str(error)
            say(f'{frame.name} is left out: {error}')
    return used


def _remembered(model: MUSt3R, frames: Iterable[SourceFrame], keep: FrameKeeper, say: Say) -> Reconstruction:
    scene = Reconstruction([])
    used = _usable(frames, keep, scene, say)
    if not used:
        return scene
    options, start = keep.options, time.perf_counter()
    answers = remembered_photos(
        model, [photo.image for _, photo in used], options.keyframes, options.refinements, options.precision
    )
    for (frame, photo), answer in zip(used, answers, strict=True):
        try:
            scene.views.append(keep.answered(frame, photo, answer))
        except UniSeg3DError as error:
            scene.faults[frame.name] = str(error)
            say(f'{frame.name} is left out: {error}')
    scene.seconds = time.perf_counter() - start
    say(f'{len(used)} photos: {len(used) / scene.seconds:.2f} frames/s, {answer.pointers} remembered')
    return scene


def _segmented(model: PanSt3R, frames: Iterable[SourceFrame], keep: FrameKeeper, say: Say) -> Reconstruction:
    scene = Reconstruction([])
    used = _usable(frames, keep, scene, say)
    if not used:
        return scene
    options, start = keep.options, time.perf_counter()
    images = [photo.image for _, photo in used]
    answers, panoptic, classes = segment_photos(
        model, images, options.classes, options.choice or options.keyframes, options.merge, options.precision
    )
    for (frame, photo), answer, segments in zip(used, answers, panoptic.segments, strict=True):
        try:
            scene.views.append(keep.answered(frame, photo, answer, segments))
        except UniSeg3DError as error:
            scene.faults[frame.name] = str(error)
            say(f'{frame.name} is left out: {error}')
    scene.segments, scene.classes = segments_of(panoptic, classes), classes
    scene.seconds = time.perf_counter() - start
    speed = f'{len(used) / scene.seconds:.2f} frames/s, {answers[0].pointers} remembered'
    say(f'{len(used)} photos: {speed}, {len(scene.segments)} segments of {len(classes)} classes')
    return scene


def _limited(frames: Iterable[SourceFrame], expected: int | None) -> Iterable[SourceFrame]:
    """Frames that come to an end."""
    if expected is None:
        raise ConfigError('PanSt3R looks at all photos together; give it a folder or a video, not a live stream')
    return frames


def _masks(model: MUSt3R | PanSt3R) -> int:
    """Bytes per pixel of a photo that the masks of all queries take until they are merged; they are half as high and wide."""
    return model.panoptic.queries if isinstance(model, PanSt3R) else 0


def _graph(count: int, options: ReconstructOptions) -> str:
    return options.graph or ('complete' if count <= 12 else _WINDOW)


def check_cameras(model: DUSt3R | MUSt3R | PanSt3R | Point3R, cameras: ColmapModel, names: Iterable[str] | None = None) -> None:
    """Refuse known ``cameras`` that cannot place what the frames ``names`` will show; ``None``: any of them may come."""
    poses = {view.name: view.camera_to_world for view in cameras.views.values()}
    found = list(poses if names is None else poses.keys() & set(names))
    if not found:
        raise DataError(f'no frame is called as a known camera is, such as {", ".join(list(poses)[:3])}; rename the photos')
    if not isinstance(model, DUSt3R):
        truth = torch.from_numpy(np.stack([poses[name] for name in found])).double()
        try:
            align_trajectory(truth, truth)
        except UniSeg3DError as error:
            raise DataError(
                f'{len(found)} known cameras are too few or on one line, this network needs three: {error}'
            ) from error


def check_intrinsics_use(model: DUSt3R | MUSt3R | PanSt3R | Point3R, intrinsics: np.ndarray | None) -> None:
    """Refuse a known camera matrix where nothing would come of it."""
    if intrinsics is not None and not isinstance(model, DUSt3R):
        raise ConfigError(
            f'a {type(model).__name__} finds focal lengths itself and cannot be told them; leave the intrinsics out, or use '
            'weights of DUSt3R or MASt3R, whose alignment keeps to them'
        )


def memory_sentence(needed: int, frames: int | None) -> str:
    """What is printed before the work starts."""
    what = 'frames without end' if frames is None else f'{frames} frames'
    return f'{what}: about {max(needed, 1 << 20) / GIB:.1f} GiB of memory'
