"""Lecture 06, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

from collections.abc import Callable

import numpy as np

# deep_tanh


def deep_tanh_indexed(x, ws, bs):
    n = len(ws)
    if len(bs) + 1 != n:
        raise ValueError(f"expected {n - 1} biases, got {len(bs)}")
    out = x
    for i in range(n):
        out = np.einsum("nd,dk->nk", out, ws[i])
        if i < n - 1:
            out = np.tanh(out + bs[i])
    return out


def deep_tanh_recursive(x, ws, bs):
    if len(ws) != len(bs) + 1:
        raise ValueError("one bias less than matrices")
    if not bs:
        return x @ ws[0]
    return deep_tanh_recursive(np.tanh(x @ ws[0] + bs[0]), ws[1:], bs[1:])


# chain_update


def chain_update_prefix(x, w, lr):
    before = np.concatenate([[1.0], np.cumprod(w[:-1])])
    after = np.concatenate([np.cumprod(w[:0:-1])[::-1], [1.0]])
    g = x * before * after
    return float(lr * np.sum(g**2)), float(x * (np.prod(w) - np.prod(w - lr * g)))


def chain_update_loops(x, w, lr):
    g = []
    for i in range(len(w)):
        slope = x
        for j in range(len(w)):
            if j != i:
                slope = slope * w[j]
        g.append(slope)
    y, y_new = x, x
    for w_i, g_i in zip(w, g, strict=True):
        y, y_new = y * w_i, y_new * (w_i - lr * g_i)
    return float(sum(lr * g_i * g_i for g_i in g)), float(y - y_new)


# coordinate_vs_joint_decrease


def decrease_copies(cost, params, grads, lr):
    if set(params) != set(grads):
        raise ValueError("other names")
    start, alone = cost(params), {}
    everything = {}
    for name in params:
        trial = dict(params)
        trial[name] = trial[name] - lr * grads[name]
        everything[name] = trial[name]
        alone[name] = float(start - cost(trial))
    return alone, float(start - cost(everything))


def decrease_two_passes(cost, params, grads, lr):
    if sorted(params) != sorted(grads):
        raise ValueError(sorted(grads))

    def after(names):
        return cost({k: v - lr * grads[k] * (k in names) for k, v in params.items()})

    first = after(())
    return {k: float(first - after((k,))) for k in params}, float(first - after(tuple(params)))


# second_order_prediction


def prediction_by_step(cost, g, hessian, lr):
    s = -lr * g
    return float(cost + s @ g + (s @ (hessian @ s)) / 2)


def prediction_sums(cost, g, hessian, lr):
    first = sum(float(g_i) ** 2 for g_i in g)
    second = sum(float(g[i] * hessian[i, j] * g[j]) for i in range(len(g)) for j in range(len(g)))
    return float(cost) - lr * first + lr * lr * second / 2


# optimal_step


def optimal_step_unit(g, hessian):
    u = g / np.linalg.norm(g)
    curvature = u @ hessian @ u
    if curvature <= 0:
        return None
    return float(1 / curvature)


def optimal_step_einsum(g, hessian):
    bend = np.einsum("i,ij,j->", g, hessian, g)
    return float(np.sum(g * g) / bend) if bend > 0 else None


# hvp


def hvp_scaled(grad_fn, w, v, h=1e-4):
    length = np.sqrt(np.sum(v * v))
    if not length > 0:
        return np.zeros(len(v))
    t = h / length  # so that |t v| = h
    return (grad_fn(w + t * v) - grad_fn(w - t * v)) / (2 * t)


def hvp_one_or_none(grad_fn, w, v, h=1e-4):
    if not v.any():
        return v * 0.0
    u = v / np.linalg.norm(v)
    ahead, behind = grad_fn(w + h * u), grad_fn(w + -h * u)
    return np.linalg.norm(v) * 0.5 * (ahead - behind) / h


# hvp_nodes


def hvp_nodes_loops(x, params, v, nodes):
    """One example after another."""
    h, p, ds, dh = nodes["h"], nodes["p"], nodes["ds"], nodes["dh"]
    n = len(x)
    rz, rh, rs, rp = (np.zeros_like(nodes[k]) for k in ("z", "h", "s", "p"))
    rds, rdh, rdz = (np.zeros_like(nodes[k]) for k in ("ds", "dh", "dz"))
    hw1, hb1 = np.zeros_like(params["w1"]), np.zeros_like(params["b1"])
    hw2, hb2 = np.zeros_like(params["w2"]), np.zeros_like(params["b2"])
    for i in range(n):
        rz[i] = x[i] @ v["w1"] + v["b1"]
        rh[i] = rz[i] / np.cosh(nodes["z"][i]) ** 2
        rs[i] = rh[i] @ params["w2"] + h[i] @ v["w2"] + v["b2"]
        jacobian = np.diag(p[i]) - np.outer(p[i], p[i])
        rp[i] = jacobian @ rs[i]
        rds[i] = rp[i] / n
        rdh[i] = params["w2"] @ rds[i] + v["w2"] @ ds[i]
        rdz[i] = rdh[i] * (1 - h[i] ** 2) + dh[i] * (-2 * h[i] * rh[i])
        hw1 += np.outer(x[i], rdz[i])
        hb1 += rdz[i]
        hw2 += np.outer(rh[i], ds[i]) + np.outer(h[i], rds[i])
        hb2 += rds[i]
    names = ("rz", "rh", "rs", "rp", "rds", "rdh", "rdz", "hw1", "hb1", "hw2", "hb2")
    return dict(zip(names, (rz, rh, rs, rp, rds, rdh, rdz, hw1, hb1, hw2, hb2), strict=True))


def hvp_nodes_einsum(x, params, v, nodes):
    """With the derivative of dz written as a product of what the nodes hold."""
    r = {"rz": np.einsum("nd,dh->nh", x, v["w1"]) + v["b1"][None]}
    slope = 1 - np.square(nodes["h"])
    r["rh"] = slope * r["rz"]
    r["rs"] = np.dot(r["rh"], params["w2"]) + np.dot(nodes["h"], v["w2"]) + v["b2"]
    mean = np.einsum("nk,nk->n", nodes["p"], r["rs"])
    r["rp"] = nodes["p"] * r["rs"] - nodes["p"] * mean[:, None]
    r["rds"] = r["rp"] / x.shape[0]
    r["rdh"] = np.einsum("nk,hk->nh", r["rds"], params["w2"]) + np.einsum(
        "nk,hk->nh", nodes["ds"], v["w2"]
    )
    r["rdz"] = slope * (r["rdh"] - 2 * nodes["dh"] * nodes["h"] * r["rz"])
    r["hw1"] = np.einsum("nd,nh->dh", x, r["rdz"])
    r["hb1"] = np.einsum("nh->h", r["rdz"])
    r["hw2"] = np.einsum("nh,nk->hk", nodes["h"], r["rds"]) + np.einsum(
        "nh,nk->hk", r["rh"], nodes["ds"]
    )
    r["hb2"] = np.einsum("nk->k", r["rds"])
    return r


# sharpness


def sharpness_shift_first(apply_hessian, dim, *, steps, rng):
    def power(operator):
        v = rng.random(dim) - 0.5
        for _ in range(steps):
            u = operator(v / np.sqrt(v @ v))
            if np.allclose(u, 0, atol=1e-300):
                return 0.0
            v = u
        v = v / np.sqrt(v @ v)
        return float(v @ operator(v))

    first = power(apply_hessian)
    if first >= 0:
        return first
    return first + power(lambda v: apply_hessian(v) - first * v)


def sharpness_up_and_down(apply_hessian, dim, *, steps, rng):
    lift = 0.0
    found = 0.0
    for _ in range(2):
        v = rng.uniform(-1, 1, dim)
        dead = False
        for _ in range(steps):
            v = v / np.linalg.norm(v)
            v = apply_hessian(v) + lift * v
            if np.linalg.norm(v) == 0:
                dead = True
                break
        if dead:
            return 0.0 - lift
        v = v / np.linalg.norm(v)
        found = float(np.dot(v, apply_hessian(v)))
        if lift or found >= 0:
            break
        lift = abs(found)
    return found


# newton_step


def newton_step_inverse(g, hessian):
    return -(np.linalg.inv(hessian) @ g)


def newton_step_eigen(g, hessian):
    eigenvalues, q = np.linalg.eigh(hessian)
    return -(q * (1 / eigenvalues)) @ (q.T @ g)


# saddle_free_step


def saddle_free_matrix(g, hessian, damping):
    eigenvalues, q = np.linalg.eigh(hessian)
    size = q @ np.diag(np.abs(eigenvalues)) @ q.T
    return np.linalg.solve(size + damping * np.eye(len(g), dtype=g.dtype), -g)


def saddle_free_loop(g, hessian, damping):
    s = np.zeros_like(g)
    eigenvalues, q = np.linalg.eigh(hessian)
    for i in range(len(g)):
        s = s - (q[:, i] @ g) / (abs(eigenvalues[i]) + damping) * q[:, i]
    return s


# gauss_newton_step


def gauss_newton_least_squares(jac, residual, damping):
    """Ridge regression: rows sqrt(damping n) I under the Jacobian."""
    n, d = jac.shape
    rows = np.concatenate([jac, np.sqrt(n * damping) * np.eye(d)])
    target = np.concatenate([-residual, np.zeros(d)])
    return np.linalg.lstsq(rows, target, rcond=None)[0].astype(jac.dtype)


def gauss_newton_kernel(jac, residual, damping):
    """The same step from the n x n matrix."""
    n = len(residual)
    kernel = jac @ jac.T / n + damping * np.eye(n, dtype=jac.dtype)
    return -jac.T @ np.linalg.solve(kernel, residual) / n


# lbfgs_direction


def _usable(s, y):
    return s @ y > 1e-8 * np.linalg.norm(s) * np.linalg.norm(y)


def lbfgs_by_bfgs(g, s_list, y_list):
    """The matrix itself, pair after pair."""
    if len(s_list) != len(y_list):
        raise ValueError("two lists of one length")
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=True) if _usable(s, y)]
    hinv = np.eye(len(g), dtype=g.dtype)
    if pairs:
        s, y = pairs[-1]
        hinv = hinv * (s @ y / (y @ y))
    for s, y in pairs:
        left = np.eye(len(g), dtype=g.dtype) - np.outer(s, y) / (y @ s)
        hinv = left @ hinv @ left.T + np.outer(s, s) / (y @ s)
    return -(hinv @ g)


def lbfgs_recursive(g, s_list, y_list):
    if len(s_list) != len(y_list):
        raise ValueError((len(s_list), len(y_list)))
    pairs = [p for p in zip(s_list, y_list, strict=True) if _usable(*p)]

    def times(q, k):
        if k == 0:
            s, y = pairs[-1] if pairs else (q, q)
            return q * ((s @ y) / (y @ y) if pairs else 1)
        s, y = pairs[k - 1]
        rho = 1 / (y @ s)
        a = rho * (s @ q)
        r = times(q - a * y, k - 1)
        return r + s * (a - rho * (y @ r))

    return -times(g, len(pairs))


def lbfgs_dict(g, s_list, y_list):
    if len(s_list) != len(y_list):
        raise ValueError("lengths")
    good = [i for i in range(len(s_list)) if _usable(s_list[i], y_list[i])]
    q, a = g.copy(), {}
    for i in good[::-1]:
        a[i] = (s_list[i] @ q) / (s_list[i] @ y_list[i])
        q = q - a[i] * y_list[i]
    if good:
        last = good[-1]
        q = q * (s_list[last] @ y_list[last]) / (y_list[last] @ y_list[last])
    for i in good:
        b = (y_list[i] @ q) / (s_list[i] @ y_list[i])
        q = q + s_list[i] * (a[i] - b)
    return -q


# classify_critical_point


def kind_by_counting(hessian, tol=1e-6):
    values = np.linalg.eigh(hessian)[0]
    largest = max(abs(values))
    up = sum(v > tol * largest for v in values)
    down = sum(v < -tol * largest for v in values)
    if up > 0 and down > 0:
        return "saddle"
    if up == len(values):
        return "min"
    return "max" if down == len(values) else "degenerate"


def kind_by_signs(hessian, tol=1e-6):
    values = np.linalg.eigvalsh(hessian)
    zero = np.abs(values) <= tol * np.abs(values).max()
    signs = set(np.where(zero, 0, np.sign(values)).tolist())
    names = {(1,): "min", (-1,): "max", (-1, 1): "saddle", (-1, 0, 1): "saddle"}
    return names.get(tuple(sorted(signs)), "degenerate")


STYLES: dict[str, tuple[Callable, ...]] = {
    "curvature.deep_tanh": (deep_tanh_indexed, deep_tanh_recursive),
    "curvature.chain_update": (chain_update_prefix, chain_update_loops),
    "curvature.coordinate_vs_joint_decrease": (decrease_copies, decrease_two_passes),
    "curvature.second_order_prediction": (prediction_by_step, prediction_sums),
    "curvature.optimal_step": (optimal_step_unit, optimal_step_einsum),
    "hessians.hvp": (hvp_scaled, hvp_one_or_none),
    "hessians.hvp_nodes": (hvp_nodes_loops, hvp_nodes_einsum),
    "hessians.sharpness": (sharpness_shift_first, sharpness_up_and_down),
    "curvature.classify_critical_point": (kind_by_counting, kind_by_signs),
    "curvature.newton_step": (newton_step_inverse, newton_step_eigen),
    "curvature.saddle_free_step": (saddle_free_matrix, saddle_free_loop),
    "curvature.gauss_newton_step": (gauss_newton_least_squares, gauss_newton_kernel),
    "curvature.lbfgs_direction": (lbfgs_by_bfgs, lbfgs_recursive, lbfgs_dict),
}
