"""Wrong answers to lecture 15 that others have written, each with the name it should get."""

import math

import numpy as np

from utils.babysitting import overfit_tiny


def _dr(
    x,
    y,
    x_val,
    classes,
    *,
    constant="same",
    silent="train",
    copies="right",
    counts="min",
    gap="ratio",
    check=True,
    drop_silent=True,
    axis="flat",
):
    flat = x.reshape(len(x), -1)
    fv = x_val.reshape(len(x_val), -1)
    loud = np.any(flat != 0, axis=1)
    if check and loud.sum() < 2:
        raise ValueError
    con = {
        "same": lambda: int(np.sum(np.all(flat == flat[0], axis=0))),
        "zero": lambda: int(np.sum(np.all(flat == 0, axis=0))),
        "std": lambda: int(np.sum(flat.std(axis=0) == 0)),
        "std_tol": lambda: int(np.sum(flat.std(axis=0) < 1e-8)),
        "bool": lambda: bool(np.any(np.all(flat == flat[0], axis=0))),
        "rows": lambda: int(np.sum(np.all(flat == flat[:, :1], axis=1))),
        "bands": lambda: int(np.sum(np.all(x == x[0], axis=tuple([0, *range(2, x.ndim)])))),
        "indices": lambda: np.flatnonzero(np.all(flat == flat[0], axis=0)),
        "both": lambda: int(np.sum(np.all(np.concatenate([flat, fv]) == flat[0], axis=0))),
    }[constant]()
    sil = {
        "train": lambda: int(np.sum(~loud)),
        "indices": lambda: np.flatnonzero(~loud),
        "small": lambda: int(np.sum(np.linalg.norm(flat, axis=1) < 1e-3)),
        "sum": lambda: int(np.sum(flat.sum(axis=1) == 0)),
        "any": lambda: int(np.sum(np.any(flat == 0, axis=1))),
        "all": lambda: int(np.sum(~loud) + np.sum(~np.any(fv != 0, axis=1))),
    }[silent]()
    same = np.array([(flat == row).all(axis=1) for row in fv])  # m x n
    val_loud = np.any(fv != 0, axis=1)
    cop = {
        "right": lambda: np.flatnonzero(same.any(axis=1) & val_loud),
        "with_silent": lambda: np.flatnonzero(same.any(axis=1)),
        "count": lambda: int((same.any(axis=1) & val_loud).sum()),
        "train_idx": lambda: np.flatnonzero((same & val_loud[:, None]).any(axis=0)),
        "pairs": lambda: np.array(
            [j for i in range(len(flat)) for j in range(len(fv)) if same[j, i] and val_loud[j]],
            dtype=int,
        ),
        "mask": lambda: same.any(axis=1) & val_loud,
        "same_row": lambda: np.flatnonzero(
            (flat[: len(fv)][: len(flat)] == fv[: len(flat)]).all(axis=1)
        ),
        "scaled": lambda: np.array(
            [
                j
                for j, r in enumerate(fv)
                if val_loud[j]
                and any(
                    np.allclose(r / np.linalg.norm(r), t / np.linalg.norm(t)) for t in flat[loud]
                )
            ],
            dtype=int,
        ),
        "close": lambda: np.array(
            [j for j, r in enumerate(fv) if val_loud[j] and np.isclose(flat, r).all(axis=1).any()],
            dtype=int,
        ),
        "norm": lambda: np.array(
            [
                j
                for j, r in enumerate(fv)
                if val_loud[j] and (np.linalg.norm(flat, axis=1) == np.linalg.norm(r)).any()
            ],
            dtype=int,
        ),
    }[copies]()
    cnt = {
        "min": lambda: np.bincount(y, minlength=classes),
        "nomin": lambda: np.bincount(y),
        "unique": lambda: np.unique(y, return_counts=True)[1],
        "share": lambda: np.bincount(y, minlength=classes) / len(y),
        "dict": lambda: {c: int((y == c).sum()) for c in range(classes)},
        "loud": lambda: np.bincount(y[loud], minlength=classes),
    }[counts]()
    norms = np.sort(np.linalg.norm(flat[loud] if drop_silent else flat, axis=1))
    with np.errstate(all="ignore"):
        g = {
            "ratio": lambda: np.max(norms[1:] / norms[:-1]),
            "maxmin": lambda: norms[-1] / norms[0],
            "diff": lambda: np.max(np.diff(norms)),
            "sq": lambda: np.max(norms[1:] ** 2 / norms[:-1] ** 2),
            "inv": lambda: np.max(norms[:-1] / norms[1:]),
            "unsorted": lambda: (lambda u: np.max(u[1:] / u[:-1]))(
                np.linalg.norm(flat[loud], axis=1)
            ),
            "median": lambda: norms[-1] / np.median(norms),
            "max_abs": lambda: (lambda u: np.max(u[1:] / u[:-1]))(
                np.sort(np.abs(flat[loud]).max(axis=1))
            ),
            "l1": lambda: (lambda u: np.max(u[1:] / u[:-1]))(
                np.sort(np.abs(flat[loud]).sum(axis=1))
            ),
            "mean": lambda: np.mean(norms[1:] / norms[:-1]),
        }[gap]()
    return {"constant": con, "silent": sil, "copies": cop, "counts": cnt, "scale_gap": float(g)}


# data_report


def data_report_constant_zero(x, y, x_val, classes):
    """constant: only those that are 0 everywhere"""
    return _dr(x, y, x_val, classes, constant="zero")


def data_report_constant_std(x, y, x_val, classes):
    """constant: std == 0 (rounding: equal numbers may have a tiny std)"""
    return _dr(x, y, x_val, classes, constant="std")


def data_report_constant_bool(x, y, x_val, classes):
    """constant: whether there is one"""
    return _dr(x, y, x_val, classes, constant="bool")


def data_report_constant_rows(x, y, x_val, classes):
    """constant: examples whose numbers are all equal (wrong axis)"""
    return _dr(x, y, x_val, classes, constant="rows")


def data_report_constant_indices(x, y, x_val, classes):
    """constant: indices not number"""
    return _dr(x, y, x_val, classes, constant="indices")


def data_report_constant_both(x, y, x_val, classes):
    """constant: over train and validation together"""
    return _dr(x, y, x_val, classes, constant="both")


def data_report_silent_any(x, y, x_val, classes):
    """silent: any number is 0"""
    return _dr(x, y, x_val, classes, silent="any")


def data_report_silent_sum(x, y, x_val, classes):
    """silent: sum is 0 (plus and minus cancel)"""
    return _dr(x, y, x_val, classes, silent="sum")


def data_report_silent_small(x, y, x_val, classes):
    """silent: norm below 1e-3"""
    return _dr(x, y, x_val, classes, silent="small")


