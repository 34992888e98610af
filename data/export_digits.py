"""Write digits.npz anew from scikit-learn: ``python data/export_digits.py``.

The same bytes every time and everywhere: np.savez would stamp the time into the archive, and
compressed bytes depend on the version of zlib.
"""

import io
import zipfile
from pathlib import Path

import numpy as np


def export(path: Path) -> None:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    arrays = {"x": pixels.astype(np.uint8).reshape(-1, 8, 8), "y": labels.astype(np.uint8)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0))
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, content.getvalue())


if __name__ == "__main__":
    export(Path(__file__).with_name("digits.npz"))
