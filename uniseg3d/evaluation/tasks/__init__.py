"""The tasks that a prediction is measured for: what each scene leaves behind, and the numbers over all scenes."""

from uniseg3d.evaluation.tasks.base import Classes, EvaluatedScene, Task, TaskReport
from uniseg3d.evaluation.tasks.instance import InstanceTask, ObjectTask
from uniseg3d.evaluation.tasks.interactive import InteractiveTask
from uniseg3d.evaluation.tasks.open_vocabulary import OpenVocabularyTask
from uniseg3d.evaluation.tasks.panoptic import PanopticTask
from uniseg3d.evaluation.tasks.referring import ReferringTask
from uniseg3d.evaluation.tasks.semantic import SemanticTask

__all__ = [
    'Classes',
    'EvaluatedScene',
    'InstanceTask',
    'InteractiveTask',
    'ObjectTask',
    'OpenVocabularyTask',
    'PanopticTask',
    'ReferringTask',
    'SemanticTask',
    'Task',
    'TaskReport',
]