def data_report_silent_all(x, y, x_val, classes):
    """silent: training and validation"""
    return _dr(x, y, x_val, classes, silent="all")


def data_report_copies_silent(x, y, x_val, classes):
    """copies: silent ones counted"""
    return _dr(x, y, x_val, classes, copies="with_silent")


def data_report_copies_count(x, y, x_val, classes):
    """copies: the number"""
    return _dr(x, y, x_val, classes, copies="count")


def data_report_copies_train(x, y, x_val, classes):
    """copies: the indices of the training examples"""
    return _dr(x, y, x_val, classes, copies="train_idx")


def data_report_copies_pairs(x, y, x_val, classes):
    """copies: repeated and in the order of the training examples"""
    return _dr(x, y, x_val, classes, copies="pairs")


def data_report_copies_mask(x, y, x_val, classes):
    """copies: a mask"""
    return _dr(x, y, x_val, classes, copies="mask")


def data_report_copies_scaled(x, y, x_val, classes):
    """copies: up to a factor"""
    return _dr(x, y, x_val, classes, copies="scaled")


def data_report_copies_close(x, y, x_val, classes):
    """copies: nearly equal (np.isclose)"""
    return _dr(x, y, x_val, classes, copies="close")


def data_report_copies_norm(x, y, x_val, classes):
    """copies: equal norm"""
    return _dr(x, y, x_val, classes, copies="norm")


def data_report_counts_nomin(x, y, x_val, classes):
    """counts: bincount without minlength"""
    return _dr(x, y, x_val, classes, counts="nomin")


def data_report_counts_unique(x, y, x_val, classes):
    """counts: np.unique, classes that never occur are left out"""
    return _dr(x, y, x_val, classes, counts="unique")


def data_report_counts_share(x, y, x_val, classes):
    """counts: shares"""
    return _dr(x, y, x_val, classes, counts="share")


def data_report_counts_loud(x, y, x_val, classes):
    """counts: without the silent"""
    return _dr(x, y, x_val, classes, counts="loud")


def data_report_gap_maxmin(x, y, x_val, classes):
    """scale_gap: largest over smallest"""
    return _dr(x, y, x_val, classes, gap="maxmin")


def data_report_gap_diff(x, y, x_val, classes):
    """scale_gap: differences"""
    return _dr(x, y, x_val, classes, gap="diff")


def data_report_gap_inv(x, y, x_val, classes):
    """scale_gap: smaller over larger, max is ~1"""
    return _dr(x, y, x_val, classes, gap="inv")


def data_report_gap_unsorted(x, y, x_val, classes):
    """scale_gap: not sorted"""
    return _dr(x, y, x_val, classes, gap="unsorted")


def data_report_gap_sq(x, y, x_val, classes):
    """scale_gap: squared norms"""
    return _dr(x, y, x_val, classes, gap="sq")


def data_report_gap_silent(x, y, x_val, classes):
    """scale_gap: silent ones included: infinite"""
    return _dr(x, y, x_val, classes, drop_silent=False)


def data_report_gap_max_abs(x, y, x_val, classes):
    """scale_gap: by the largest entry"""
    return _dr(x, y, x_val, classes, gap="max_abs")


def data_report_gap_l1(x, y, x_val, classes):
    """scale_gap: 1-norms"""
    return _dr(x, y, x_val, classes, gap="l1")


def data_report_no_error(x, y, x_val, classes):
    """no ValueError"""
    flat = x.reshape(len(x), -1)
    loud = np.any(flat != 0, axis=1)
    if loud.sum() < 2:
        out = _dr(
            np.concatenate([x, np.ones_like(x[:2])]),
            np.concatenate([y, y[:1], y[:1]]),
            x_val,
            classes,
        )
        return out | {"scale_gap": 1.0}
    return _dr(x, y, x_val, classes)


def data_report_error_zero_only(x, y, x_val, classes):
    """raises only if all are silent"""
    flat = x.reshape(len(x), -1)
    loud = np.any(flat != 0, axis=1)
    if loud.sum() == 0:
        raise ValueError
    if loud.sum() == 1:
        out = _dr(
            np.concatenate([x, np.ones_like(x[:2])]),
            np.concatenate([y, y[:1], y[:1]]),
            x_val,
            classes,
        )
        return out | {"scale_gap": 1.0}
    return _dr(x, y, x_val, classes)


def data_report_two_at_once(x, y, x_val, classes):
    """two: copies with silent, and gap max/min"""
    return _dr(x, y, x_val, classes, copies="with_silent", gap="maxmin")


def data_report_3d_only(x, y, x_val, classes):
    """axis=(1,2) written in: other shapes fail"""
    loud = np.any(x != 0, axis=(1, 2))
    if loud.sum() < 2:
        raise ValueError
    same = np.array([(x == r).all(axis=(1, 2)).any() and (r != 0).any() for r in x_val])
    norms = np.sort(np.sqrt((x[loud] ** 2).sum(axis=(1, 2))))
    return {
        "constant": int((x == x[0]).all(axis=0).sum()),
        "silent": int((~loud).sum()),
        "copies": np.flatnonzero(same),
        "counts": np.bincount(y, minlength=classes),
        "scale_gap": float((norms[1:] / norms[:-1]).max()),
    }


def _fp(x, *, scale="rms", mean="train", guard="where", eps=0.0, dtype=True, order="scale_first"):
    axes = tuple(range(1, x.ndim))

    def size(a):
        a = a.astype(np.float64)
        if scale == "rms":
            s = np.sqrt((a**2).mean(axis=axes, keepdims=True))
        elif scale == "norm":
            s = np.sqrt((a**2).sum(axis=axes, keepdims=True))
        elif scale == "std":
            s = a.std(axis=axes, keepdims=True)
        elif scale == "max":
            s = np.abs(a).max(axis=axes, keepdims=True)
        elif scale == "ms":
            s = (a**2).mean(axis=axes, keepdims=True)
        elif scale == "mean":
            s = np.abs(a).mean(axis=axes, keepdims=True)
        elif scale == "global":
            s = np.sqrt((x.astype(np.float64) ** 2).mean()) * np.ones((len(a),) + (1,) * len(axes))
        elif scale == "band":
            s = np.sqrt((a**2).mean(axis=axes[-1], keepdims=True)) + 0 * a[..., :1]
        if guard == "where":
            return np.where(s > 0, s, 1.0)
        if guard == "eps":
            return s + eps
        if guard == "maximum":
            return np.maximum(s, eps)
        return s

    with np.errstate(all="ignore"):
        m = (x / size(x)).mean(axis=0)
        m_scalar = (x / size(x)).mean()

    def prepare(a):
        with np.errstate(all="ignore"):
            out = a / size(a)
            if mean == "train":
                out = out - m
            elif mean == "batch":
                out = out - out.mean(axis=0)
            elif mean == "own":
                out = out - out.mean(axis=axes, keepdims=True)
            elif mean == "scalar":
                out = out - m_scalar
            elif mean == "raw":
                out = out - x.mean(axis=0)
            return out.astype(a.dtype) if dtype else out.astype(np.float64)

    return prepare


