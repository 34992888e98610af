"""Wrong answers to lecture 06 that others have written, each with the name it should get."""

import numpy as np

from utils.curvature import curvature_ok

# deep_tanh


def deep_tanh_bracket(x, ws, bs):
    """adds the bias after tanh, as the slide's brackets say"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = x
    for w, b in zip(ws[:-1], bs, strict=False):
        h = np.tanh(h @ w) + b
    return h @ ws[-1]


def deep_tanh_slide(x, ws, bs):
    """literally the slide: b_n is added to the next layer's input sum"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = np.tanh(x @ ws[0] + bs[0])
    for w, b in zip(ws[1:-1], bs[1:], strict=False):
        h = np.tanh(h @ w) + b
    return h @ ws[-1]


def deep_tanh_tanh_last(x, ws, bs):
    """a tanh after the last layer too"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = x
    for i, w in enumerate(ws):
        h = h @ w
        if i < len(bs):
            h = h + bs[i]
        h = np.tanh(h)
    return h


def deep_tanh_no_error(x, ws, bs):
    """no ValueError: zip cuts off what is too long"""
    h = x
    for w, b in zip(ws, bs, strict=False):
        h = np.tanh(h @ w + b)
    return h @ ws[-1]


def deep_tanh_error_eq(x, ws, bs):
    """refuses too many biases only"""
    if len(bs) >= len(ws):
        raise ValueError
    h = x
    for i, w in enumerate(ws[:-1]):
        h = np.tanh(h @ w + (bs[i] if i < len(bs) else 0))
    return h @ ws[-1]


def deep_tanh_assert(x, ws, bs):
    """assert instead of ValueError"""
    assert len(bs) == len(ws) - 1
    h = x
    for w, b in zip(ws[:-1], bs, strict=False):
        h = np.tanh(h @ w + b)
    return h @ ws[-1]


def deep_tanh_transposed(x, ws, bs):
    """weights transposed, as in the slide's W^T x"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = x
    for w, b in zip(ws[:-1], bs, strict=False):
        h = np.tanh(h @ w.T + b)
    return h @ ws[-1].T


def deep_tanh_no_bias(x, ws, bs):
    """biases forgotten"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    for w in ws[:-1]:
        x = np.tanh(x @ w)
    return x @ ws[-1]


def deep_tanh_one_tanh(x, ws, bs):
    """tanh only on the first layer"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = x @ ws[0] + (bs[0] if len(bs) else 0)
    h = np.tanh(h)
    for w, b in zip(ws[1:-1], bs[1:], strict=False):
        h = h @ w + b
    return h @ ws[-1]


def deep_tanh_linear(x, ws, bs):
    """no tanh at all"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    for w, b in zip(ws[:-1], bs, strict=False):
        x = x @ w + b
    return x @ ws[-1]


def deep_tanh_last_bias(x, ws, bs):
    """the last bias is added to the output again (shape clashes or broadcast)"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = x
    for w, b in zip(ws[:-1], bs, strict=False):
        h = np.tanh(h @ w + b)
    return h @ ws[-1] + bs[-1]


def deep_tanh_relu(x, ws, bs):
    """ReLU instead of tanh"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = x
    for w, b in zip(ws[:-1], bs, strict=False):
        h = np.maximum(0, h @ w + b)
    return h @ ws[-1]


def deep_tanh_slices(x, ws, bs):
    """bias from one layer earlier: bs shifted by one, first layer has none"""
    if len(bs) != len(ws) - 1:
        raise ValueError
    h = np.tanh(x @ ws[0])
    for w, b in zip(ws[1:-1], bs, strict=False):
        h = np.tanh(h @ w + b)
    return h @ ws[-1]


# chain_update


def chain_update_divide(x, w, lr):
    """gradient by division y / w: nan where a weight is 0"""
    y = x * np.prod(w)
    g = y / w
    return float(lr * g @ g), float(y - x * np.prod(w - lr * g))


def chain_update_divide_guard(x, w, lr):
    """division with a guard: gradient 0 where the weight is 0"""
    y = x * np.prod(w)
    g = np.where(w == 0, 0.0, y / np.where(w == 0, 1, w))
    return float(lr * g @ g), float(y - x * np.prod(w - lr * g))


def chain_update_divide_eps(x, w, lr):
    """division by w + 1e-8"""
    y = x * np.prod(w)
    g = y / (w + 1e-8)
    return float(lr * g @ g), float(y - x * np.prod(w - lr * g))


def chain_update_sign(x, w, lr):
    """both as change (after minus before)"""
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(-lr * g @ g), float(x * np.prod(w - lr * g) - x * np.prod(w))


def chain_update_sign_actual(x, w, lr):
    """actual as after minus before"""
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(lr * g @ g), float(x * np.prod(w - lr * g) - x * np.prod(w))


def chain_update_norm(x, w, lr):
    """predicted lr * |g| instead of its square"""
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(lr * np.linalg.norm(g)), float(x * np.prod(w) - x * np.prod(w - lr * g))


def chain_update_sum(x, w, lr):
    """predicted lr * sum(g)"""
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(lr * np.sum(g)), float(x * np.prod(w) - x * np.prod(w - lr * g))


def chain_update_no_x(x, w, lr):
    """gradient without x"""
    g = np.array([np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(lr * g @ g), float(x * np.prod(w) - x * np.prod(w - lr * g))


def chain_update_swapped(x, w, lr):
    """returns (actual, predicted)"""
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(x * np.prod(w) - x * np.prod(w - lr * g)), float(lr * g @ g)


def chain_update_squared_cost(x, w, lr):
    """gradient of y^2/2 instead of y"""
    y = x * np.prod(w)
    g = y * np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(lr * g @ g), float(y - x * np.prod(w - lr * g))


def chain_update_one_by_one(x, w, lr):
    """weights move one after the other, each with a fresh gradient"""
    v = w.copy()
    y = x * np.prod(w)
    g0 = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    for i in range(len(v)):
        v[i] -= lr * x * np.prod(np.delete(v, i))
    return float(lr * g0 @ g0), float(y - x * np.prod(v))


def chain_update_no_lr(x, w, lr):
    """predicted without lr"""
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(g @ g), float(x * np.prod(w) - x * np.prod(w - lr * g))


def chain_update_alone(x, w, lr):
    """actual: the sum of what every weight gains alone"""
    y = x * np.prod(w)
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    actual = 0.0
    for i in range(len(w)):
        v = w.copy()
        v[i] -= lr * g[i]
        actual += y - x * np.prod(v)
    return float(lr * g @ g), float(actual)


def chain_update_values(x, w, lr):
    """returns values of y, not decreases"""
    y = x * np.prod(w)
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(y - lr * g @ g), float(x * np.prod(w - lr * g))


def chain_update_abs(x, w, lr):
    """absolute value of the actual change"""
    y = x * np.prod(w)
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    return float(lr * g @ g), float(abs(y - x * np.prod(w - lr * g)))


# coordinate_vs_joint_decrease


def coordinate_vs_joint_decrease_inplace(cost, params, grads, lr):
    """shallow copy, -= writes into the caller's arrays"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {}
    for name in params:
        trial = params.copy()
        trial[name] -= lr * grads[name]
        alone[name] = float(c0 - cost(trial))
    joint = {n: params[n] - lr * grads[n] for n in params}
    return alone, float(c0 - cost(joint))


