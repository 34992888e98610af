"""Wrong answers to lecture 03 that others have written, each with the name it should get."""

import numpy as np


def _repaired(x, mean, std):
    return mean, np.where(std == 0, 1, std)


def small_is_constant(x):
    std = x.std(axis=0)
    return x.mean(axis=0), np.where(std < 1e-8, 1, std)


def one_less_repaired(x):
    return _repaired(x, x.mean(axis=0), x.std(axis=0, ddof=1))


def a_little_more(x):
    return x.mean(axis=0), x.std(axis=0) + 1e-8


def of_each_example(x):
    return x.mean(axis=1), x.std(axis=1)


def absolute_distances(x):
    return _repaired(x, x.mean(axis=0), np.abs(x - x.mean(axis=0)).mean(axis=0))


def medians(x):
    return _repaired(x, np.median(x, axis=0), x.std(axis=0))


def lowest_and_range(x):
    return _repaired(x, x.min(axis=0), np.ptp(x, axis=0))


def channels_last(x):
    return x.mean(axis=(0, 1, 2))


def mean_image(x):
    return x.mean(axis=0)


def of_each_image(x):
    return x.mean(axis=(2, 3))


def of_everything(x):
    return x.mean()


def ready_to_subtract(x):
    return x.mean(axis=(0, 2, 3))[:, None, None]


def by_the_number_of_images(x):
    return x.sum(axis=(0, 2, 3)) / len(x)


def reshaped(x):
    return x.reshape(x.shape[1], -1).mean(axis=1)


def products_of_neighbours(x):
    return (x[1:] * x[:-1] >= 0).all(axis=0)


def any_of_them(x):
    return (x >= 0).any(axis=0) | (x <= 0).any(axis=0)


def and_for_or(x):
    return (x >= 0).all(axis=0) & (x <= 0).all(axis=0)


def strictly_negative(x):
    return (x >= 0).all(axis=0) | (x < 0).all(axis=0)


def size_of_the_sum(x):
    return np.abs(x.sum(axis=0)) == x.sum(axis=0)


def safely_divided(x, mean, std):
    return (x - mean) / (std + 1e-8)


def unit_alone(x, mean, std):
    return x / std


def mean_minus_x(x, mean, std):
    return (mean - x) / std


def without_brackets(x, mean, std):
    return x - mean / std


def way_back(x, mean, std):
    return x * std + mean


def _moment(around=None, offset=None):
    """`around` and `offset` made of the data and of what is left without the mean; else right."""

    def second_moment(x):
        rest = x - x.mean(axis=0)
        one = rest.T @ rest / len(x) if around is None else around(x, rest)
        if offset == "rest":
            return one, x.T @ x / len(x) - one
        mean = x.mean(axis=0)
        return one, np.outer(mean, mean) if offset is None else offset(mean)

    return second_moment


cov_and_the_rest = _moment(lambda x, r: r.T @ r / (len(x) - 1), "rest")
total_and_offset = _moment(lambda x, r: x.T @ x / len(x))
diagonals = _moment(lambda x, r: np.diag(x.var(axis=0)), lambda mean: np.diag(mean**2))
one_mean = _moment(lambda x, r: (x - x.mean()).T @ (x - x.mean()) / len(x), "rest")
correlation = _moment(lambda x, r: np.corrcoef(x, rowvar=False))
cov_of_rows = _moment(lambda x, r: np.cov(x, bias=True))
plain_cov = _moment(lambda x, r: np.cov(x))
squared_means = _moment(None, lambda mean: mean**2)
mean_at_mean = _moment(None, lambda mean: mean @ mean)


def means_of_rows(x):
    rest = x - x.mean(1, keepdims=True)
    return rest.T @ rest / len(x), x.T @ x / len(x) - rest.T @ rest / len(x)