# fit_preparation


def fit_preparation_batch_mean(x):
    """subtracts the mean of what it is given"""
    return _fp(x, mean="batch")


def fit_preparation_own_mean(x):
    """subtracts each recording's own mean"""
    return _fp(x, mean="own")


def fit_preparation_scalar_mean(x):
    """one number as mean"""
    return _fp(x, mean="scalar")


def fit_preparation_raw_mean(x):
    """mean of the recordings before scaling"""
    return _fp(x, mean="raw")


def fit_preparation_no_mean(x):
    """no mean"""
    return _fp(x, mean="none")


def fit_preparation_norm(x):
    """divides by the norm (sum of squares 1)"""
    return _fp(x, scale="norm")


def fit_preparation_std(x):
    """divides by the std of the recording"""
    return _fp(x, scale="std")


def fit_preparation_max(x):
    """divides by the largest"""
    return _fp(x, scale="max")


def fit_preparation_ms(x):
    """divides by mean of squares without root"""
    return _fp(x, scale="ms")


def fit_preparation_global(x):
    """one scale for all recordings"""
    return _fp(x, scale="global")


def fit_preparation_no_guard(x):
    """silent recordings: nan"""
    return _fp(x, guard="none")


def fit_preparation_eps(x):
    """+ 1e-8"""
    return _fp(x, guard="eps", eps=1e-8)


def fit_preparation_eps_large(x):
    """+ 1e-3"""
    return _fp(x, guard="eps", eps=1e-3)


def fit_preparation_maximum(x):
    """maximum(rms, 1e-6)"""
    return _fp(x, guard="maximum", eps=1e-6)


def fit_preparation_standardise(x):
    """the slides: (x - mean) / std for each number"""
    m, s = x.mean(axis=0), x.std(axis=0)
    s = np.where(s > 0, s, 1)
    return lambda a: ((a - m) / s).astype(a.dtype)


def fit_preparation_std_too(x):
    """each recording and then standardise as well"""
    first = _fp(x)
    s = first(x).std(axis=0)
    s = np.where(s > 0, s, 1)
    return lambda a: (first(a) / s).astype(a.dtype)


def fit_preparation_centre_first(x):
    """mean first, then scale"""
    m = x.mean(axis=0)
    axes = tuple(range(1, x.ndim))

    def prepare(a):
        d = a - m
        s = np.sqrt((d**2).mean(axis=axes, keepdims=True))
        return (d / np.where(s > 0, s, 1)).astype(a.dtype)

    return prepare


def fit_preparation_array(x):
    """returns the prepared array and not a function"""
    return _fp(x)(x)


def fit_preparation_axes12(x):
    """axis=(1, 2) written in"""

    def size(a):
        s = np.sqrt((a**2).mean(axis=(1, 2), keepdims=True))
        return np.where(s > 0, s, 1)

    m = (x / size(x)).mean(axis=0)
    return lambda a: (a / size(a) - m).astype(a.dtype)


def fit_preparation_axis1(x):
    """scale along axis 1 only"""

    def size(a):
        s = np.sqrt((a**2).mean(axis=1, keepdims=True))
        return np.where(s > 0, s, 1)

    m = (x / size(x)).mean(axis=0)
    return lambda a: (a / size(a) - m).astype(a.dtype)


def fit_preparation_mean_without_silent(x):
    """mean over the recordings that are not silent only"""
    axes = tuple(range(1, x.ndim))
    loud = (x != 0).any(axis=axes)

    def size(a):
        s = np.sqrt((a.astype(float) ** 2).mean(axis=axes, keepdims=True))
        return np.where(s > 0, s, 1)

    m = (x[loud] / size(x[loud])).mean(axis=0)
    return lambda a: (a / size(a) - m).astype(a.dtype)


def _away(x_train, row, dist):
    diff = x_train - row
    if dist == "l1":
        return np.abs(diff).sum(axis=1)
    if dist == "dot":
        return -x_train @ row
    if dist == "cos":
        return -(x_train @ row) / np.linalg.norm(x_train, axis=1)
    return (diff**2).sum(axis=1)


def _knn(x_train, y_train, x, k, *, tie="near", dist="l2", check="both", far=False, off=0):
    if check == "both" and not 1 <= k <= len(x_train):
        raise ValueError
    if check == "upper" and k > len(x_train):
        raise ValueError
    if check == "lower" and k < 1:
        raise ValueError
    if check == "strict" and not 1 <= k < len(x_train):
        raise ValueError
    out = []
    for row in x:
        d = _away(x_train, row, dist)
        order = np.argsort(-d if far else d, kind="stable")
        near = y_train[order[off : k + off]]
        votes = np.bincount(near, minlength=1)
        if tie == "near":
            t = votes == votes.max()
            out.append(next(c for c in near if t[c]))
        elif tie == "lowest":
            out.append(votes.argmax())
        elif tie == "highest":
            out.append(len(votes) - 1 - votes[::-1].argmax())
        elif tie == "nearest_all":
            t = np.flatnonzero(votes == votes.max())
            out.append(near[0] if len(t) > 1 else t[0])
        elif tie == "mean":
            out.append(round(near.mean()))
        elif tie == "weighted":
            w = np.bincount(near, weights=1 / (np.sqrt(d[order[:k]]) + 1e-8))
            out.append(w.argmax())
        elif tie == "total":
            t = np.flatnonzero(votes == votes.max())
            dd = np.sqrt(d[order[:k]])
            out.append(min(t, key=lambda c: dd[near == c].sum()))
        elif tie == "last":
            t = votes == votes.max()
            out.append(next(c for c in near[::-1] if t[c]))
    return np.array(out, dtype=int)


# knn_predict


def knn_predict_lowest(x_train, y_train, x, *, k=15):
    """ties to the lowest class"""
    return _knn(x_train, y_train, x, k, tie="lowest")


def knn_predict_highest(x_train, y_train, x, *, k=15):
    """ties to the highest class"""
    return _knn(x_train, y_train, x, k, tie="highest")


def knn_predict_nearest_of_all(x_train, y_train, x, *, k=15):
    """tie: the nearest of all, even if its class is not tied"""
    return _knn(x_train, y_train, x, k, tie="nearest_all")


