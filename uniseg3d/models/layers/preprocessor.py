"""The only thing between loader and model: batches move to the model's device."""

from typing import Any

from mmengine.model import BaseDataPreprocessor

from uniseg3d.structures.container import Container


class ScenePreprocessor(BaseDataPreprocessor):
    """Moves the containers of ``{'batch': SceneBatch}``; nothing is padded, stacked or normalised here."""

    def forward(self, data: dict[str, Container], training: bool = False) -> dict[str, Any]:
        """Same keys, containers on the device of this module."""
        return {name: container.to(self.device) for name, container in data.items()}
