"""mIoU of semantic segmentation as an mmengine metric."""

from uniseg3d.evaluation.metrics.unified import UnifiedMetric
from uniseg3d.registry import METRICS


@METRICS.register_module()
class SemanticMetric(UnifiedMetric):
    """Point-level ``miou``, ``acc`` and ``acc_cls`` over the data set, and a table with one row per class."""

    def __init__(self, classes: str = 'scannet20', collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(classes, tasks=('semantic',), collect_device=collect_device, prefix=prefix)