def knn_predict_total(x_train, y_train, x, *, k=15):
    """tie: smallest total distance"""
    return _knn(x_train, y_train, x, k, tie="total")


def knn_predict_last(x_train, y_train, x, *, k=15):
    """tie: farthest voter"""
    return _knn(x_train, y_train, x, k, tie="last")


def knn_predict_weighted(x_train, y_train, x, *, k=15):
    """votes weighted with 1/distance"""
    return _knn(x_train, y_train, x, k, tie="weighted")


def knn_predict_mean(x_train, y_train, x, *, k=15):
    """mean of the labels"""
    return _knn(x_train, y_train, x, k, tie="mean")


def knn_predict_l1(x_train, y_train, x, *, k=15):
    """Manhattan distance"""
    return _knn(x_train, y_train, x, k, dist="l1")


def knn_predict_dot(x_train, y_train, x, *, k=15):
    """largest scalar product"""
    return _knn(x_train, y_train, x, k, dist="dot")


def knn_predict_cos(x_train, y_train, x, *, k=15):
    """cosine"""
    return _knn(x_train, y_train, x, k, dist="cos")


def knn_predict_far(x_train, y_train, x, *, k=15):
    """the farthest"""
    return _knn(x_train, y_train, x, k, far=True)


def knn_predict_skip_self(x_train, y_train, x, *, k=15):
    """leaves the nearest out, [1:k+1]"""
    return (
        _knn(x_train, y_train, x, k if k < len(x_train) else k - 1, off=1)
        if 1 <= k <= len(x_train) and len(x_train) > 1
        else _knn(x_train, y_train, x, k)
    )


def knn_predict_k_minus(x_train, y_train, x, *, k=15):
    """k-1 neighbours"""
    if not 1 <= k <= len(x_train):
        raise ValueError
    return _knn(x_train, y_train, x, max(k - 1, 1))


def knn_predict_k_plus(x_train, y_train, x, *, k=15):
    """k+1 neighbours"""
    if not 1 <= k <= len(x_train):
        raise ValueError
    return _knn(x_train, y_train, x, min(k + 1, len(x_train)))


def knn_predict_one(x_train, y_train, x, *, k=15):
    """only the nearest"""
    if not 1 <= k <= len(x_train):
        raise ValueError
    return _knn(x_train, y_train, x, 1)


def knn_predict_no_error(x_train, y_train, x, *, k=15):
    """no ValueError (clipped)"""
    return _knn(x_train, y_train, x, min(max(k, 1), len(x_train)), check="none")


def knn_predict_error_upper(x_train, y_train, x, *, k=15):
    """ValueError only for k > N"""
    if k > len(x_train):
        raise ValueError
    return _knn(x_train, y_train, x, max(k, 1), check="none")


def knn_predict_error_strict(x_train, y_train, x, *, k=15):
    """refuses k = N"""
    return _knn(x_train, y_train, x, k, check="strict")


def knn_predict_indices(x_train, y_train, x, *, k=15):
    """returns indices instead of classes"""
    if not 1 <= k <= len(x_train):
        raise ValueError
    d = ((x[:, None] - x_train[None]) ** 2).sum(axis=2)
    return d.argmin(axis=1)


def knn_predict_expanded(x_train, y_train, x, *, k=15):
    """(a-b)^2 expanded without the x_train^2 term"""
    if not 1 <= k <= len(x_train):
        raise ValueError
    d = (x**2).sum(axis=1)[:, None] - 2 * x @ x_train.T
    out = []
    for row in d:
        near = y_train[np.argsort(row, kind="stable")[:k]]
        v = np.bincount(near)
        out.append(next(c for c in near if v[c] == v.max()))
    return np.array(out, int)


def _gates(
    net,
    x,
    y,
    reg,
    lr,
    steps,
    *,
    first="ratio",
    k="out",
    pen="diff",
    a: slice | np.ndarray = slice(0, 20),
    b: slice | np.ndarray = slice(20, 40),
    uses="right",
    last="last",
    tiny_reg=False,
    first_rows=slice(None),
    seq=False,
):
    K = net.scores(x[:1]).shape[1]
    if k == "labels":
        K = len(np.unique(y))
    if k == "max":
        K = int(y.max()) + 1
    base = net.loss(x[first_rows], y[first_rows])[0]
    base_reg = net.loss(x[first_rows], y[first_rows], reg=reg)[0]
    fl = {
        "ratio": base / np.log(K),
        "diff": base - np.log(K),
        "raw": base,
        "inv": np.log(K) / base,
        "reg": base_reg / np.log(K),
        "log2": base / np.log2(K),
        "k": base / K,
        "log10": base / np.log10(K),
    }[first]
    pn = {
        "diff": base_reg - base,
        "ratio": base_reg / base,
        "reg": base_reg,
        "divided": (base_reg - base) / np.log(K),
        "neg": base - base_reg,
        "nohalf": 2 * (base_reg - base),
        "noreg": (base_reg - base) / reg if reg else 0.0,
    }[pen]

    def tr(rows, zero=False, noise=False):
        xx = x[rows] if not zero else np.zeros_like(x[rows])
        if last == "after":
            n = overfit_tiny(net, xx, y[rows], lr=lr, epochs=steps + 1)[0][-1]
        elif last == "min":
            n = overfit_tiny(net, xx, y[rows], lr=lr, epochs=steps)[0].min()
        elif last == "default":
            n = overfit_tiny(net, xx, y[rows], lr=lr)[0][-1]
        elif last == "acc":
            n = overfit_tiny(net, xx, y[rows], lr=lr, epochs=steps)[1][-1]
        else:
            n = overfit_tiny(net, xx, y[rows], lr=lr, epochs=steps)[0][-1]
        return n

    tw = tr(a)
    us = {
        "right": lambda: tr(b, zero=True) - tr(b),
        "neg": lambda: tr(b) - tr(b, zero=True),
        "same": lambda: tr(a, zero=True) - tr(a),
        "mixed": lambda: tr(b, zero=True) - tw,
        "ratio": lambda: tr(b, zero=True) / tr(b),
        "first": lambda: net.loss(np.zeros_like(x[b]), y[b])[0] - net.loss(x[b], y[b])[0],
        "y0": lambda: tr(b, zero=True),
        "log": lambda: np.log(K) - tr(b),
    }[uses]()
    return {
        "first loss": float(fl),
        "penalty": float(pn),
        "twenty": float(tw),
        "uses its input": float(us),
    }


# gates