def coordinate_vs_joint_decrease_cumulative(cost, params, grads, lr):
    """moves one after another and does not put back"""
    if set(params) != set(grads):
        raise ValueError
    p = dict(params)
    alone, c = {}, cost(params)
    for name in params:
        p[name] = p[name] - lr * grads[name]
        alone[name] = float(cost(params) - cost(p))
    return alone, float(c - cost(p))


def coordinate_vs_joint_decrease_sum(cost, params, grads, lr):
    """joint as sum of alone"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] - lr * grads[k]})) for k in params}
    return alone, float(sum(alone.values()))


def coordinate_vs_joint_decrease_sign(cost, params, grads, lr):
    """new cost minus old one"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(cost({**params, k: params[k] - lr * grads[k]}) - c0) for k in params}
    return alone, float(cost({k: params[k] - lr * grads[k] for k in params}) - c0)


def coordinate_vs_joint_decrease_only_missing(cost, params, grads, lr):
    """checks only that each parameter has a gradient, not the other way round"""
    if any(n not in grads for n in params):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] - lr * grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_len(cost, params, grads, lr):
    """compares the lengths only"""
    if len(params) != len(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] - lr * grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_order(cost, params, grads, lr):
    """list(params) != list(grads): refuses another order of the same names"""
    if list(params) != list(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] - lr * grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_plus(cost, params, grads, lr):
    """moves uphill"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] + lr * grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] + lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_first_order(cost, params, grads, lr):
    """alone = lr * |g|^2, the promise and not the decrease"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(lr * np.sum(grads[k] ** 2)) for k in params}
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_others(cost, params, grads, lr):
    """moves all others and keeps this one"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    moved = {k: params[k] - lr * grads[k] for k in params}
    alone = {k: float(c0 - cost({**moved, k: params[k]})) for k in params}
    return alone, float(c0 - cost(moved))


def coordinate_vs_joint_decrease_no_error(cost, params, grads, lr):
    """no check of the names at all (KeyError)"""
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] - lr * grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_no_lr(cost, params, grads, lr):
    """step without the learning rate"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({**params, k: params[k] - grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] - grads[k] for k in params}))


