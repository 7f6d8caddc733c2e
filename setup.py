"""Thin: names, versions and extras; the lists themselves live in requirements/."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
EXTRAS = ('cuda', 'demo', 'laz', 'openmmlab', 'priors', 'tests', 'logging', 'triton', 'views')


def requirements(name: str) -> list[str]:
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return [line.split('#')[0].strip() for line in lines if line.split('#')[0].strip()]


class BuildWithConfigs(build_py):
    """Installed packages carry the configs, so that their names work from any folder."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree(
                ROOT / 'configs',
                Path(self.build_lib) / 'uniseg3d' / 'configs',
                ignore=shutil.ignore_patterns('__pycache__'),
                dirs_exist_ok=True,
            )


version = re.search(r"__version__ = '(.+)'", (ROOT / 'uniseg3d' / '__init__.py').read_text(encoding='utf-8'))

setup(
    name='uniseg3d',
    version=version.group(1),
    description='One codebase to segment and reconstruct 3D scenes from points or photos',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10,<3.14',
    packages=find_packages(include=['uniseg3d', 'uniseg3d.*']),
    package_data={'uniseg3d': ['**/*.json', '**/*.tsv', '**/*.txt', '**/*.c', 'weights/*.safetensors']},
    install_requires=requirements('runtime'),
    entry_points={'console_scripts': ['uniseg3d = uniseg3d.commands.console:main']},
    cmdclass={'build_py': BuildWithConfigs},
    extras_require={extra: requirements(extra) for extra in EXTRAS},
)
