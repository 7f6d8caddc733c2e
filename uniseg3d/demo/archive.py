"""Folders as one file, for people to take home."""

import io
import zipfile
from pathlib import Path


def zip_folder(folder: Path, name: str) -> bytes:
    """All files below ``folder`` as a .zip, in one folder ``name``."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob('*')):
            if path.is_file():
                archive.write(path, f'{name}/{path.relative_to(folder).as_posix()}')
    return content.getvalue()