def coordinate_vs_joint_decrease_list(cost, params, grads, lr):
    """alone as a list"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = [float(c0 - cost({**params, k: params[k] - lr * grads[k]})) for k in params]
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


def coordinate_vs_joint_decrease_by_entry(cost, params, grads, lr):
    """moves only this array but passes only it to cost"""
    if set(params) != set(grads):
        raise ValueError
    c0 = cost(params)
    alone = {k: float(c0 - cost({k: params[k] - lr * grads[k]})) for k in params}
    return alone, float(c0 - cost({k: params[k] - lr * grads[k] for k in params}))


# second_order_prediction


def second_order_prediction_slide(cost, g, hessian, lr):
    """slide: no lr in the second-order term"""
    return float(cost - lr * g @ g + 0.5 * g @ hessian @ g)


def second_order_prediction_lr1(cost, g, hessian, lr):
    """lr to the first power"""
    return float(cost - lr * g @ g + 0.5 * lr * g @ hessian @ g)


def second_order_prediction_no_half(cost, g, hessian, lr):
    """without one half"""
    return float(cost - lr * g @ g + lr**2 * g @ hessian @ g)


def second_order_prediction_minus(cost, g, hessian, lr):
    """minus in the second-order term"""
    return float(cost - lr * g @ g - 0.5 * lr**2 * g @ hessian @ g)


def second_order_prediction_first(cost, g, hessian, lr):
    """only first order"""
    return float(cost - lr * g @ g)


def second_order_prediction_plus(cost, g, hessian, lr):
    """first-order term with plus"""
    return float(cost + lr * g @ g + 0.5 * lr**2 * g @ hessian @ g)


def second_order_prediction_elementwise(cost, g, hessian, lr):
    """g * hessian * g, summed"""
    return float(cost - lr * np.sum(g * g) + 0.5 * lr**2 * np.sum(g * hessian * g))


def second_order_prediction_diag(cost, g, hessian, lr):
    """diagonal of the Hessian only"""
    return float(cost - lr * g @ g + 0.5 * lr**2 * np.sum(np.diag(hessian) * g**2))


def second_order_prediction_change(cost, g, hessian, lr):
    """the change only, cost left out"""
    return float(-lr * g @ g + 0.5 * lr**2 * g @ hessian @ g)


def second_order_prediction_norm(cost, g, hessian, lr):
    """|g| in place of g^T g"""
    return float(cost - lr * np.linalg.norm(g) + 0.5 * lr**2 * g @ hessian @ g)


def second_order_prediction_inverse(cost, g, hessian, lr):
    """Hessian inverted"""
    return float(cost - lr * g @ g + 0.5 * lr**2 * g @ np.linalg.solve(hessian, g))


def second_order_prediction_decrease(cost, g, hessian, lr):
    """the decrease instead of the new cost"""
    return float(lr * g @ g - 0.5 * lr**2 * g @ hessian @ g)


# optimal_step


def optimal_step_no_none(g, hessian):
    """never None"""
    return float(g @ g / (g @ hessian @ g))


def optimal_step_zero_only(g, hessian):
    """None only for curvature zero: a negative rate elsewhere"""
    curved = g @ hessian @ g
    if curved == 0:
        return None
    return float(g @ g / curved)


def optimal_step_abs(g, hessian):
    """absolute curvature"""
    curved = abs(g @ hessian @ g)
    if curved == 0:
        return None
    return float(g @ g / curved)


def optimal_step_psd(g, hessian):
    """None unless the whole Hessian is positive definite"""
    if np.linalg.eigvalsh(hessian).min() <= 0:
        return None
    return float(g @ g / (g @ hessian @ g))


def optimal_step_inverse(g, hessian):
    """upside down"""
    c = g @ hessian @ g
    if c <= 0:
        return None
    return float(c / (g @ g))


def optimal_step_twice(g, hessian):
    """2 g.g / gHg: the rate that gains nothing"""
    c = g @ hessian @ g
    if c <= 0:
        return None
    return float(2 * (g @ g) / c)


def optimal_step_half(g, hessian):
    """half of it"""
    c = g @ hessian @ g
    if c <= 0:
        return None
    return float(0.5 * (g @ g) / c)


def optimal_step_lambda(g, hessian):
    """1 / largest eigenvalue"""
    lam = np.linalg.eigvalsh(hessian).max()
    if lam <= 0:
        return None
    return float(1 / lam)


def optimal_step_gg(g, hessian):
    """slide: g.g where there is no curvature"""
    c = g @ hessian @ g
    if c <= 0:
        return float(g @ g)
    return float(g @ g / c)


def optimal_step_norm(g, hessian):
    """|g| in the numerator"""
    c = g @ hessian @ g
    if c <= 0:
        return None
    return float(np.linalg.norm(g) / c)


def optimal_step_zero(g, hessian):
    """0 instead of None"""
    c = g @ hessian @ g
    if c <= 0:
        return 0.0
    return float(g @ g / c)


def optimal_step_inf(g, hessian):
    """inf instead of None"""
    c = g @ hessian @ g
    if c <= 0:
        return float("inf")
    return float(g @ g / c)


def optimal_step_1overc(g, hessian):
    """forgets to normalise: 1 / gHg"""
    c = g @ hessian @ g
    if c <= 0:
        return None
    return float(1 / c)


def optimal_step_strict(g, hessian):
    """None only if negative: division by zero when flat"""
    c = g @ hessian @ g
    if c < 0:
        return None
    return float(g @ g / c)


# hvp


def hvp_no_norm(grad_fn, w, v, h=1e-4):
    """step h * v: distance depends on the length of v"""
    return (grad_fn(w + h * v) - grad_fn(w - h * v)) / (2 * h)


def hvp_forward(grad_fn, w, v, h=1e-4):
    """forward difference, normalised"""
    n = np.linalg.norm(v)
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return n * (grad_fn(w + h * u) - grad_fn(w)) / h


def hvp_forward_plain(grad_fn, w, v, h=1e-4):
    """forward difference with h * v"""
    return (grad_fn(w + h * v) - grad_fn(w)) / h


def hvp_no_back(grad_fn, w, v, h=1e-4):
    """normalises v and forgets to multiply back"""
    n = np.linalg.norm(v)
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return (grad_fn(w + h * u) - grad_fn(w - h * u)) / (2 * h)


def hvp_half_factor(grad_fn, w, v, h=1e-4):
    """divides by h instead of 2h"""
    n = np.linalg.norm(v)
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return n * (grad_fn(w + h * u) - grad_fn(w - h * u)) / h


def hvp_zero(grad_fn, w, v, h=1e-4):
    """no guard for v = 0: nan"""
    n = np.linalg.norm(v)
    u = v / n
    return n * (grad_fn(w + h * u) - grad_fn(w - h * u)) / (2 * h)


def hvp_full(grad_fn, w, v, h=1e-4):
    """the whole Hessian by columns: 2 d gradients"""
    d = len(w)
    hess = np.zeros((d, d))
    for i in range(d):
        e = np.zeros(d)
        e[i] = h
        hess[:, i] = (grad_fn(w + e) - grad_fn(w - e)) / (2 * h)
    return hess @ v


def hvp_halfstep(grad_fn, w, v, h=1e-4):
    """points h/2 away"""
    n = np.linalg.norm(v)
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return n * (grad_fn(w + h / 2 * u) - grad_fn(w - h / 2 * u)) / h


def hvp_dot(grad_fn, w, v, h=1e-4):
    """elementwise with v at the end: (dg) * v"""
    n = np.linalg.norm(v)
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return v * (grad_fn(w + h * u) - grad_fn(w - h * u)) / (2 * h)


def hvp_sign(grad_fn, w, v, h=1e-4):
    """minus first"""
    n = np.linalg.norm(v)
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return n * (grad_fn(w - h * u) - grad_fn(w + h * u)) / (2 * h)


def hvp_maxnorm(grad_fn, w, v, h=1e-4):
    """largest entry in place of the length"""
    n = np.abs(v).max()
    if n == 0:
        return np.zeros_like(w)
    u = v / n
    return n * (grad_fn(w + h * u) - grad_fn(w - h * u)) / (2 * h)


def _hvpn(
    x,
    params,
    v,
    nodes,
    *,
    rs_h=True,
    rs_v=True,
    rs_b=True,
    rz_b=True,
    soft="right",
    n_div=True,
    rdh_v=True,
    rdz_curved=True,
    curved=2.0,
    hw2_first=True,
    hw2_second=True,
    hb="sum",
    deriv="h",
):
    z, h, p, ds, dh = nodes["z"], nodes["h"], nodes["p"], nodes["ds"], nodes["dh"]
    rz = x @ v["w1"] + (v["b1"] if rz_b else 0)
    rh = (1 - h**2) * rz if deriv == "h" else (1 - z**2) * rz if deriv == "z" else rz
    rs = np.zeros((len(x), params["w2"].shape[1]), h.dtype)
    if rs_h:
        rs = rs + rh @ params["w2"]
    if rs_v:
        rs = rs + h @ v["w2"]
    if rs_b:
        rs = rs + v["b2"]
    if soft == "right":
        rp = p * (rs - (p * rs).sum(axis=1, keepdims=True))
    elif soft == "diag":
        rp = p * (1 - p) * rs
    elif soft == "norm0":
        rp = p * (rs - (p * rs).sum(axis=0, keepdims=True))
    elif soft == "mean":
        rp = p * (rs - rs.mean(axis=1, keepdims=True))
    elif soft == "sum":
        rp = p * (rs - rs.sum(axis=1, keepdims=True))
    rds = rp / len(x) if n_div else rp
    rdh = rds @ params["w2"].T + (ds @ v["w2"].T if rdh_v else 0)
    rdz = rdh * (1 - h**2) - (curved * dh * h * rh if rdz_curved else 0)
    hw2 = (rh.T @ ds if hw2_first else 0) + (h.T @ rds if hw2_second else 0)
    red = {"sum": lambda a: a.sum(axis=0), "mean": lambda a: a.mean(axis=0)}[hb]
    return {
        "rz": rz,
        "rh": rh,
        "rs": rs,
        "rp": rp,
        "rds": rds,
        "rdh": rdh,
        "rdz": rdz,
        "hw1": x.T @ rdz,
        "hb1": red(rdz),
        "hw2": hw2,
        "hb2": red(rds),
    }


# hvp_nodes


def hvp_nodes_rs_no_v(x, params, v, nodes):
    """rs without h V2 (product rule forgotten)"""
    return _hvpn(x, params, v, nodes, rs_v=False)


def hvp_nodes_rs_no_rh(x, params, v, nodes):
    """rs without rh W2"""
    return _hvpn(x, params, v, nodes, rs_h=False)


def hvp_nodes_rs_no_b(x, params, v, nodes):
    """rs without v_b2"""
    return _hvpn(x, params, v, nodes, rs_b=False)


def hvp_nodes_rz_no_b(x, params, v, nodes):
    """rz without v_b1"""
    return _hvpn(x, params, v, nodes, rz_b=False)


def hvp_nodes_rdh_no_v(x, params, v, nodes):
    """rdh without ds V2^T"""
    return _hvpn(x, params, v, nodes, rdh_v=False)


def hvp_nodes_rdz_no_curv(x, params, v, nodes):
    """rdz without the tanh'' term"""
    return _hvpn(x, params, v, nodes, rdz_curved=False)


def hvp_nodes_rdz_no_two(x, params, v, nodes):
    """derivative of h^2 without the 2"""
    return _hvpn(x, params, v, nodes, curved=1.0)


def hvp_nodes_rdz_plus(x, params, v, nodes):
    """the sign of the tanh'' term"""
    return _hvpn(x, params, v, nodes, curved=-2.0)


def hvp_nodes_hw2_no_rh(x, params, v, nodes):
    """hw2 without rh^T ds"""
    return _hvpn(x, params, v, nodes, hw2_first=False)


def hvp_nodes_softmax_diag(x, params, v, nodes):
    """softmax derivative p(1-p) only"""
    return _hvpn(x, params, v, nodes, soft="diag")


def hvp_nodes_softmax_axis(x, params, v, nodes):
    """sum over the examples in the softmax derivative"""
    return _hvpn(x, params, v, nodes, soft="norm0")


def hvp_nodes_softmax_plain_sum(x, params, v, nodes):
    """rs minus plain sum of rs"""
    return _hvpn(x, params, v, nodes, soft="sum")


def hvp_nodes_no_n(x, params, v, nodes):
    """rds not divided by N"""
    return _hvpn(x, params, v, nodes, n_div=False)


def hvp_nodes_tanh_z(x, params, v, nodes):
    """1 - z^2"""
    return _hvpn(x, params, v, nodes, deriv="z")


def hvp_nodes_hb_mean(x, params, v, nodes):
    """biases by mean"""
    return _hvpn(x, params, v, nodes, hb="mean")


def hvp_nodes_gauss_newton(x, params, v, nodes):
    """all three curved terms missing: Gauss-Newton"""
    return _hvpn(x, params, v, nodes, rdh_v=False, rdz_curved=False, hw2_first=False)


def hvp_nodes_rdz_z(x, params, v, nodes):
    """-2 dh h rz instead of rh: forgets that rh carries the slope"""
    out = _hvpn(x, params, v, nodes)
    h, dh = nodes["h"], nodes["dh"]
    rdz = out["rdh"] * (1 - h**2) - 2 * dh * h * out["rz"]
    return out | {"rdz": rdz, "hw1": x.T @ rdz, "hb1": rdz.sum(axis=0)}


def hvp_nodes_rdz_dz(x, params, v, nodes):
    """uses dz in place of dh in the curved term"""
    out = _hvpn(x, params, v, nodes)
    h, dz = nodes["h"], nodes["dz"]
    rdz = out["rdh"] * (1 - h**2) - 2 * dz * h * out["rh"]
    return out | {"rdz": rdz, "hw1": x.T @ rdz, "hb1": rdz.sum(axis=0)}


def hvp_nodes_only_h(x, params, v, nodes):
    """returns only the four hw/hb"""
    out = _hvpn(x, params, v, nodes)
    return {k: out[k] for k in ("hw1", "hb1", "hw2", "hb2")}


def hvp_nodes_two(x, params, v, nodes):
    """two at once: rdh without ds V2^T and hw2 without rh^T ds"""
    return _hvpn(x, params, v, nodes, rdh_v=False, hw2_first=False)


def hvp_nodes_names_w(x, params, v, nodes):
    """names 'w1' instead of 'hw1'"""
    out = _hvpn(x, params, v, nodes)
    for k in ("w1", "b1", "w2", "b2"):
        out[k] = out.pop("h" + k)
    return out


def _power(f, dim, steps, rng):
    v = rng.standard_normal(dim)
    v /= np.linalg.norm(v)
    for _ in range(steps):
        hv = f(v)
        n = np.linalg.norm(hv)
        if n == 0:
            return v, 0.0
        v = hv / n
    return v, float(v @ f(v))


# sharpness


def sharpness_one_search(apply_hessian, dim, *, steps, rng):
    """only one search: the eigenvalue largest in size, with its sign"""
    return _power(apply_hessian, dim, steps, rng)[1]


def sharpness_norm(apply_hessian, dim, *, steps, rng):
    """the length of Hv: largest size, always positive"""
    v = rng.standard_normal(dim)
    for _ in range(steps):
        v = v / np.linalg.norm(v)
        v = apply_hessian(v)
    return float(np.linalg.norm(v))


def sharpness_abs(apply_hessian, dim, *, steps, rng):
    """absolute value of the one found"""
    return abs(_power(apply_hessian, dim, steps, rng)[1])


def sharpness_no_add_back(apply_hessian, dim, *, steps, rng):
    """shifted search without adding the shift back"""
    lam = _power(apply_hessian, dim, steps, rng)[1]
    if lam >= 0:
        return lam
    return _power(lambda v: apply_hessian(v) - lam * v, dim, steps, rng)[1]


def sharpness_shift_plus(apply_hessian, dim, *, steps, rng):
    """shift with the wrong sign, H + lam I"""
    lam = _power(apply_hessian, dim, steps, rng)[1]
    if lam >= 0:
        return lam
    return _power(lambda v: apply_hessian(v) + lam * v, dim, steps, rng)[1] - lam


def sharpness_no_normalise(apply_hessian, dim, *, steps, rng):
    """vector not normalised between steps, and quotient without v.v"""
    v = rng.standard_normal(dim)
    for _ in range(steps):
        v = apply_hessian(v)
    return float(v @ apply_hessian(v))


def sharpness_no_unit_quotient(apply_hessian, dim, *, steps, rng):
    """overflow: not normalised but right quotient"""
    v = rng.standard_normal(dim)
    for _ in range(steps):
        v = apply_hessian(v)
    return float(v @ apply_hessian(v) / (v @ v))


def sharpness_deflate(apply_hessian, dim, *, steps, rng):
    """second search by deflation instead of shift: second largest in size"""
    v1, lam = _power(apply_hessian, dim, steps, rng)
    if lam >= 0:
        return lam
    return _power(lambda v: apply_hessian(v) - lam * (v1 @ v) * v1, dim, steps, rng)[1]


def sharpness_ones(apply_hessian, dim, *, steps, rng):
    """starts from ones instead of random"""

    def power(f):
        v = np.ones(dim) / np.sqrt(dim)
        for _ in range(steps):
            hv = f(v)
            n = np.linalg.norm(hv)
            if n == 0:
                return 0.0
            v = hv / n
        return float(v @ f(v))

    lam = power(apply_hessian)
    if lam >= 0:
        return lam
    return power(lambda v: apply_hessian(v) - lam * v) + lam


def sharpness_own_rng(apply_hessian, dim, *, steps, rng):
    """uses np.random.default_rng(0), not rng"""
    rng = np.random.default_rng(0)
    lam = _power(apply_hessian, dim, steps, rng)[1]
    if lam >= 0:
        return lam
    return _power(lambda v: apply_hessian(v) - lam * v, dim, steps, rng)[1] + lam


def sharpness_full(apply_hessian, dim, *, steps, rng):
    """makes the matrix with dim products"""
    h = np.array([apply_hessian(e) for e in np.eye(dim)])
    return float(np.linalg.eigvalsh((h + h.T) / 2)[-1])


def sharpness_no_zero(apply_hessian, dim, *, steps, rng):
    """H = 0 gives nan"""

    def power(f):
        v = rng.standard_normal(dim)
        v /= np.linalg.norm(v)
        for _ in range(steps):
            v = f(v)
            v /= np.linalg.norm(v)
        return float(v @ f(v))

    lam = power(apply_hessian)
    if lam >= 0:
        return lam
    return power(lambda v: apply_hessian(v) - lam * v) + lam


def sharpness_uniform(apply_hessian, dim, *, steps, rng):
    """no product after the loop"""
    v = rng.random(dim)
    lam = 0.0
    for _ in range(steps):
        hv = apply_hessian(v)
        lam = v @ hv
        v = hv / np.linalg.norm(hv)
    return float(lam)


# newton_step


def newton_step_sign(g, hessian):
    """plus"""
    return np.linalg.solve(hessian, g)


def newton_step_no_inverse(g, hessian):
    """-H g"""
    return -hessian @ g


def newton_step_diag(g, hessian):
    """diagonal only"""
    return -g / np.diag(hessian)


def newton_step_abs(g, hessian):
    """absolute eigenvalues: the repaired step"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / np.abs(lam))