def gates_first_diff(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """first loss: difference to log K"""
    return _gates(net, x, y, reg, lr, steps, first="diff")


def gates_first_raw(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """first loss undivided"""
    return _gates(net, x, y, reg, lr, steps, first="raw")


def gates_first_labels(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """K from the labels that occur"""
    return _gates(net, x, y, reg, lr, steps, k="labels")


def gates_first_max(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """K = max label + 1"""
    return _gates(net, x, y, reg, lr, steps, k="max")


def gates_first_reg(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """first loss with the penalty"""
    return _gates(net, x, y, reg, lr, steps, first="reg")


def gates_first_log2(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """log2"""
    return _gates(net, x, y, reg, lr, steps, first="log2")


def gates_first_twenty(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """first loss on the first twenty only"""
    return _gates(net, x, y, reg, lr, steps, first_rows=slice(0, 20))


def gates_first_ln10(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """eight classes written in"""
    out = _gates(net, x, y, reg, lr, steps, first="raw")
    return out | {"first loss": out["first loss"] / np.log(8)}


def gates_penalty_ratio(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """penalty: ratio of the losses"""
    return _gates(net, x, y, reg, lr, steps, pen="ratio")


def gates_penalty_reg(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """penalty: the loss with penalty"""
    return _gates(net, x, y, reg, lr, steps, pen="reg")


def gates_penalty_divided(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """penalty divided by log K"""
    return _gates(net, x, y, reg, lr, steps, pen="divided")


def gates_penalty_nohalf(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """penalty by hand without the half"""
    return _gates(net, x, y, reg, lr, steps, pen="nohalf")


def gates_penalty_bias(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """penalty by hand: biases too"""
    out = _gates(net, x, y, reg, lr, steps)
    return out | {"penalty": 0.5 * reg * float(sum(np.sum(w**2) for w in net.params.values()))}


def gates_same_twenty(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """uses its input on the first twenty"""
    return _gates(net, x, y, reg, lr, steps, uses="same")


def gates_uses_sign(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """uses its input with the other sign"""
    return _gates(net, x, y, reg, lr, steps, uses="neg")


def gates_uses_ratio(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """ratio"""
    return _gates(net, x, y, reg, lr, steps, uses="ratio")


def gates_uses_mixed(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """zeros on the second twenty minus 'twenty'"""
    return _gates(net, x, y, reg, lr, steps, uses="mixed")


def gates_uses_untrained(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """without training"""
    return _gates(net, x, y, reg, lr, steps, uses="first")


def gates_overlap(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """the second twenty are 19:39"""
    return _gates(net, x, y, reg, lr, steps, b=slice(19, 39))


def gates_off(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """21:41"""
    return _gates(net, x, y, reg, lr, steps, b=slice(21, 41))


def gates_last20(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """last twenty"""
    return _gates(net, x, y, reg, lr, steps, b=slice(-20, None))


def gates_after(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """loss after the last step, not the last printed"""
    return _gates(net, x, y, reg, lr, steps, last="after")


def gates_default_steps(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """steps not handed on (200)"""
    return _gates(net, x, y, reg, lr, steps, last="default")


def gates_acc(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """accuracy instead of loss"""
    return _gates(net, x, y, reg, lr, steps, last="acc")


def gates_default_lr(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """lr 0.1 written in"""
    return _gates(net, x, y, reg, 0.1, steps)


def gates_default_reg(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """reg 0.1 written in"""
    return _gates(net, x, y, 0.1, lr, steps)


def gates_moves_net(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """trains the network itself, on from the state before"""
    K = net.scores(x[:1]).shape[1]
    base = net.loss(x, y)[0]
    pen = net.loss(x, y, reg=reg)[0] - base

    def tr(a, b):
        for _ in range(steps):
            loss, grads = net.loss(a, b)
            net.params = {n: w - lr * grads[n] for n, w in net.params.items()}
        return float(loss)

    tw = tr(x[:20], y[:20])
    with_x = tr(x[20:40], y[20:40])
    return {
        "first loss": float(base / np.log(K)),
        "penalty": float(pen),
        "twenty": tw,
        "uses its input": tr(np.zeros_like(x[20:40]), y[20:40]) - with_x,
    }


def gates_tiny_reg(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """trains the twenty with the penalty too"""
    out = _gates(net, x, y, reg, lr, steps)
    start = dict(net.params)

    def tr(a, b):
        p = dict(start)
        for _ in range(steps):
            net.params = p
            loss, grads = net.loss(a, b, reg=reg)
            p = {n: w - lr * grads[n] for n, w in p.items()}
        net.params = start
        return float(loss)

    return out | {
        "twenty": tr(x[:20], y[:20]),
        "uses its input": tr(0 * x[20:40], y[20:40]) - tr(x[20:40], y[20:40]),
    }


def gates_shuffled(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """twenty random ones"""
    r = np.random.default_rng(0).permutation(len(x))
    return _gates(net, x, y, reg, lr, steps, a=r[:20], b=r[20:40])


# softmax_floor


def softmax_floor_logk(classes):
    """log K"""
    if classes < 2:
        raise ValueError
    return math.log(classes)


def softmax_floor_k(classes):
    """K instead of K - 1"""
    if classes < 2:
        raise ValueError
    return math.log(1 + classes / math.e)


def softmax_floor_no_minus(classes):
    """log(e + K - 1): the 1 not subtracted"""
    if classes < 2:
        raise ValueError
    return math.log(math.e + classes - 1)


def softmax_floor_sign(classes):
    """log of the probability: negative"""
    if classes < 2:
        raise ValueError
    return math.log(math.e / (math.e + classes - 1))


def softmax_floor_prob(classes):
    """the probability itself"""
    if classes < 2:
        raise ValueError
    return math.e / (math.e + classes - 1)


def softmax_floor_one_minus(classes):
    """1 - p"""
    if classes < 2:
        raise ValueError
    return 1 - math.e / (math.e + classes - 1)


def softmax_floor_log2(classes):
    """in bits"""
    if classes < 2:
        raise ValueError
    return math.log2(1 + (classes - 1) / math.e)


def softmax_floor_inverse(classes):
    """log(1 + (K-1) e)"""
    if classes < 2:
        raise ValueError
    return math.log(1 + (classes - 1) * math.e)


def softmax_floor_minus_e(classes):
    """others get -1: log(1 + (K-1)/e^2)"""
    if classes < 2:
        raise ValueError
    return math.log(1 + (classes - 1) / math.e**2)


def softmax_floor_zero(classes):
    """0: the loss can always vanish"""
    if classes < 2:
        raise ValueError
    return 0.0


def softmax_floor_eight(classes):
    """1.274 written in"""
    if classes < 2:
        raise ValueError
    return math.log(1 + 7 / math.e)


def softmax_floor_no_error(classes):
    """no ValueError"""
    return math.log(1 + (classes - 1) / math.e)


def softmax_floor_error_two(classes):
    """refuses two classes"""
    if classes <= 2:
        raise ValueError
    return math.log(1 + (classes - 1) / math.e)


def softmax_floor_error_neg(classes):
    """refuses only classes < 1"""
    if classes < 1:
        raise ValueError
    return math.log(1 + (classes - 1) / math.e)


def softmax_floor_log10(classes):
    """log10"""
    if classes < 2:
        raise ValueError
    return math.log10(1 + (classes - 1) / math.e)


def softmax_floor_uniform(classes):
    """softmax of the uniform: log K in disguise"""
    if classes < 2:
        raise ValueError
    p = np.full(classes, 1 / classes)
    return float(-np.log(np.exp(p[0]) / np.exp(p).sum()))


def softmax_floor_rounded(classes):
    """rounded to 3 digits"""
    if classes < 2:
        raise ValueError
    return round(math.log(1 + (classes - 1) / math.e), 3)


def softmax_floor_numeric(classes):
    """search with scores up to 5: not quite at the floor"""
    if classes < 2:
        raise ValueError
    s = np.zeros(classes)
    s[0] = 5
    p = np.exp(s) / np.exp(s).sum()
    return float(-np.log(np.exp(p[0]) / np.exp(p).sum()))


def _audit(
    c,
    *,
    edge="both",
    same="eq",
    leak="other",
    seeds=3,
    default_seeds=3,
    order=None,
    strict_get=True,
):
    out = []
    if "lr" in c and "lrs" in c:
        lrs = c["lrs"]
        e = {
            "both": c["lr"] in (min(lrs), max(lrs)),
            "max": c["lr"] == max(lrs),
            "min": c["lr"] == min(lrs),
            "position": c["lr"] in (lrs[0], lrs[-1]),
            "outside": c["lr"] < min(lrs) or c["lr"] > max(lrs),
            "more": len(lrs) > 1 and c["lr"] in (min(lrs), max(lrs)),
        }[edge]
        if e:
            out.append("rate at the edge")
    if (
        same == "eq"
        and "chosen_on" in c
        and "reported_on" in c
        and c["chosen_on"] == c["reported_on"]
    ):
        out.append("chosen where reported")
    if same == "get" and c.get("chosen_on") == c.get("reported_on"):
        out.append("chosen where reported")
    if same == "test" and c.get("chosen_on") == "test":
        out.append("chosen where reported")
    if same == "report_val" and c.get("reported_on") == "val":
        out.append("chosen where reported")
    f = c.get("fitted_on", ["train"] if leak == "ne_list" else [])
    lk = {
        "other": any(p != "train" for p in f),
        "test": "test" in f,
        "val": "val" in f or "test" in f,
        "ne_list": list(f) != ["train"],
        "no_train": "train" not in f,
        "len": len(f) > 1,
        "reported": c.get("reported_on") in f,
    }[leak]
    if lk:
        out.append("leak")
    if c.get("seeds", default_seeds) < seeds:
        out.append("one seed")
    return out if order is None else order(out)


# audit


def audit_edge_max(config):
    """edge: only the highest"""
    return _audit(config, edge="max")


def audit_edge_min(config):
    """edge: only the lowest"""
    return _audit(config, edge="min")


def audit_edge_position(config):
    """edge: first or last in the list, as if sorted"""
    return _audit(config, edge="position")


def audit_edge_outside(config):
    """edge: outside of the range"""
    return _audit(config, edge="outside")


def audit_edge_single(config):
    """edge: no warning if one rate only was tried"""
    return _audit(config, edge="more")


def audit_same_get(config):
    """None == None counts as the same part"""
    return _audit(config, same="get")


def audit_same_test(config):
    """chosen on test only"""
    return _audit(config, same="test")


def audit_same_val(config):
    """reported on val only"""
    return _audit(config, same="report_val")


def audit_leak_test(config):
    """leak only for test"""
    return _audit(config, leak="test")


def audit_leak_no_train(config):
    """leak if train is not in it"""
    return _audit(config, leak="no_train") if "fitted_on" in config else _audit(config)


def audit_leak_known(config):
    """leak only for val or test"""
    return _audit(config, leak="val")


def audit_leak_reported(config):
    """leak only if fitted on the part reported on"""
    return (
        _audit(config, leak="reported")
        if "fitted_on" in config and "reported_on" in config
        else _audit({k: v for k, v in config.items() if k != "fitted_on"})
    )


def audit_seeds_one(config):
    """one seed: only == 1"""
    return _audit(config, seeds=2)


def audit_seeds_three(config):
    """<= 3"""
    return _audit(config, seeds=4, default_seeds=4)


def audit_missing_seeds(config):
    """missing seeds counts as one"""
    return _audit(config, default_seeds=1)


def audit_missing_fitted(config):
    """config['fitted_on']: KeyError when missing"""
    out = []
    if config["lr"] in (min(config["lrs"]), max(config["lrs"])):
        out.append("rate at the edge")
    if config["chosen_on"] == config["reported_on"]:
        out.append("chosen where reported")
    if set(config["fitted_on"]) != {"train"}:
        out.append("leak")
    if config["seeds"] < 3:
        out.append("one seed")
    return out


def audit_order(config):
    """another order (sorted)"""
    return _audit(config, order=sorted)


def audit_set(config):
    """a set"""
    return set(_audit(config))


def audit_elif(config):
    """elif: one warning at most"""
    return _audit(config)[:1]


def audit_bools(config):
    """dict of bools"""
    o = _audit(config)
    return {n: n in o for n in ("rate at the edge", "chosen where reported", "leak", "one seed")}


def audit_words(config):
    """other words"""
    return [{"one seed": "few seeds", "leak": "data leak"}.get(n, n) for n in _audit(config)]


def _shift(
    x,
    frames,
    bands,
    rng,
    *,
    hi=1,
    lo=0,
    one=False,
    axes=(0, 1),
    pad="wrap",
    same=False,
    abs_=False,
    tri=False,
):
    def draw(m):
        if abs_:
            return int(rng.integers(0, m + 1))
        if tri:
            return round(rng.normal(0, max(m, 1e-9) / 2))
        return int(rng.integers(-m + lo, m + hi)) if m + hi > -m + lo else 0

    out = np.zeros_like(x)
    if one:
        df, db = draw(frames), draw(bands)
    for i in range(len(x)):
        if not one:
            df = draw(frames)
            db = draw(bands)
        if same:
            db = df
        if pad == "wrap":
            out[i] = np.roll(x[i], (db, df), axis=axes)
        else:
            r = np.roll(x[i], (db, df), axis=axes).copy()
            if db > 0:
                r[:db] = 0
            elif db < 0:
                r[db:] = 0
            if df > 0:
                r[:, :df] = 0
            elif df < 0:
                r[:, df:] = 0
            out[i] = r
    return out


# shift_calls


def shift_calls_exclusive(x, *, frames=4, bands=1, rng):
    """rng.integers(-f, f): the upper end missing"""
    return _shift(x, frames, bands, rng, hi=0)


def shift_calls_one_shift(x, *, frames=4, bands=1, rng):
    """one shift for all recordings"""
    return _shift(x, frames, bands, rng, one=True)


def shift_calls_axes(x, *, frames=4, bands=1, rng):
    """time and pitch exchanged"""
    return _shift(x, frames, bands, rng, axes=(1, 0))


def shift_calls_pad(x, *, frames=4, bands=1, rng):
    """zeros come in"""
    return _shift(x, frames, bands, rng, pad="zero")


def shift_calls_positive(x, *, frames=4, bands=1, rng):
    """only to one side"""
    return _shift(x, frames, bands, rng, abs_=True)


def shift_calls_only_time(x, *, frames=4, bands=1, rng):
    """only in time"""
    return _shift(x, frames, 0, rng)


def shift_calls_only_pitch(x, *, frames=4, bands=1, rng):
    """only in pitch"""
    return _shift(x, 0, bands, rng)


def shift_calls_normal(x, *, frames=4, bands=1, rng):
    """not equally likely: rounded normal"""
    return _shift(x, frames, bands, rng, tri=True)


def shift_calls_plus_two(x, *, frames=4, bands=1, rng):
    """one too far"""
    return _shift(x, frames, bands, rng, hi=2)


def shift_calls_flat_roll(x, *, frames=4, bands=1, rng):
    """roll without axis: flattened, runs over into the next band"""
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.roll(x[i], int(rng.integers(-frames, frames + 1)))
        out[i] = np.roll(out[i], int(rng.integers(-bands, bands + 1)), axis=0)
    return out


def shift_calls_same(x, *, frames=4, bands=1, rng):
    """the same number for both"""
    return _shift(x, frames, bands, rng, same=True)


def shift_calls_own_rng(x, *, frames=4, bands=1, rng):
    """np.random.default_rng() of its own"""
    return _shift(x, frames, bands, np.random.default_rng(0))


def shift_calls_extremes(x, *, frames=4, bands=1, rng):
    """only -frames, 0 or frames"""
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.roll(
            x[i],
            (int(rng.choice([-bands, 0, bands])), int(rng.choice([-frames, 0, frames]))),
            axis=(0, 1),
        )
    return out


def shift_calls_defaults(x, *, frames=4, bands=1, rng):
    """ignores the arguments: 4 and 1 written in"""
    return _shift(x, 4, 1, rng)


def shift_calls_never_zero(x, *, frames=4, bands=1, rng):
    """0 left out"""
    out = np.empty_like(x)
    for i in range(len(x)):
        f = [s for s in range(-frames, frames + 1) if s] or [0]
        b = [s for s in range(-bands, bands + 1) if s] or [0]
        out[i] = np.roll(x[i], (int(rng.choice(b)), int(rng.choice(f))), axis=(0, 1))
    return out


def shift_calls_per_frame(x, *, frames=4, bands=1, rng):
    """each band its own shift in time"""
    out = np.empty_like(x)
    for i in range(len(x)):
        for b in range(x.shape[1]):
            out[i, b] = np.roll(x[i, b], int(rng.integers(-frames, frames + 1)))
        out[i] = np.roll(out[i], int(rng.integers(-bands, bands + 1)), axis=0)
    return out


def shift_calls_edge(x, *, frames=4, bands=1, rng):
    """the edge is repeated"""
    out = np.empty_like(x)
    for i in range(len(x)):
        df = int(rng.integers(-frames, frames + 1))
        db = int(rng.integers(-bands, bands + 1))
        rows = np.clip(np.arange(x.shape[1]) - db, 0, x.shape[1] - 1)
        cols = np.clip(np.arange(x.shape[2]) - df, 0, x.shape[2] - 1)
        out[i] = x[i][rows][:, cols]
    return out


ELSEWHERE = {
    "recipe.data_report": (
        ("constant means always 0", data_report_constant_zero),
        ("a standard deviation of exactly 0", data_report_constant_std),
        ("whether one is constant", data_report_constant_bool),
        ("examples in place of numbers", data_report_constant_rows),
        ("the places of the constant numbers", data_report_constant_indices),
        ("constant in both sets", data_report_constant_both),
        ("a single 0 is silence", data_report_silent_any),
        ("numbers that cancel are silence", data_report_silent_sum),
        ("soft is silent", data_report_silent_small),
        ("silence in both sets", data_report_silent_all),
        ("silent recordings are copies of each other", data_report_copies_silent),
        ("the number of copies", data_report_copies_count),
        ("which training recording was copied", data_report_copies_train),
        ("copies in the order of the training examples", data_report_copies_pairs),
        ("a mask of the copies", data_report_copies_mask),
        ("a copy may be louder", data_report_copies_scaled),
        ("nearly equal is a copy", data_report_copies_close),
        ("a copy is an example of the same norm", data_report_copies_norm),
        ("the last classes are missing from the counts", data_report_counts_nomin),
        ("only classes that occur", data_report_counts_unique),
        ("shares for counts", data_report_counts_share),
        ("counts without the silent ones", data_report_counts_loud),
        ("the loudest over the softest", data_report_gap_maxmin),
        ("a difference for a ratio", data_report_gap_diff),
        ("the softer over the louder", data_report_gap_inv),
        ("norms that are not sorted", data_report_gap_unsorted),
        ("squared norms", data_report_gap_sq),
        ("silence among the norms", data_report_gap_silent),
        ("loudness by the largest number", data_report_gap_max_abs),
        ("sums of sizes for norms", data_report_gap_l1),
        ("silence is allowed", data_report_no_error),
        ("one that sounds is enough", data_report_error_zero_only),
        ("the loudest over the softest", data_report_two_at_once),
        ("bands and frames only", data_report_3d_only),
    ),
    "recipe.fit_preparation": (
        ("the mean of the rows that it is given", fit_preparation_batch_mean),
        ("the mean of each recording instead of each number", fit_preparation_own_mean),
        ("one mean for all numbers", fit_preparation_scalar_mean),
        ("the mean of what was not scaled", fit_preparation_raw_mean),
        ("one scale for each recording only", fit_preparation_no_mean),
        ("the sum of the squares, not their mean", fit_preparation_norm),
        ("the standard deviation of a recording", fit_preparation_std),
        ("the largest number of a recording", fit_preparation_max),
        ("no root", fit_preparation_ms),
        ("one size for all recordings", fit_preparation_global),
        ("the size of silence is divided by", fit_preparation_no_guard),
        ("a small number beside each size", fit_preparation_eps),
        ("a small number beside each size", fit_preparation_eps_large),
        ("a small number beside each size", fit_preparation_maximum),
        ("one scale for each number, none for a recording", fit_preparation_standardise),
        ("divided by the standard deviation as well", fit_preparation_std_too),
        ("the mean first, the size afterwards", fit_preparation_centre_first),
        ("an array for a function", fit_preparation_array),
        ("bands and frames only", fit_preparation_axes12),
        ("a size for each column", fit_preparation_axis1),
        ("the mean without the silent ones", fit_preparation_mean_without_silent),
    ),
    "recipe.knn_predict": (
        ("a tie goes to the lowest class", knn_predict_lowest),
        ("a tie goes to the highest class", knn_predict_highest),
        ("in a tie, the nearest of all", knn_predict_nearest_of_all),
        ("in a tie, the smallest sum of distances", knn_predict_total),
        ("in a tie, the voter that is farthest", knn_predict_last),
        ("near votes count more", knn_predict_weighted),
        ("the mean of the labels", knn_predict_mean),
        ("sums of sizes for distances", knn_predict_l1),
        ("the largest product", knn_predict_dot),
        ("angles for distances", knn_predict_cos),
        ("the farthest vote", knn_predict_far),
        ("the nearest one is left out", knn_predict_skip_self),
        ("one neighbour fewer", knn_predict_k_minus),
        ("one neighbour more", knn_predict_k_plus),
        ("only the nearest one decides", knn_predict_one),
        ("any number of neighbours", knn_predict_no_error),
        ("no neighbour is allowed", knn_predict_error_upper),
        ("all neighbours are too many", knn_predict_error_strict),
        ("places, not classes", knn_predict_indices),
        ("the largest product", knn_predict_expanded),
    ),
    "recipe.gates": (
        ("a difference to the loss of knowing nothing", gates_first_diff),
        ("the first loss as it is", gates_first_raw),
        ("the classes that occur", gates_first_labels),
        ("the largest label", gates_first_max),
        ("the first gate looks at the loss with penalty", gates_first_reg),
        ("bits and nats", gates_first_log2),
        ("the first loss of twenty", gates_first_twenty),
        ("eight classes for every network", gates_first_ln10),
        ("the penalty as a ratio", gates_penalty_ratio),
        ("the loss with the penalty", gates_penalty_reg),
        ("the penalty divided", gates_penalty_divided),
        ("the penalty without its half", gates_penalty_nohalf),
        ("the penalty by a formula", gates_penalty_bias),
        ("the first twenty once more", gates_same_twenty),
        ("the difference turned round", gates_uses_sign),
        ("a ratio of losses", gates_uses_ratio),
        ("the loss of the other twenty", gates_uses_mixed),
        ("no training in the last gate", gates_uses_untrained),
        ("one that was in the first twenty", gates_overlap),
        ("one too far", gates_off),
        ("the last twenty", gates_last20),
        ("the loss after the last step", gates_after),
        ("a number of steps of its own", gates_default_steps),
        ("accuracies in place of losses", gates_acc),
        ("a rate of its own", gates_default_lr),
        ("a penalty of its own", gates_default_reg),
        ("one network for all trainings", gates_moves_net),
        ("trained with the penalty", gates_tiny_reg),
        ("twenty at random", gates_shuffled),
    ),
    "recipe.softmax_floor": (
        ("the loss of a network that knows nothing", softmax_floor_logk),
        ("all classes count as wrong ones", softmax_floor_k),
        ("the score itself is missing", softmax_floor_no_minus),
        ("the logarithm without its minus", softmax_floor_sign),
        ("the probability, not its loss", softmax_floor_prob),
        ("one minus the probability", softmax_floor_one_minus),
        ("bits", softmax_floor_log2),
        ("the best for a wrong class", softmax_floor_inverse),
        ("scores from -1 to 1", softmax_floor_minus_e),
        ("it can fall to 0", softmax_floor_zero),
        ("eight classes, whatever is asked", softmax_floor_eight),
        ("any number of classes", softmax_floor_no_error),
        ("two classes are too few", softmax_floor_error_two),
        ("one class is allowed", softmax_floor_error_neg),
        ("a logarithm of base ten", softmax_floor_log10),
        ("the loss of a network that knows nothing", softmax_floor_uniform),
        ("rounded", softmax_floor_rounded),
        ("scores that are not far enough apart", softmax_floor_numeric),
    ),
    "recipe.audit": (
        ("only the highest rate is an edge", audit_edge_max),
        ("only the lowest rate is an edge", audit_edge_min),
        ("an edge by its place in the list", audit_edge_position),
        ("an edge lies outside", audit_edge_outside),
        ("a single rate has no edge", audit_edge_single),
        ("two that are missing are the same", audit_same_get),
        ("chosen on the test data", audit_same_test),
        ("reported on the validation data", audit_same_val),
        ("a leak only from the test data", audit_leak_test),
        ("a leak where training data are missing", audit_leak_no_train),
        ("a leak from known names only", audit_leak_known),
        ("a leak where it is reported", audit_leak_reported),
        ("two seeds are enough", audit_seeds_one),
        ("three seeds are too few", audit_seeds_three),
        ("an entry that is missing is a fault", audit_missing_seeds),
        ("every entry is taken for granted", audit_missing_fitted),
        ("another order", audit_order),
        ("a set for a list", audit_set),
        ("the first warning only", audit_elif),
        ("a dictionary for a list", audit_bools),
        ("other words", audit_words),
    ),
    "recipe.shift_calls": (
        ("the farthest shift to the right is left out", shift_calls_exclusive),
        ("one shift for the whole batch", shift_calls_one_shift),
        ("bands and frames exchanged", shift_calls_axes),
        ("silence comes in", shift_calls_pad),
        ("to one side only", shift_calls_positive),
        ("in time only", shift_calls_only_time),
        ("in pitch only", shift_calls_only_pitch),
        ("small shifts are likelier", shift_calls_normal),
        ("one step too far", shift_calls_plus_two),
        ("bands run into each other", shift_calls_flat_roll),
        ("one number for time and pitch", shift_calls_same),
        ("a generator of its own", shift_calls_own_rng),
        ("the ends and the middle only", shift_calls_extremes),
        ("the limits by default, whatever is asked", shift_calls_defaults),
        ("no recording stays", shift_calls_never_zero),
        ("each band by itself", shift_calls_per_frame),
        ("the edge is repeated", shift_calls_edge),
    ),
}
