"""What transforms pass on: one dictionary per scene; its keys are listed in ``uniseg3d.transforms``."""

from typing import Any

SampleDict = dict[str, Any]
