"""Pictures and exports of scenes, predictions and views; no display and no GPU driver needed."""

from uniseg3d.visualization.scene_visualizer import SceneVisualizer

__all__ = ['SceneVisualizer']