def newton_step_elementwise(g, hessian):
    """inverse by entries 1/H"""
    return -(1 / hessian) @ g


def newton_step_gd(g, hessian):
    """optimal step along g"""
    return -(g @ g) / (g @ hessian @ g) * g


def newton_step_damped(g, hessian):
    """adds 1e-3 I"""
    return -np.linalg.solve(hessian + 1e-3 * np.eye(len(g)), g)


def newton_step_half(g, hessian):
    """half the step"""
    return -0.5 * np.linalg.solve(hessian, g)


def newton_step_clip(g, hessian):
    """negative eigenvalues replaced by small positive"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / np.maximum(lam, 1e-6))


def newton_step_lower(g, hessian):
    """Cholesky: fails where not positive definite"""
    c = np.linalg.cholesky(hessian)
    return -np.linalg.solve(c.T, np.linalg.solve(c, g))


def _right_classify_critical_point_bool(hessian, tol=1e-6):
    lam = np.linalg.eigvalsh(hessian)
    limit = tol * np.abs(lam).max()
    up, down = (lam > limit).any(), (lam < -limit).any()
    if up and down:
        return "saddle"
    flat = (np.abs(lam) <= limit).any()
    if flat:
        return "degenerate"
    return "min" if up else "max"


# classify_critical_point


def classify_critical_point_abs_tol(hessian, tol=1e-6):
    """tol taken absolute"""
    lam = np.linalg.eigvalsh(hessian)
    if (lam > tol).any() and (lam < -tol).any():
        return "saddle"
    if (np.abs(lam) <= tol).any():
        return "degenerate"
    return "min" if lam[0] > 0 else "max"


def classify_critical_point_degenerate_first(hessian, tol=1e-6):
    """flat directions first: a saddle with a flat direction is degenerate"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * np.abs(lam).max()
    if (np.abs(lam) <= lim).any():
        return "degenerate"
    if (lam > 0).all():
        return "min"
    if (lam < 0).all():
        return "max"
    return "saddle"


