"""Views that gaussians are drawn in, against photos, depths and labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.evaluation.functional.depth import depth_errors
from uniseg3d.evaluation.functional.image_quality import WINDOW, psnr, psnr_original, ssim, ssim_original
from uniseg3d.evaluation.functional.novel_views import LabelCounts, count_labels, label_scores, text_ious
from uniseg3d.evaluation.metrics.novel_view_files import write_views
from uniseg3d.evaluation.metrics.views import Record, ViewMetric
from uniseg3d.models.criteria.perceptual import PerceptualDistance
from uniseg3d.models.postprocess.rendered_views import RenderedViews, render_views
from uniseg3d.ops.rasterize import Cameras
from uniseg3d.registry import METRICS
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.class_maps import class_positions
from uniseg3d.utils.errors import DataError

EIGHT_BITS = 255


@METRICS.register_module()
class NovelViewMetric(ViewMetric):
    """``psnr``, ``ssim``, ``lpips``, ``abs_rel`` and ``rmse`` (metres) of views that the network did not see, and
    ``psnr_of_nearest_photo``: what showing the nearest photo that it saw would score.

    ``context_<score>`` of the views it saw and ``novel_<score>`` of the others: ``miou``, ``pq``, ``map``, ``map_50``,
    ``map_75`` (COCO's) and ``referring_miou``, where classes, objects and sentences are known.

    ``<key>_original``: as SIU3R reports it. There novel views include those seen; images are cut to whole colours and their
    own range of colours is the largest; depth is aligned to the truth by scale and shift; absent classes count as 0.

    Args:
        classes: class list that the model predicts.
        least: what is said about a pixel more faintly does not count.
        as_original: draw as SIU3R does.
        lpips_weights: file of an LPIPS network; without it there is no such number.
        dump: folder for the files that SIU3R's own evaluation reads.
    """

    def __init__(
        self,
        classes: str = 'scannet20',
        least: float = 0.3,
        as_original: bool = False,
        lpips_weights: str | None = None,
        dump: str | None = None,
        **kwargs: str | None,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.classes, self.list_name, self.least = class_list(classes), classes, least
        self.as_original, self.dump = as_original, None if dump is None else Path(dump)
        self.distance = None if lpips_weights is None else PerceptualDistance(lpips_weights)

    @torch.no_grad()
    def record(self, sequence: ViewBatch, answer: GaussianScene) -> Record:  # type: ignore[override]
        """Scores of every view, and counts of the labels of both kinds of views."""
        if sequence.camera_to_world is None or sequence.intrinsics is None:
            raise DataError('poses and intrinsics must be known to draw other views')
        seen = np.isin(np.arange(sequence.views), answer.views)
        drawn = self._draw(sequence, answer)
        photos = (sequence.images[0] + 1) / 2
        record = {'seen': seen, 'images': self._images(drawn, photos, _nearest(sequence, answer))}
        if sequence.depth is not None:
            record['depth'] = _depths(drawn, sequence.depth[0])
        labels = self._true_labels(sequence)
        if labels is not None and drawn.labels is not None:
            record['labels'] = {name: self._count(drawn, labels, rows) for name, rows in _groups(seen).items()}
        if labels is not None and answer.texts is not None and sequence.text_objects is not None:
            meant = sequence.text_objects[0].numpy()
            record['texts'] = {
                'context': text_ious(answer.texts, labels[1][answer.views], meant),
                'novel': text_ious(_drawn_texts(drawn)[:, ~seen], labels[1][~seen], meant),
            }
        if self.dump is not None:
            write_views(self.dump, sequence, answer, drawn, labels)
        return record

    def _draw(self, sequence: ViewBatch, answer: GaussianScene) -> RenderedViews:
        poses, intrinsics = sequence.camera_to_world, sequence.intrinsics
        assert poses is not None and intrinsics is not None
        world = torch.linalg.inv(poses[0, answer.views[0]]) @ poses[0]  # the first view that was seen is the world
        texts = None if answer.texts is None else answer.texts.flatten(1).T.float()
        scores = answer.segments.scores if len(answer.segments) else None
        cameras = Cameras(world, intrinsics[0], sequence.size)
        return render_views(answer.gaussians, cameras, scores, texts, self.classes.stuff, self.least, self.as_original)

    def _images(self, drawn: RenderedViews, photos: Tensor, nearest: Sequence[int]) -> list[dict[str, float]]:
        rows = []
        for color, photo, near in zip(drawn.color, photos, nearest, strict=True):
            cut = (color * EIGHT_BITS).floor() / EIGHT_BITS
            row = {'psnr': psnr(color, photo), 'psnr_of_nearest_photo': psnr(photos[near], photo)}
            row |= {'psnr_original': psnr_original(cut, photo)}
            if min(photo.shape[1:]) >= WINDOW:
                row |= {'ssim': ssim(color, photo), 'ssim_original': ssim_original(cut, photo)}
            if self.distance is not None:
                pairs = (('lpips', color), ('lpips_original', cut))
                row |= {name: float(self.distance(image[None], photo[None])) for name, image in pairs}
            rows.append(row)
        return rows

    def _true_labels(self, sequence: ViewBatch) -> tuple[np.ndarray, np.ndarray] | None:
        """Class (-1 = void) and instance [V, H, W] in the classes of the metric."""
        if sequence.semantic is None or sequence.instance is None or sequence.classes is None:
            return None
        table = np.append(class_positions(sequence.classes[0], self.list_name), -1)  # -1 reads the last place
        return table[sequence.semantic[0].numpy()], sequence.instance[0].numpy()

    def _count(self, drawn: RenderedViews, labels: tuple[np.ndarray, np.ndarray], rows: np.ndarray) -> LabelCounts:
        assert drawn.labels is not None
        return count_labels(drawn.labels, *labels, rows, len(self.classes), self.classes.stuff)

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Means over views; labels over the data set."""
        found: dict[str, float] = {}
        for part in ('images', 'depth'):
            rows = [(row, seen) for r in records.values() if part in r for row, seen in zip(r[part], r['seen'], strict=True)]
            found |= _means(rows)
        for group in ('context', 'novel', 'all'):
            counts = [record['labels'][group] for record in records.values() if group in record.get('labels', {})]
            if counts:
                found |= _named(label_scores(counts, len(self.classes)), group)
        for group in ('context', 'novel'):
            ious = [iou for record in records.values() for iou in record.get('texts', {}).get(group, [])]
            found |= {f'{group}_referring_miou': float(np.mean(ious))} if ious else {}
        return found


def _means(rows: list[tuple[dict[str, float], bool]]) -> dict[str, float]:
    """Over novel views, if there are any; original numbers over all. Perfect images would make a mean infinite."""
    novel = [row for row, seen in rows if not seen] or [row for row, _ in rows]
    found = {}
    for name in dict.fromkeys(key for row, _ in rows for key in row):
        every = [row for row, _ in rows] if name.endswith('_original') else novel
        values = [row[name] for row in every if name in row]
        if values:
            found[name] = float(np.mean(values))
    return found


def _named(scores: dict[str, float], group: str) -> dict[str, float]:
    """Of all views only what the original calls novel; of novel ones what it does not."""
    if group == 'all':
        return {f'novel_{name}': value for name, value in scores.items() if name.endswith('_original')} | (
            {'novel_map_original': scores['map']} if 'map' in scores else {}
        )
    kept = scores if group == 'context' else {n: v for n, v in scores.items() if not n.endswith('_original')}
    return {f'{group}_{name}': value for name, value in kept.items()}


def _groups(seen: np.ndarray) -> dict[str, np.ndarray]:
    groups = {'context': seen, 'novel': ~seen, 'all': np.ones_like(seen)}
    return {name: rows for name, rows in groups.items() if rows.any()}


def _nearest(sequence: ViewBatch, answer: GaussianScene) -> list[int]:
    """For every view the nearest of those that were seen."""
    assert sequence.camera_to_world is not None
    centers = sequence.camera_to_world[0, :, :3, 3]
    places = torch.tensor(answer.views)
    return places[torch.cdist(centers, centers[places]).argmin(1)].tolist()


def _depths(drawn: RenderedViews, truth: Tensor) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = []
    kinds: tuple[tuple[str, Tensor, str], ...] = (('', drawn.depth, 'metric'), ('_original', drawn.blended_depth, 'lstsq'))
    for view, measured in enumerate(truth):
        row: dict[str, float] = {}
        for suffix, depth, alignment in kinds:
            # where nothing is drawn there is no depth to compare, but the original takes it for 0
            known = measured if suffix else torch.where(depth[view] > 0, measured, 0)
            errors = depth_errors(depth[view], known, alignment)
            if errors.pixels:
                row |= {f'abs_rel{suffix}': errors.abs_rel, f'rmse{suffix}': errors.rmse}
        rows.append(row)
    return rows


def _drawn_texts(drawn: RenderedViews) -> Tensor:
    """[T, V, H, W] bool."""
    assert drawn.features is not None
    return drawn.features.transpose(0, 1) > 0.5
