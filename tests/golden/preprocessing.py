"""Scaling, principal components and whitening as scikit-learn and SciPy compute them."""

import numpy as np


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    from scipy.linalg import inv, sqrtm
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    x = rng.standard_normal((40, 5)) @ rng.standard_normal((5, 5)) + 3
    x[:, 2] *= 10
    x_new = rng.standard_normal((7, 5))
    x_constant = x.copy()
    x_constant[:, 3] = 0.1
    scaler, constant_scaler = StandardScaler().fit(x), StandardScaler().fit(x_constant)
    plain, white = PCA().fit(x), PCA(whiten=True).fit(x)
    divide_by_n = np.sqrt(len(x) / (len(x) - 1))
    covariance = np.cov(x, rowvar=False, bias=True)
    return {
        "x": x,
        "x_new": x_new,
        "x_constant": x_constant,
        "mean": scaler.mean_,
        "std": scaler.scale_,
        "scaled": scaler.transform(x_new),
        "constant_std": constant_scaler.scale_,
        "rotated": plain.transform(x),
        "axes": plain.components_.T,
        "variances": plain.explained_variance_ / divide_by_n**2,
        "white": white.transform(x) * divide_by_n,
        "zca": (x - x.mean(axis=0)) @ inv(sqrtm(covariance)).real,
    }