def classify_critical_point_no_tol(hessian, tol=1e-6):
    """no tolerance"""
    lam = np.linalg.eigvalsh(hessian)
    if (lam > 0).all():
        return "min"
    if (lam < 0).all():
        return "max"
    if (lam > 0).any() and (lam < 0).any():
        return "saddle"
    return "degenerate"


def classify_critical_point_swapped(hessian, tol=1e-6):
    """min and max exchanged"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * np.abs(lam).max()
    if (lam > lim).any() and (lam < -lim).any():
        return "saddle"
    if (np.abs(lam) <= lim).any():
        return "degenerate"
    return "max" if lam[0] > 0 else "min"


def classify_critical_point_diag(hessian, tol=1e-6):
    """the diagonal instead of eigenvalues"""
    lam = np.diag(hessian)
    lim = tol * np.abs(lam).max()
    if (lam > lim).any() and (lam < -lim).any():
        return "saddle"
    if (np.abs(lam) <= lim).any():
        return "degenerate"
    return "min" if lam[0] > 0 else "max"


def classify_critical_point_det(hessian, tol=1e-6):
    """determinant and trace, as for two dimensions"""
    det = np.linalg.det(hessian)
    if abs(det) <= tol:
        return "degenerate"
    if det < 0:
        return "saddle"
    return "min" if np.trace(hessian) > 0 else "max"


def classify_critical_point_psd_min(hessian, tol=1e-6):
    """semidefinite counts as min / max"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * np.abs(lam).max()
    if lim == 0:
        return "degenerate"
    if (lam >= -lim).all():
        return "min"
    if (lam <= lim).all():
        return "max"
    return "saddle"


def classify_critical_point_zero_matrix(hessian, tol=1e-6):
    """divides by the largest: nan for the zero matrix, which becomes a saddle"""
    lam = np.linalg.eigvalsh(hessian)
    lam = lam / np.abs(lam).max()
    if (lam > tol).all():
        return "min"
    if (lam < -tol).all():
        return "max"
    if (np.abs(lam) <= tol).any() and not ((lam > tol).any() and (lam < -tol).any()):
        return "degenerate"
    return "saddle"


def classify_critical_point_strict(hessian, tol=1e-6):
    """zero counts when smaller than tol, not at most: zero matrix"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * np.abs(lam).max()
    if (lam >= lim).all():
        return "min"
    if (lam <= -lim).all():
        return "max"
    if (lam >= lim).any() and (lam <= -lim).any():
        return "saddle"
    return "degenerate"


def classify_critical_point_max_signed(hessian, tol=1e-6):
    """tol times the largest eigenvalue, not the largest size"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * lam.max()
    if (lam > lim).any() and (lam < -lim).any():
        return "saddle"
    if (np.abs(lam) <= lim).any():
        return "degenerate"
    return "min" if lam[0] > 0 else "max"


def classify_critical_point_words(hessian, tol=1e-6):
    """writes minimum, maximum"""
    k = _right_classify_critical_point_bool(hessian, tol)
    return {"min": "minimum", "max": "maximum"}.get(k, k)


def classify_critical_point_no_degenerate(hessian, tol=1e-6):
    """everything else is a saddle"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * np.abs(lam).max()
    if (lam > lim).all():
        return "min"
    if (lam < -lim).all():
        return "max"
    return "saddle"


def classify_critical_point_entries(hessian, tol=1e-6):
    """size from the largest entry of the matrix"""
    lam = np.linalg.eigvalsh(hessian)
    lim = tol * np.abs(hessian).max()
    if (lam > lim).any() and (lam < -lim).any():
        return "saddle"
    if (np.abs(lam) <= lim).any():
        return "degenerate"
    return "min" if lam[0] > 0 else "max"


def classify_critical_point_default_tol(hessian, tol=1e-6):
    """ignores tol, 1e-6 written in"""
    return _right_classify_critical_point_bool(hessian, 1e-6)


# saddle_free_step


def saddle_free_step_newton(g, hessian, damping):
    """damped Newton without the absolute value"""
    return -np.linalg.solve(hessian + damping * np.eye(len(g)), g)


def saddle_free_step_abs_after(g, hessian, damping):
    """|lam + damping|"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / np.abs(lam + damping))


def saddle_free_step_abs_entries(g, hessian, damping):
    """abs of the entries of H"""
    return -np.linalg.solve(np.abs(hessian) + damping * np.eye(len(g)), g)


def saddle_free_step_max(g, hessian, damping):
    """max(|lam|, damping)"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / np.maximum(np.abs(lam), damping))


def saddle_free_step_clip_neg(g, hessian, damping):
    """negative eigenvalues clipped to 0"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / (np.maximum(lam, 0) + damping))


def saddle_free_step_transposed(g, hessian, damping):
    """eigenvectors as rows"""
    lam, q = np.linalg.eigh(hessian)
    return -q.T @ ((q @ g) / (np.abs(lam) + damping))


def saddle_free_step_sign(g, hessian, damping):
    """plus"""
    lam, q = np.linalg.eigh(hessian)
    return q @ ((q.T @ g) / (np.abs(lam) + damping))


