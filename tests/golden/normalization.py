"""Normalisation layers as PyTorch computes them, matrix roots by SciPy."""

import numpy as np

EPS = 1e-3
MOMENTUM = 0.3
GROUPS = 2


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from scipy.integrate import quad
    from scipy.linalg import inv, sqrtm
    from torch.nn import functional

    found: dict[str, np.ndarray] = {}

    def record(name, function, *arrays):
        """Value of function(*arrays) and its gradients on all arrays for a drawn ``dout``."""
        leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
        out = function(*leaves)
        dout = rng.standard_normal(tuple(out.shape))
        out.backward(torch.tensor(dout))
        found[f"{name}_out"], found[f"{name}_dout"] = out.detach().numpy(), dout
        for i, leaf in enumerate(leaves):
            assert leaf.grad is not None
            found[f"{name}_grad{i}"] = leaf.grad.numpy()

    x = rng.standard_normal((7, 6)) * 3 + 1
    images = rng.standard_normal((3, 6, 4, 5)) * 2 - 1
    gamma, beta = rng.standard_normal(6), rng.standard_normal(6)
    mean, var = rng.standard_normal(6), rng.uniform(0.5, 2, 6)
    found |= {"x": x, "images": images, "gamma": gamma, "beta": beta, "mean": mean, "var": var}
    for name, data in {"batchnorm": x, "spatial_batchnorm": images}.items():
        for train in (True, False):
            running = torch.tensor(mean), torch.tensor(var)

            def batchnorm(x, gamma, beta, running=running, train=train):
                m, v = running
                return functional.batch_norm(x, m, v, gamma, beta, train, MOMENTUM, EPS)

            mode = "train" if train else "eval"
            record(f"{name}_{mode}", batchnorm, data, gamma, beta)
            for statistic, value in zip(("mean", "var"), running, strict=True):
                found[f"{name}_{mode}_{statistic}"] = value.numpy()
    record("layernorm", lambda x, g, b: functional.layer_norm(x, (6,), g, b, EPS), x, gamma, beta)
    record(
        "instancenorm",
        lambda x, g, b: functional.instance_norm(x, weight=g, bias=b, eps=EPS),
        *(images, gamma, beta),
    )
    record(
        "groupnorm",
        lambda x, g, b: functional.group_norm(x, GROUPS, g, b, EPS),
        *(images, gamma, beta),
    )

    v, g = rng.standard_normal((5, 4)), rng.standard_normal(4)
    found |= {"v": v, "g": g}
    record("weightnorm", lambda v, g: g * v / torch.linalg.norm(v, dim=0), v, g)

    found["cov"] = np.cov(x, rowvar=False, bias=True)
    found["inverse_root"] = inv(sqrtm(found["cov"] + EPS * np.eye(6))).real

    def normal_mean(f):
        density = lambda z: f(z) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)  # noqa: E731
        return quad(density, -12, 12, points=[0], epsabs=1e-13)[0]

    slope = normal_mean(lambda z: z * np.tanh(2 * z))
    found["tanh_r2"] = np.array(slope**2 / normal_mean(lambda z: np.tanh(2 * z) ** 2))
    return found
