"""Lecture 11, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

from collections.abc import Callable

import numpy as np

from utils.augmentation import crop, read_bilinear, shift_images

# random_hflip


def random_hflip_loop(x, *, p=0.5, rng):
    out = x.copy()
    for n in range(len(x)):
        if rng.random() < p:
            out[n] = x[n, :, :, ::-1]
    return out


def random_hflip_rows(x, *, p=0.5, rng):
    out = np.array(x)
    chosen = rng.uniform(size=len(x)) >= 1 - p
    out[chosen] = np.flip(x[chosen], axis=-1)
    return out


# random_crop


def random_crop_loop(x, size, *, pad=0, rng):
    n, c, h, w = x.shape
    framed = np.zeros((n, c, h + 2 * pad, w + 2 * pad), x.dtype)
    framed[:, :, pad : pad + h, pad : pad + w] = x
    if h + 2 * pad < size or w + 2 * pad < size:
        raise ValueError("too small")
    out = np.empty((n, c, size, size), x.dtype)
    for k in range(n):
        i = rng.integers(0, h + 2 * pad - size, endpoint=True)
        j = rng.integers(0, w + 2 * pad - size, endpoint=True)
        out[k] = framed[k, :, i : i + size, j : j + size]
    return out


def random_crop_floats(x, size, *, pad=0, rng):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
    if min(rows, columns) <= 0:
        raise ValueError("too small")
    top, left = (rng.random((2, len(x))) * [[rows], [columns]]).astype(int)
    return crop(x, top, left, size)


# adjust_light


def adjust_light_loop(x, brightness, contrast, *, high=255.0):
    out = np.empty_like(x)
    for n, img in enumerate(x):
        grey = img.mean()
        img = grey + float(contrast[n]) * (img - grey) + float(brightness[n]) * high
        out[n] = np.minimum(np.maximum(img, 0), high)
    return out


def adjust_light_weighted(x, brightness, contrast, *, high=255.0):
    flat = x.reshape(len(x), -1)
    m = flat.mean(axis=1, keepdims=True)
    c, b = contrast[:, None], brightness[:, None]
    return (c * flat + (1 - c) * m + high * b).clip(0, high).reshape(x.shape).astype(x.dtype)


# shift_colors


def shift_colors_loop(x, alpha, evals, evecs, *, high=255.0):
    out = x.copy()
    for n in range(len(x)):
        for i in range(len(evals)):
            for c in range(x.shape[1]):
                out[n, c] += high * alpha[n, i] * evals[i] * evecs[c, i]
    return out


def shift_colors_einsum(x, alpha, evals, evecs, *, high=255.0):
    color = np.einsum("ni,i,ci->nc", alpha, evals, evecs) * high
    return x + color.astype(x.dtype).reshape(len(x), -1, 1, 1)


# affine


def affine_loop(img, a, t, *, fill=0.0):
    if abs(np.linalg.det(a)) < 1e-12:
        raise ValueError("not invertible")
    _, height, width = img.shape
    rows, columns = np.empty((height, width)), np.empty((height, width))
    for i in range(height):
        for j in range(width):
            q = np.array([j - (width - 1) / 2, i - (height - 1) / 2])
            x, y = np.linalg.solve(a, q - t)
            rows[i, j], columns[i, j] = y + (height - 1) / 2, x + (width - 1) / 2
    return read_bilinear(img, rows, columns, fill=fill)


def affine_columns(img, a, t, *, fill=0.0):
    (p, q), (r, s) = a
    det = p * s - q * r
    if det == 0:
        raise ValueError("not invertible")
    height, width = img.shape[1:]
    y, x = np.mgrid[:height, :width]
    x, y = x - (width - 1) / 2 - t[0], y - (height - 1) / 2 - t[1]
    columns, rows = (s * x - q * y) / det, (p * y - r * x) / det
    return read_bilinear(img, rows + (height - 1) / 2, columns + (width - 1) / 2, fill=fill)


# augmented_split


def augmented_split_mask(x, y, steps, *, n_val, copies, rng):
    is_val = rng.permutation(len(x)) < n_val
    images, labels = [x[~is_val]], [y[~is_val]]
    for _ in range(copies):
        changed = x[~is_val]
        for step in steps:
            changed = step(changed, rng=rng)
        images.append(changed)
        labels.append(y[~is_val])
    return np.concatenate(images), np.concatenate(labels), x[is_val], y[is_val]


def augmented_split_repeat(x, y, steps, *, n_val, copies, rng):
    val = rng.choice(len(x), n_val, replace=False)
    train = np.setdiff1d(np.arange(len(x)), val)
    changed = np.repeat(x[train], copies, axis=0)
    for step in steps:
        changed = step(changed, rng=rng)
    x_train = np.concatenate([x[train], changed])
    y_train = np.concatenate([y[train], np.repeat(y[train], copies)])
    shuffled = rng.permutation(len(x_train))
    return x_train[shuffled], y_train[shuffled], x[val], y[val]


# mixup


def mixup_loop(x, targets, lam, partners):
    if lam < 0 or lam > 1:
        raise ValueError(lam)
    x_mixed, targets_mixed = np.empty_like(x), np.empty_like(targets)
    for n, m in enumerate(partners):
        x_mixed[n] = x[m] + lam * (x[n] - x[m])
        targets_mixed[n] = targets[m] + lam * (targets[n] - targets[m])
    return x_mixed, targets_mixed


def mixup_matrix(x, targets, lam, partners):
    if not 0.0 <= lam <= 1.0:
        raise ValueError(lam)
    mixing = lam * np.eye(len(x)) + (1 - lam) * np.eye(len(x))[partners]
    mixing = mixing.astype(x.dtype)
    return np.tensordot(mixing, x, axes=1), mixing @ targets


# cutout


def cutout_mask(x, rows, columns, side, *, fill=0.0):
    height, width = x.shape[2:]
    if rows.min() < 0 or rows.max() >= height or columns.min() < 0 or columns.max() >= width:
        raise ValueError("outside")
    i = np.arange(height) - (rows - side // 2)[:, None]
    j = np.arange(width) - (columns - side // 2)[:, None]
    inside = ((i >= 0) & (i < side))[:, :, None] & ((j >= 0) & (j < side))[:, None, :]
    return np.where(inside[:, None], x.dtype.type(fill), x)


def cutout_pixels(x, rows, columns, side, *, fill=0.0):
    height, width = x.shape[2:]
    out = np.array(x)
    for n, (row, column) in enumerate(zip(rows, columns, strict=True)):
        if not (0 <= row < height and 0 <= column < width):
            raise ValueError("outside")
        for i in range(row - side // 2, row - side // 2 + side):
            for j in range(column - side // 2, column - side // 2 + side):
                if 0 <= i < height and 0 <= j < width:
                    out[n, :, i, j] = fill
    return out


# shift_sensitivity


def shift_sensitivity_count(predict, x, dx):
    before, after = predict(x), predict(shift_images(x, dx, 0))
    changed = [a.argmax() != b.argmax() for a, b in zip(before, after, strict=True)]
    return sum(changed) / len(changed)


def shift_sensitivity_by_hand(predict, x, dx):
    moved = np.zeros_like(x)
    width = x.shape[3]
    for j in range(width):
        if 0 <= j - dx < width:
            moved[..., j] = x[..., j - dx]
    same = np.argmax(predict(x), axis=1) == np.argmax(predict(moved), axis=1)
    return 1 - float(same.mean())


# ten_crop


def ten_crop_list(img, size):
    _, height, width = img.shape
    if size > height or size > width:
        raise ValueError("too small")
    down, right = (height - size) // 2, (width - size) // 2
    views = [
        img[:, :size, :size],
        img[:, :size, width - size :],
        img[:, height - size :, :size],
        img[:, height - size :, width - size :],
        img[:, down : down + size, right : right + size],
    ]
    return np.array(views + [np.flip(view, axis=2) for view in views])


def ten_crop_windows(img, size):
    if size > min(img.shape[1:]):
        raise ValueError("too small")
    windows = np.lib.stride_tricks.sliding_window_view(img, (size, size), axis=(1, 2))
    last_row, last_column = windows.shape[1] - 1, windows.shape[2] - 1
    rows = [0, 0, last_row, last_row, last_row // 2]
    columns = [0, last_column, 0, last_column, last_column // 2]
    five = windows[:, rows, columns].transpose(1, 0, 2, 3)
    return np.vstack([five, five[:, :, :, ::-1]])


# topk_error


def topk_error_rank(scores, y, k):
    if k < 1 or k > scores.shape[1]:
        raise ValueError(k)
    own = scores[np.arange(len(y)), y][:, None]
    earlier = np.arange(scores.shape[1]) < y[:, None]
    before = (scores > own) | ((scores == own) & earlier)
    return float((before.sum(axis=1) >= k).mean())


def topk_error_loop(scores, y, k):
    if k not in range(1, scores.shape[1] + 1):
        raise ValueError(k)
    wrong = 0
    for row, right in zip(scores, y, strict=True):
        guesses = sorted(range(len(row)), key=lambda c, row=row: (-row[c], c))[:k]
        wrong += right not in guesses
    return wrong / len(y)


# conv_output_size


def conv_output_size_count(size, k, *, stride=1, pad=0):
    starts = range(-pad, size + pad - k + 1, stride)
    if not starts:
        raise ValueError("does not fit")
    return len(starts)


def conv_output_size_loop(size, k, *, stride=1, pad=0):
    rows = size + pad + pad
    if rows < k:
        raise ValueError("does not fit")
    places, start = 0, 0
    while start + k <= rows:
        places, start = places + 1, start + stride
    return places


# conv_params


def conv_params_by_group(k, c_in, c_out, *, groups=1, bias=True):
    if c_in % groups != 0 or c_out % groups != 0:
        raise ValueError("groups")
    weights = sum((c_out // groups) * (c_in // groups) * k**2 for _ in range(groups))
    return weights + (c_out if bias else 0)


def conv_params_by_filter(k, c_in, c_out, *, groups=1, bias=True):
    channels, rest = divmod(c_in, groups)
    if rest or c_out % groups:
        raise ValueError("groups")
    one = k * k * channels
    if bias:
        one += 1
    return one * c_out


# receptive_fields


def receptive_fields_backwards(layers):
    sizes = []
    for n in range(1, len(layers) + 1):
        seen = 1
        for k, stride in reversed(layers[:n]):
            seen = (seen - 1) * stride + k
        sizes.append(seen)
    return sizes


def receptive_fields_products(layers):
    jumps = [1]
    for _, stride in layers:
        jumps.append(jumps[-1] * stride)
    grown = [(k - 1) * jump for (k, _), jump in zip(layers, jumps, strict=False)]
    return [1 + sum(grown[: n + 1]) for n in range(len(layers))]


STYLES: dict[str, tuple[Callable, ...]] = {
    "augmentation.random_hflip": (random_hflip_loop, random_hflip_rows),
    "augmentation.random_crop": (random_crop_loop, random_crop_floats),
    "augmentation.adjust_light": (adjust_light_loop, adjust_light_weighted),
    "augmentation.shift_colors": (shift_colors_loop, shift_colors_einsum),
    "augmentation.affine": (affine_loop, affine_columns),
    "augmented.augmented_split": (augmented_split_mask, augmented_split_repeat),
    "mixing.mixup": (mixup_loop, mixup_matrix),
    "mixing.cutout": (cutout_mask, cutout_pixels),
    "augmentation.shift_sensitivity": (shift_sensitivity_count, shift_sensitivity_by_hand),
    "augmentation.ten_crop": (ten_crop_list, ten_crop_windows),
    "architectures.topk_error": (topk_error_rank, topk_error_loop),
    "architectures.conv_output_size": (conv_output_size_count, conv_output_size_loop),
    "architectures.conv_params": (conv_params_by_group, conv_params_by_filter),
    "architectures.receptive_fields": (receptive_fields_backwards, receptive_fields_products),
}