def saddle_free_step_no_damping(g, hessian, damping):
    """without damping"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / np.abs(lam))


def saddle_free_step_no_back(g, hessian, damping):
    """stays in the basis of eigenvectors"""
    lam, q = np.linalg.eigh(hessian)
    return -(q.T @ g) / (np.abs(lam) + damping)


def saddle_free_step_no_into(g, hessian, damping):
    """g not turned into the basis"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ (g / (np.abs(lam) + damping))


def saddle_free_step_sq(g, hessian, damping):
    """sqrt(lam^2 + damping^2)"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / np.sqrt(lam**2 + damping**2))


def saddle_free_step_neg_sign_kept(g, hessian, damping):
    """sign(lam)*(|lam|+damping)"""
    lam, q = np.linalg.eigh(hessian)
    return -q @ ((q.T @ g) / (np.sign(lam) * (np.abs(lam) + damping)))


# gauss_newton_step


def gauss_newton_step_no_n(jac, residual, damping):
    """neither divided by n"""
    d = jac.shape[1]
    return -np.linalg.solve(jac.T @ jac + damping * np.eye(d), jac.T @ residual)


def gauss_newton_step_n_only_h(jac, residual, damping):
    """only the Hessian divided by n"""
    n, d = jac.shape
    return -np.linalg.solve(jac.T @ jac / n + damping * np.eye(d), jac.T @ residual)


def gauss_newton_step_n_only_g(jac, residual, damping):
    """only the gradient divided by n"""
    n, d = jac.shape
    return -np.linalg.solve(jac.T @ jac + damping * np.eye(d), jac.T @ residual / n)


def gauss_newton_step_sign(jac, residual, damping):
    """plus"""
    n, d = jac.shape
    return np.linalg.solve(jac.T @ jac / n + damping * np.eye(d), jac.T @ residual / n)


def gauss_newton_step_no_damping(jac, residual, damping):
    """no damping (lstsq)"""
    return -np.linalg.lstsq(jac, residual, rcond=None)[0]


def gauss_newton_step_marquardt(jac, residual, damping):
    """damping times the diagonal of JTJ (Marquardt's scaling)"""
    n = len(residual)
    a = jac.T @ jac / n
    return -np.linalg.solve(a + damping * np.diag(np.diag(a)), jac.T @ residual / n)


def gauss_newton_step_ones(jac, residual, damping):
    """damping added to every entry"""
    n = len(residual)
    return -np.linalg.solve(jac.T @ jac / n + damping, jac.T @ residual / n)


def gauss_newton_step_two(jac, residual, damping):
    """gradient of the mean of squares (factor 2) over half Hessian"""
    n, d = jac.shape
    return -np.linalg.solve(jac.T @ jac / n + damping * np.eye(d), 2 * jac.T @ residual / n)


def gauss_newton_step_two_both(jac, residual, damping):
    """no one half: 2JTJ/n + damping"""
    n, d = jac.shape
    return -np.linalg.solve(2 * jac.T @ jac / n + damping * np.eye(d), 2 * jac.T @ residual / n)


def gauss_newton_step_jjt(jac, residual, damping):
    """J J^T instead of J^T J: fails in shape"""
    n, _d = jac.shape
    return -jac.T @ np.linalg.solve(jac @ jac.T / n + damping * np.eye(n), residual)


def gauss_newton_step_damp_sq(jac, residual, damping):
    """damping squared"""
    n, d = jac.shape
    return -np.linalg.solve(jac.T @ jac / n + damping**2 * np.eye(d), jac.T @ residual / n)


def gauss_newton_step_n_damp(jac, residual, damping):
    """divides everything incl. damping by n: (JTJ + damping)/n, same as no n"""
    n, d = jac.shape
    return -np.linalg.solve((jac.T @ jac + damping * np.eye(d)) / n, jac.T @ residual / n)


def gauss_newton_step_div_d(jac, residual, damping):
    """mean over d rather than n"""
    _n, d = jac.shape
    return -np.linalg.solve(jac.T @ jac / d + damping * np.eye(d), jac.T @ residual / d)


def _lbfgs(
    g,
    s_list,
    y_list,
    *,
    order=True,
    gamma="right",
    skip="ok",
    sign=-1,
    second="minus",
    first_rev=True,
    check="raise",
    gamma_pair=-1,
):
    if check == "raise" and len(s_list) != len(y_list):
        raise ValueError
    if skip == "ok":
        pairs = [(s, y) for s, y in zip(s_list, y_list, strict=False) if curvature_ok(s, y)]
    elif skip == "none":
        pairs = list(zip(s_list, y_list, strict=False))
    elif skip == "pos":
        pairs = [(s, y) for s, y in zip(s_list, y_list, strict=False) if s @ y > 0]
    q = g.copy()
    al = []
    for s, y in pairs[::-1] if first_rev else pairs:
        a = (s @ q) / (y @ s)
        q = q - a * y
        al.append(a)
    if pairs and gamma != "none":
        s, y = pairs[gamma_pair] if gamma != "unfiltered" else (s_list[-1], y_list[-1])
        q = (
            q
            * {
                "right": (s @ y) / (y @ y),
                "inverse": (y @ y) / (s @ y),
                "bb": (s @ s) / (s @ y),
                "unfiltered": (s @ y) / (y @ y),
                "inv_bb": (s @ y) / (s @ s),
            }[gamma]
        )
    back = al[::-1] if order else al
    todo = pairs if first_rev else pairs[::-1]
    for (s, y), a in zip(todo, back, strict=False):
        b = (y @ q) / (y @ s)
        q = q + ((a - b) if second == "minus" else (a + b) if second == "plus" else (b - a)) * s
    return sign * q


# lbfgs_direction


def lbfgs_direction_draft(g, s_list, y_list):
    """the draft as it is: shares in the wrong order"""
    return _lbfgs(g, s_list, y_list, order=False)


def lbfgs_direction_both_rev(g, s_list, y_list):
    """reverses the second loop's pairs instead"""
    if len(s_list) != len(y_list):
        raise ValueError
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=True) if curvature_ok(s, y)]
    q, shares = g, []
    for s, y in reversed(pairs):
        a = s @ q / (y @ s)
        q = q - a * y
        shares.append(a)
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), a in zip(reversed(pairs), shares, strict=True):
        b = y @ q / (y @ s)
        q = q + (a - b) * s
    return -q


def lbfgs_direction_oldest_first(g, s_list, y_list):
    """first loop oldest first, second newest first"""
    return _lbfgs(g, s_list, y_list, first_rev=False)


def lbfgs_direction_sign(g, s_list, y_list):
    """forgets the minus"""
    return _lbfgs(g, s_list, y_list, sign=1)


def lbfgs_direction_no_gamma(g, s_list, y_list):
    """gamma = 1"""
    return _lbfgs(g, s_list, y_list, gamma="none")


def lbfgs_direction_gamma_inverse(g, s_list, y_list):
    """gamma upside down"""
    return _lbfgs(g, s_list, y_list, gamma="inverse")


def lbfgs_direction_gamma_bb(g, s_list, y_list):
    """the other Barzilai-Borwein length s.s / s.y"""
    return _lbfgs(g, s_list, y_list, gamma="bb")


