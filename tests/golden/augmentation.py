"""Resizing and warping as PyTorch does it, principal colours as scikit-learn finds them."""

import numpy as np

SIZES = [(4, 9), (11, 3), (7, 5), (1, 1), (14, 10)]


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from sklearn.decomposition import PCA
    from torch.nn.functional import grid_sample, interpolate

    found = {}
    x = rng.uniform(0, 255, (2, 3, 7, 5))
    for height, width in SIZES:
        resized = interpolate(torch.tensor(x), (height, width), mode="bilinear")
        found[f"resized_{height}_{width}"] = resized.numpy()

    # grid_sample reads at coordinates from -1 (first pixel) to 1 (last pixel).
    a, t = rng.normal(0, 1, (6, 2, 2)), rng.normal(0, 2, (6, 2))
    half = np.array([(5 - 1) / 2, (7 - 1) / 2])
    column, row = np.meshgrid(np.arange(5) - half[0], np.arange(7) - half[1])
    q = np.stack([column, row], axis=-1)
    warped = []
    for matrix, shift in zip(a, t, strict=True):
        p = (q - shift) @ np.linalg.inv(matrix).T / half
        out = grid_sample(torch.tensor(x[:1]), torch.tensor(p[None]), align_corners=True)
        warped.append(out[0].numpy())

    pixels = x.transpose(0, 2, 3, 1).reshape(-1, 3) / 255
    pca = PCA().fit(pixels)
    return {
        "x": x,
        "a": a,
        "t": t,
        "warped": np.stack(warped),
        "evals": pca.explained_variance_ * (len(pixels) - 1) / len(pixels),
        "evecs": pca.components_.T,
        **found,
    }