def _flips(unit: int | None = 1, length="w", how="mean", rule=None, share=1.0, only=None):
    """Flips by directions divided by their norms along an axis, steps of a length, and a rule."""

    def flip_rate(x, w, b, directions, *, rel_perturb=0.01):
        rows = directions
        if unit is not None:
            rows = rows / np.linalg.norm(rows, axis=unit, keepdims=True)
        norm = {"w": np.linalg.norm(w), "squared": w @ w, "none": 1.0}[length]
        step = (rel_perturb * share if only is None else only) * norm * rows
        predict = (lambda z: z > 0) if rule is None else rule
        after, before = predict(x @ (w + step).T + b), predict(x @ w + b)[:, None]
        flipped = after != before
        if how in ("up", "down"):
            flipped &= after if how == "up" else before
        if how.startswith("each"):
            return flipped.mean(axis=0 if how == "each direction" else 1)
        totals = {"count": 1, "directions": len(rows), "examples": len(x)}
        return float(flipped.sum() / totals.get(how, flipped.size))

    return flip_rate


def _merge(**changed):
    """Moments of two chunks, some of them made by another formula of (n_a, mean_a, ..., var_b)."""

    def merge_moments(a, b):
        (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
        n = n_a + n_b
        formulas = {
            "mean": lambda: (n_a * mean_a + n_b * mean_b) / n,
            "within": lambda: (n_a * var_a + n_b * var_b) / n,
            "between": lambda: n_a * n_b * (mean_a - mean_b) ** 2 / n**2,
        }
        got = {"n": n} | {
            k: changed[k](*a, *b) if k in changed else f() for k, f in formulas.items()
        }
        sign = changed.get("sign", 1)
        return got | {"var": got["within"] + sign * got["between"]}

    return merge_moments


def _pooled(less):
    return lambda n, m, v, k, _, u: ((n - 1) * v + (k - 1) * u) / max(n + k - less, 1)


def _unequal_distances(n, m, v, k, o, u):
    mean = (n * m + k * o) / (n + k)
    return ((m - mean) ** 2 + (o - mean) ** 2) / 2


def _axes(signs=None, rows=False, unit=False, refuse=True, out=None):
    """PCA with another rule for signs, other data, no error, or other results."""

    def pca(x, k):
        if refuse and not 1 <= k <= x.shape[1]:
            raise ValueError("k")
        rest = x - x.mean(axis=0)
        if unit:
            rest = rest / x.std(axis=0)
        variances, u = np.linalg.eigh(rest.T @ rest / len(x))
        variances, u = variances[::-1], u[:, ::-1]
        u = (u.T if rows else u)[:, :k]
        largest = u[np.abs(u).argmax(axis=0), np.arange(u.shape[1])]
        u = u * np.where((largest if signs is None else signs(u)) < 0, -1, 1).astype(x.dtype)
        got = rest @ u, u, np.maximum(variances[:k], 0)
        return got if out is None else out(*got, variances.clip(0))

    return pca


def _whitener(scale, *, minus_mean=True, refuse=True, less=0, order=slice(None), back=False):
    """The axes over a scale that is made of their variances and eps."""

    def fit_whitener(x, eps=1e-5):
        if refuse and eps < 0:
            raise ValueError("eps")
        mean = x.mean(axis=0)
        rest = x - mean if minus_mean else x
        v, u = np.linalg.eigh(rest.T @ rest / (len(x) - less))
        v, u = np.maximum(v[::-1], 0), u[:, ::-1]
        u = u * np.where(u[np.abs(u).argmax(axis=0), np.arange(len(u))] < 0, -1, 1)
        w = (u / scale(v, eps))[:, order]
        return mean, w @ u.T if back else w

    return fit_whitener


def _asked(v, eps):
    return np.sqrt(v + eps * v.max())


def whitened_data(x, eps=1e-5):
    mean, w = _whitener(_asked)(x, eps)
    return mean, (x - mean) @ w


def scaled_axes_of_the_table(x, eps=1e-5):
    if eps < 0:
        raise ValueError("eps")
    v = x.var(axis=0)
    return x.mean(axis=0), np.diag(1 / np.sqrt(v + eps * v.max()))


def _prepared(fill="train", stats="train", ddof=0, constant=None):
    """Gaps and scale from some of the parts; "own" is each part for itself."""

    def prepare(*parts):
        sources = {"train": parts[:1], "both": parts[:2], "all": parts}
        fills = [
            x if fill == "own" else np.concatenate(sources.get(fill, parts[:1])) for x in parts
        ]
        middle = {"median": np.nanmedian, "table": lambda x, axis: np.nanmean(x)}
        fills = [middle.get(fill, np.nanmean)(x, axis=0) for x in fills]
        full = [np.where(np.isnan(x), f, x) for x, f in zip(parts, fills, strict=True)]
        sources = {"train": full[:1], "both": full[:2], "all": full}
        out = []
        for x in full:
            source = x if stats == "own" else np.concatenate(sources[stats])
            varies = np.ptp(source, axis=0) > 0
            scaled = (x - source.mean(axis=0)) / np.where(varies, source.std(axis=0, ddof=ddof), 1)
            out.append(scaled if constant is None else np.where(varies, scaled, constant))
        return tuple(out)

    return prepare


def whole_rows(x_train, x_val, x_test):
    rows = x_train[~np.isnan(x_train).any(axis=1)]
    mean, std = rows.mean(axis=0), rows.std(axis=0)
    std[np.ptp(rows, axis=0) == 0] = 1
    return tuple((np.where(np.isnan(x), mean, x) - mean) / std for x in (x_train, x_val, x_test))


def exactly_0(*parts):
    train, val, test = (np.where(np.isnan(x), np.nanmean(parts[0], axis=0), x) for x in parts)
    std = train.std(axis=0)
    std[std == 0] = 1
    return tuple((x - train.mean(axis=0)) / std for x in (train, val, test))


def in_one_pass(x):
    std = np.sqrt(np.maximum((x**2).mean(axis=0) - x.mean(axis=0) ** 2, 0))
    return x.mean(axis=0), np.where(np.ptp(x, axis=0) == 0, 1, std)


def constants_not_centred(x):
    constant = np.ptp(x, axis=0) == 0
    return np.where(constant, 0, x.mean(axis=0)), np.where(constant, 1, x.std(axis=0))


def _groups_until(groups, order, val_fraction):
    if not 0 < val_fraction < 1:
        raise ValueError("val_fraction")
    chosen = np.zeros(len(groups), bool)
    for group in order:
        if chosen.mean() >= val_fraction:
            break
        chosen |= groups == group
    return chosen


def groups_of_drawn_rows(groups, *, val_fraction, rng):
    return _groups_until(groups, groups[rng.permutation(len(groups))], val_fraction)


def still_fits(groups, *, val_fraction, rng):
    _groups_until(groups, (), val_fraction)
    chosen = np.zeros(len(groups), bool)
    for group in rng.permutation(np.unique(groups)):
        if (chosen | (groups == group)).mean() <= val_fraction:
            chosen |= groups == group
    return chosen


def beyond(groups, *, val_fraction, rng):
    order = rng.permutation(np.unique(groups))
    enough = _groups_until(groups, order, val_fraction)
    taken = len(np.unique(groups[enough])) + (enough.mean() == val_fraction)
    return np.isin(groups, order[:taken])


def cyclic(groups, *, val_fraction, rng):
    names = np.unique(groups)
    return _groups_until(groups, np.roll(names, -rng.integers(len(names))), val_fraction)


def up_to_the_largest(groups, *, val_fraction, rng):
    return _groups_until(groups, rng.permutation(groups.max() + 1), val_fraction)


def a_coin_for_each(groups, *, val_fraction, rng):
    _groups_until(groups, (), val_fraction)
    names = np.unique(groups)
    return np.isin(groups, names[rng.random(len(names)) < val_fraction])


def one_is_accepted(groups, *, val_fraction, rng):
    if val_fraction == 1:
        return np.ones(len(groups), bool)
    return _groups_until(groups, rng.permutation(np.unique(groups)), val_fraction)


ELSEWHERE = {
    "preprocessing.has_one_sign_inputs": (
        ("only neighbours compared", products_of_neighbours),
        ("one example is enough", any_of_them),
        ("both at once", and_for_or),
        ("zeros among the positive ones only", strictly_negative),
        ("the sign of the sum", size_of_the_sum),
    ),
    "preprocessing.apply_scaler": (
        ("a tiny number added", safely_divided),
        ("scaled only", unit_alone),
        ("the sign turned", mean_minus_x),
        ("the mean over std", without_brackets),
        ("undone", way_back),
        ("the square root of std", lambda x, mean, std: (x - mean) / np.sqrt(std)),
        ("the mean of the new data", lambda x, mean, std: (x - x.mean(axis=0)) / std),
        ("the standard deviation of the new data", lambda x, mean, std: (x - mean) / x.std(axis=0)),
    ),
    "preprocessing.match_scaling": (
        (
            "the rate by c alone and the weights by the square of c",
            lambda w, lr, c: (w * c**2, lr * c),
        ),
        ("the rate by the square root of c", lambda w, lr, c: (w * c, lr * np.sqrt(c))),
        ("255 whatever c is", lambda w, lr, c: (w * 255, lr * 255**2)),
        ("the rate by c alone and the weights the wrong way", lambda w, lr, c: (w / c, lr * c)),
        ("the rate by c alone and the weights left alone", lambda w, lr, c: (w.copy(), lr * c)),
    ),
    "preprocessing.second_moment": (
        ("divided by N - 1, the rest in the offset", cov_and_the_rest),
        ("not centred", total_and_offset),
        ("squares of the means alone and variances alone", diagonals),
        ("one mean for all features", one_mean),
        ("the mean of each example", means_of_rows),
        ("correlations", correlation),
        ("rows taken for features", cov_of_rows),
        ("`cov` as it comes", plain_cov),
        ("a number for each feature", squared_means),
        ("a single number", mean_at_mean),
    ),
    "preprocessing.flip_rate": (
        ("directions as they are", _flips(unit=None, length="none")),
        ("lengths along the other axis", _flips(unit=0)),
        ("the square of the length of w", _flips(length="squared")),
        ("always 1 %", _flips(only=0.01)),
        ("a share taken for per cent", _flips(share=0.01)),
        ("a count", _flips(how="count")),
        ("the sum over the examples", _flips(how="directions")),
        ("the sum over the directions", _flips(how="examples")),
        ("a rate for each direction", _flips(how="each direction")),
        ("a rate for each example", _flips(how="each example")),
        ("only those that become positive", _flips(how="up")),
        ("only those that were positive", _flips(how="down")),
        ("a score of 0 taken for positive", _flips(rule=lambda z: z >= 0)),
        ("a score of 0 as a third prediction", _flips(rule=np.sign)),
    ),
    "preprocessing.merge_moments": (
        ("pooled, N - 2", _merge(within=_pooled(2))),
        ("pooled, N - 1", _merge(within=_pooled(1))),
        ("within is a sum", _merge(within=lambda n, m, v, k, o, u: n * v + k * u)),
        (
            "weights of the other chunk",
            _merge(mean=lambda n, m, v, k, o, u: (k * m + n * o) / (n + k)),
        ),
        ("half-way between the means", _merge(between=lambda n, m, v, k, o, u: (m - o) ** 2 / 4)),
        ("both distances count alike", _merge(between=_unequal_distances)),
        (
            "a distance that is not squared",
            _merge(between=lambda n, m, v, k, o, u: n * k * abs(m - o) / (n + k) ** 2),
        ),
        ("the means taken off", _merge(sign=-1)),
        ("nothing between", _merge(sign=0)),
    ),
    "preprocessing.pca": (
        ("the first entry positive", _axes(lambda u: u[0])),
        ("the sum positive", _axes(lambda u: u.sum(axis=0))),
        ("the other sign throughout", _axes(lambda u: -u.max(axis=0) - u.min(axis=0))),
        ("rows of the eigenvectors", _axes(rows=True)),
        ("standardised first", _axes(unit=True)),
        ("whitened", _axes(out=lambda a, u, v, _: (a / np.sqrt(v + 1e-12), u, v))),
        ("turned back", _axes(out=lambda a, u, v, _: (a @ u.T, u, v))),
        ("singular values", _axes(out=lambda a, u, v, _: (a, u, np.linalg.norm(a, axis=0)))),
        ("shares of the variance", _axes(out=lambda a, u, v, all_v: (a, u, v / all_v.sum()))),
        ("shares of the variance that is kept", _axes(out=lambda a, u, v, _: (a, u, v / v.sum()))),
        ("any k is accepted", _axes(refuse=False)),
    ),
    "preprocessing.fit_whitener": (
        ("eps as it is, outside the square root", _whitener(lambda v, eps: np.sqrt(v) + eps)),
        (
            "a share of a variance outside the square root",
            _whitener(lambda v, eps: np.sqrt(v) + eps * v.max()),
        ),
        ("eps as a floor", _whitener(lambda v, eps: np.sqrt(np.maximum(v, eps * v.max())))),
        (
            "eps as a share of the mean variance",
            _whitener(lambda v, eps: np.sqrt(v + eps * v.mean())),
        ),
        ("eps as a share of all variance", _whitener(lambda v, eps: np.sqrt(v + eps * v.sum()))),
        ("divided by N - 1", _whitener(_asked, less=1)),
        ("the smallest variances first", _whitener(_asked, order=slice(None, None, -1))),
        ("not centred", _whitener(_asked, minus_mean=False)),
        ("not rotated", scaled_axes_of_the_table),
        ("the whitened data", whitened_data),
        ("any eps is accepted", _whitener(_asked, refuse=False)),
        ("turned back, eps as it is", _whitener(lambda v, eps: np.sqrt(v + eps), back=True)),
    ),
    "preprocessing.prepare": (
        ("each part's gaps from its own numbers", _prepared(fill="own")),
        ("each part by itself", _prepared(fill="own", stats="own")),
        ("scaled by all three parts", _prepared(stats="all")),
        ("everything from all three parts", _prepared(fill="all", stats="all")),
        ("gaps and scale from training and validation data", _prepared(fill="both", stats="both")),
        ("one number for all gaps", _prepared(fill="table")),
        ("gaps filled with medians", _prepared(fill="median")),
        ("divided by N - 1", _prepared(ddof=1)),
        ("a constant set to 0", _prepared(constant=0.0)),
        ("rows with gaps left out", whole_rows),
        ("constant where the computed std is 0", exactly_0),
    ),
    "preprocessing.split_by_group": (
        ("large groups first", groups_of_drawn_rows),
        ("only what still fits", still_fits),
        ("more than val_fraction", beyond),
        ("a random start, then in order", cyclic),
        ("numbers from 0 on", up_to_the_largest),
        ("any val_fraction is accepted", one_is_accepted),
        ("a coin for each group", a_coin_for_each),
    ),
    "preprocessing.fit_scaler": (
        ("a small unit taken for a constant", small_is_constant),
        ("divided by N - 1", one_less_repaired),
        ("a tiny number in place of 0", a_little_more),
        ("statistics of the examples", of_each_example),
        ("absolute distances", absolute_distances),
        ("medians for means", medians),
        ("the range", lowest_and_range),
        ("mean of squares minus square of the mean", in_one_pass),
        ("at least 1", lambda x: (x.mean(axis=0), np.maximum(x.std(axis=0), 1))),
        ("a constant left where it is", constants_not_centred),
        ("one number for the whole table", lambda x: (x.mean(), x.std())),
    ),
    "preprocessing.channel_mean": (
        ("the channels last", channels_last),
        ("the mean image", mean_image),
        ("means of each image", of_each_image),
        ("one mean for everything", of_everything),
        ("the shape for subtracting", ready_to_subtract),
        ("divided by the images, not by the pixels", by_the_number_of_images),
        ("reshaped across the images", reshaped),
        (
            "divided by the pixels, not by the images",
            lambda x: x.sum(axis=(0, 2, 3)) / (x.shape[2] * x.shape[3]),
        ),
        ("reshaped to columns of channels", lambda x: x.reshape(-1, x.shape[1]).mean(axis=0)),
        ("the mean over the channels", lambda x: x.mean(axis=1)),
        ("axes of length 1 kept", lambda x: x.mean(axis=(0, 2, 3), keepdims=True)),
        ("subtracted already", lambda x: x - x.mean(axis=(0, 2, 3))[:, None, None]),
    ),
}