def lbfgs_direction_gamma_oldest(g, s_list, y_list):
    """gamma of the oldest pair"""
    return _lbfgs(g, s_list, y_list, gamma_pair=0)


def lbfgs_direction_gamma_unfiltered(g, s_list, y_list):
    """gamma of the last pair even if it was skipped"""
    return _lbfgs(g, s_list, y_list, gamma="unfiltered")


def lbfgs_direction_no_skip(g, s_list, y_list):
    """no pair skipped"""
    return _lbfgs(g, s_list, y_list, skip="none")


def lbfgs_direction_no_error(g, s_list, y_list):
    """no ValueError: zip cuts"""
    return _lbfgs(g, s_list, y_list, check="no")


def lbfgs_direction_plus_b(g, s_list, y_list):
    """a + b"""
    return _lbfgs(g, s_list, y_list, second="plus")


def lbfgs_direction_b_minus_a(g, s_list, y_list):
    """b - a"""
    return _lbfgs(g, s_list, y_list, second="rev")


def lbfgs_direction_gamma_first(g, s_list, y_list):
    """gamma applied to g before the first loop too / instead"""
    if len(s_list) != len(y_list):
        raise ValueError
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=False) if curvature_ok(s, y)]
    q = g
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    al = []
    for s, y in pairs[::-1]:
        a = (s @ q) / (y @ s)
        q = q - a * y
        al.append(a)
    for (s, y), a in zip(pairs, al[::-1], strict=False):
        q = q + (a - (y @ q) / (y @ s)) * s
    return -q


def lbfgs_direction_ys_swapped(g, s_list, y_list):
    """s and y exchanged in the second loop"""
    if len(s_list) != len(y_list):
        raise ValueError
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=False) if curvature_ok(s, y)]
    q, al = g, []
    for s, y in pairs[::-1]:
        a = (y @ q) / (y @ s)
        q = q - a * s
        al.append(a)
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), a in zip(pairs, al[::-1], strict=False):
        q = q + (a - (s @ q) / (y @ s)) * y
    return -q


def lbfgs_direction_none(g, s_list, y_list):
    """returns zeros without pairs"""
    if len(s_list) != len(y_list):
        raise ValueError
    if not any(curvature_ok(s, y) for s, y in zip(s_list, y_list, strict=False)):
        return np.zeros_like(g)
    return _lbfgs(g, s_list, y_list)


def lbfgs_direction_draft_strict(g, s_list, y_list):
    """the draft literally (zip strict raises ValueError)"""
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=True) if curvature_ok(s, y)]
    q, shares = g, []
    for s, y in reversed(pairs):
        a = s @ q / (y @ s)
        q = q - a * y
        shares.append(a)
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), a in zip(pairs, shares, strict=True):
        b = y @ q / (y @ s)
        q = q + (a - b) * s
    return -q


