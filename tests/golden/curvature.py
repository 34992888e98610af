"""Second-order methods as SciPy computes them."""

import numpy as np


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    from scipy import optimize

    d, pairs = 6, 4
    root = rng.standard_normal((d, d))
    hessian = root @ root.T + np.eye(d)
    s = rng.standard_normal((pairs, d))
    y = s @ hessian
    g = rng.standard_normal(d)
    update = optimize.BFGS(init_scale=1.0)
    update.initialize(d, "inv_hess")
    inverses = []
    for s_k, y_k in zip(s, y, strict=True):
        update.update(s_k, y_k)
        inverses.append(update.get_matrix())
    # SciPy's L-BFGS starts from the identity, ours from gamma: so SciPy gets the pairs of the same
    # problem in the variables w / sqrt(gamma), where our start is the identity.
    gamma = s[-1] @ y[-1] / (y[-1] @ y[-1])
    inverse = optimize.LbfgsInvHessProduct(s / np.sqrt(gamma), y * np.sqrt(gamma))
    points = rng.uniform(-2, 2, (5, 2))
    return {
        "s": s,
        "y": y,
        "g": g,
        "bfgs": np.array(inverses),
        "lbfgs": -gamma * (inverse @ g),
        "points": points,
        "rosen": np.array([optimize.rosen(p) for p in points]),
        "rosen_der": np.array([optimize.rosen_der(p) for p in points]),
        "rosen_hess": np.array([optimize.rosen_hess(p) for p in points]),
    }