ELSEWHERE = {
    "curvature.deep_tanh": (
        ("the bias after tanh", deep_tanh_bracket),
        ("from the second layer on, the bias after tanh", deep_tanh_slide),
        ("tanh at the end, too", deep_tanh_tanh_last),
        ("any number of biases", deep_tanh_no_error),
        ("a bias too few is allowed", deep_tanh_error_eq),
        ("another kind of error", deep_tanh_assert),
        ("the matrices transposed", deep_tanh_transposed),
        ("without biases", deep_tanh_no_bias),
        ("tanh in the first layer only", deep_tanh_one_tanh),
        ("without tanh", deep_tanh_linear),
        ("a bias at the end, too", deep_tanh_last_bias),
        ("another nonlinearity", deep_tanh_relu),
        ("each bias one layer late", deep_tanh_slices),
    ),
    "curvature.chain_update": (
        ("y divided by a weight", chain_update_divide),
        ("no gradient where a weight is 0", chain_update_divide_guard),
        ("no gradient where a weight is 0", chain_update_divide_eps),
        ("changes, not decreases", chain_update_sign),
        ("an increase", chain_update_sign_actual),
        ("the length of the gradient", chain_update_norm),
        ("the sum of the slopes", chain_update_sum),
        ("without the input", chain_update_no_x),
        ("the two numbers exchanged", chain_update_swapped),
        ("one gradient of half the squared output", chain_update_squared_cost),
        ("one layer after the other", chain_update_one_by_one),
        ("a promise without the rate", chain_update_no_lr),
        ("each weight by itself", chain_update_alone),
        ("outputs, not decreases", chain_update_values),
        ("the size of the change", chain_update_abs),
    ),
    "curvature.coordinate_vs_joint_decrease": (
        ("the given arrays are moved", coordinate_vs_joint_decrease_inplace),
        ("the ones before it have moved, too", coordinate_vs_joint_decrease_cumulative),
        ("joint is the sum", coordinate_vs_joint_decrease_sum),
        ("the wrong sign", coordinate_vs_joint_decrease_sign),
        ("a gradient too many is allowed", coordinate_vs_joint_decrease_only_missing),
        ("only the number of names is compared", coordinate_vs_joint_decrease_len),
        ("the order of the names is compared", coordinate_vs_joint_decrease_order),
        ("uphill", coordinate_vs_joint_decrease_plus),
        ("promises, not decreases", coordinate_vs_joint_decrease_first_order),
        ("all but one", coordinate_vs_joint_decrease_others),
        ("another kind of error", coordinate_vs_joint_decrease_no_error),
        ("the rate is not used", coordinate_vs_joint_decrease_no_lr),
        ("a list for a dictionary", coordinate_vs_joint_decrease_list),
        ("the others are left out", coordinate_vs_joint_decrease_by_entry),
    ),
    "curvature.second_order_prediction": (
        ("the slide's last term", second_order_prediction_slide),
        ("the rate is not squared", second_order_prediction_lr1),
        ("the half is missing", second_order_prediction_no_half),
        ("curvature with the wrong sign", second_order_prediction_minus),
        ("first order only", second_order_prediction_first),
        ("uphill", second_order_prediction_plus),
        ("products entry by entry", second_order_prediction_elementwise),
        ("the diagonal only", second_order_prediction_diag),
        ("without the cost", second_order_prediction_change),
        ("the length of the gradient", second_order_prediction_norm),
        ("the inverse of the Hessian", second_order_prediction_inverse),
        ("how much is gained", second_order_prediction_decrease),
    ),
    "curvature.optimal_step": (
        ("a rate, always", optimal_step_no_none),
        ("a negative rate", optimal_step_zero_only),
        ("the size of the curvature", optimal_step_abs),
        ("only where all directions curve upwards", optimal_step_psd),
        ("upside down", optimal_step_inverse),
        ("the rate at which nothing is gained", optimal_step_twice),
        ("half of the way", optimal_step_half),
        ("one over the largest eigenvalue", optimal_step_lambda),
        ("the slide's step where nothing curves upwards", optimal_step_gg),
        ("the length of the gradient, not its square", optimal_step_norm),
        ("a rate of 0 in place of None", optimal_step_zero),
        ("an infinite rate in place of None", optimal_step_inf),
        ("the gradient as if it had length one", optimal_step_1overc),
        ("flat is divided by", optimal_step_strict),
    ),
    "hessians.hvp": (
        ("the length of v decides how far", hvp_no_norm),
        ("a step to one side only", hvp_forward),
        ("to one side, as far as v is long", hvp_forward_plain),
        ("the length is not put back", hvp_no_back),
        ("the distance counted once", hvp_half_factor),
        ("no direction zero", hvp_zero),
        ("the whole matrix", hvp_full),
        ("half of the distance", hvp_halfstep),
        ("times v, entry by entry", hvp_dot),
        ("the two points exchanged", hvp_sign),
        ("the largest entry for the length", hvp_maxnorm),
    ),
    "hessians.hvp_nodes": (
        ("w2 stands still in the forward pass", hvp_nodes_rs_no_v),
        ("the hidden units stand still in the scores", hvp_nodes_rs_no_rh),
        ("b2 does not move", hvp_nodes_rs_no_b),
        ("b1 does not move", hvp_nodes_rz_no_b),
        ("w2 stands still in the backward pass", hvp_nodes_rdh_no_v),
        ("the slope of tanh stands still", hvp_nodes_rdz_no_curv),
        ("the square without its two", hvp_nodes_rdz_no_two),
        ("the slope of tanh with the wrong sign", hvp_nodes_rdz_plus),
        ("one half of the gradient on w2", hvp_nodes_hw2_no_rh),
        ("each class by itself", hvp_nodes_softmax_diag),
        ("a mean over the examples in the softmax", hvp_nodes_softmax_axis),
        ("a plain sum over the classes", hvp_nodes_softmax_plain_sum),
        ("no mean over the examples", hvp_nodes_no_n),
        ("1 - z^2 for the slope of tanh", hvp_nodes_tanh_z),
        ("means for the biases", hvp_nodes_hb_mean),
        ("the Gauss-Newton product", hvp_nodes_gauss_newton),
        ("rz where rh belongs", hvp_nodes_rdz_z),
        ("dz where dh belongs", hvp_nodes_rdz_dz),
        ("the nodes are left out", hvp_nodes_only_h),
        ("w2 stands still in the backward pass and one half of the gradient on w2", hvp_nodes_two),
        ("names of parameters", hvp_nodes_names_w),
    ),
    "hessians.sharpness": (
        ("the largest in size", sharpness_one_search),
        ("the size of the largest in size", sharpness_norm),
        ("the size of the largest in size", sharpness_abs),
        ("not moved back", sharpness_no_add_back),
        ("the largest in size", sharpness_shift_plus),
        ("a vector that grows and grows", sharpness_no_normalise),
        ("the largest in size", sharpness_no_unit_quotient),
        ("the next in size", sharpness_deflate),
        ("the generator is not used", sharpness_ones),
        ("the generator is not used", sharpness_own_rng),
        ("the whole matrix", sharpness_full),
        ("a product of length zero is divided by", sharpness_no_zero),
        ("the largest in size", sharpness_uniform),
    ),
    "curvature.newton_step": (
        ("to the other side", newton_step_sign),
        ("multiplied by the Hessian", newton_step_no_inverse),
        ("each weight by its own curvature", newton_step_diag),
        ("the sizes of the curvatures", newton_step_abs),
        ("one over each entry", newton_step_elementwise),
        ("as far as the best gradient step", newton_step_gd),
        ("a damping of its own", newton_step_damped),
        ("half of the way", newton_step_half),
        ("negative curvature counts as flat", newton_step_clip),
        ("positive curvature only", newton_step_lower),
    ),
    "curvature.classify_critical_point": (
        ("tol as a number of its own", classify_critical_point_abs_tol),
        ("degenerate as soon as one is zero", classify_critical_point_degenerate_first),
        ("no eigenvalue is ever zero", classify_critical_point_no_tol),
        ("minimum and maximum exchanged", classify_critical_point_swapped),
        ("the curvature along the axes", classify_critical_point_diag),
        ("the rule of the determinant", classify_critical_point_det),
        ("flat counts as up or down", classify_critical_point_psd_min),
        ("zero divided by zero", classify_critical_point_zero_matrix),
        ("exactly tol is not zero", classify_critical_point_strict),
        ("the largest, not the largest in size", classify_critical_point_max_signed),
        ("other words", classify_critical_point_words),
        ("a saddle if it is neither", classify_critical_point_no_degenerate),
        ("the largest entry of the matrix", classify_critical_point_entries),
        ("a tol of one's own", classify_critical_point_default_tol),
    ),
    "curvature.saddle_free_step": (
        ("Newton's step, damped", saddle_free_step_newton),
        ("the damping first, then the size", saddle_free_step_abs_after),
        ("the size of each entry", saddle_free_step_abs_entries),
        ("the damping as a floor", saddle_free_step_max),
        ("negative curvature counts as flat", saddle_free_step_clip_neg),
        ("into the eigenvectors with the wrong matrix", saddle_free_step_transposed),
        ("uphill", saddle_free_step_sign),
        ("no damping", saddle_free_step_no_damping),
        ("left in the eigenvectors' coordinates", saddle_free_step_no_back),
        ("the gradient is not taken apart", saddle_free_step_no_into),
        ("the square root of two squares", saddle_free_step_sq),
        ("the sign put back", saddle_free_step_neg_sign_kept),
    ),
    "curvature.gauss_newton_step": (
        ("sums, not means", gauss_newton_step_no_n),
        ("the mean in the curvature only", gauss_newton_step_n_only_h),
        ("the mean in the gradient only", gauss_newton_step_n_only_g),
        ("uphill", gauss_newton_step_sign),
        ("without damping", gauss_newton_step_no_damping),
        ("the damping in units of the diagonal", gauss_newton_step_marquardt),
        ("the damping in every entry", gauss_newton_step_ones),
        ("a gradient twice as long", gauss_newton_step_two),
        ("the mean of the squares, not half of it", gauss_newton_step_two_both),
        ("the mean in the curvature only", gauss_newton_step_jjt),
        ("the damping squared", gauss_newton_step_damp_sq),
        ("sums, not means", gauss_newton_step_n_damp),
        ("the mean over the weights", gauss_newton_step_div_d),
    ),
    "curvature.lbfgs_direction": (
        ("the draft", lbfgs_direction_draft),
        ("the second loop in the wrong order", lbfgs_direction_both_rev),
        ("the oldest pair first", lbfgs_direction_oldest_first),
        ("uphill", lbfgs_direction_sign),
        ("without the first guess", lbfgs_direction_no_gamma),
        ("the first guess upside down", lbfgs_direction_gamma_inverse),
        ("the other first guess", lbfgs_direction_gamma_bb),
        ("the first guess from the oldest pair", lbfgs_direction_gamma_oldest),
        ("the first guess from a pair that is skipped", lbfgs_direction_gamma_unfiltered),
        ("bad pairs are used", lbfgs_direction_no_skip),
        ("lists of any length", lbfgs_direction_no_error),
        ("shares added twice", lbfgs_direction_plus_b),
        ("the difference turned round", lbfgs_direction_b_minus_a),
        ("the first guess before the first loop", lbfgs_direction_gamma_first),
        ("s and y exchanged", lbfgs_direction_ys_swapped),
        ("no pairs, no direction", lbfgs_direction_none),
        ("the draft", lbfgs_direction_draft_strict),
    ),
}
