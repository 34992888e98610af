"""Wrong answers to lecture 11 that others have written, each with the name it should get."""

import math

import numpy as np

from utils.augmentation import augment, crop, read_bilinear, shift_images

# random_hflip


def fliplr_of_the_batch(x, *, p=0.5, rng):
    """`np.fliplr` reverses axis 1, which is the columns of one grey image and of nothing else."""
    mirrored = rng.random(len(x)) < p
    return np.where(mirrored[:, None, None, None], np.fliplr(x), x)


def fliplr_of_an_image(x, *, p=0.5, rng):
    return np.stack([np.fliplr(img) if rng.random() < p else img for img in x])


def channels_last_flip(x, *, p=0.5, rng):
    out = x.copy()
    for i in range(len(x)):
        if rng.random() < p:
            out[i] = x[i][:, ::-1, :]
    return out


def one_coin(x, *, p=0.5, rng):
    if rng.random() < p:
        return x[:, :, :, ::-1].copy()
    return x.copy()


def greater_than_p(x, *, p=0.5, rng):
    out = x.copy()
    for i in range(len(x)):
        if rng.random() > p:
            out[i] = x[i, :, :, ::-1]
    return out


def a_coin_of_one_half(x, *, p=0.5, rng):
    out = x.copy()
    for i in range(len(x)):
        if rng.integers(2):
            out[i] = x[i, :, :, ::-1]
    return out


# random_crop


def _padded(x, pad, **mode):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), **mode)


def _room(x, size):
    rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
    if rows < 1 or columns < 1:
        raise ValueError("too small")
    return rows, columns


def upper_bound_taken_for_inclusive(x, size, *, pad=0, rng):
    x = _padded(x, pad)
    rows, columns = _room(x, size)
    top = rng.integers(0, rows - 1, len(x)) if rows > 1 else np.zeros(len(x), int)
    left = rng.integers(0, columns - 1, len(x)) if columns > 1 else np.zeros(len(x), int)
    return crop(x, top, left, size)


def upper_bound_and_no_whole_image(x, size, *, pad=0, rng):
    """`integers(0, 0)` raises where the square is as large as the image."""
    x = _padded(x, pad)
    h, w = x.shape[2:]
    return crop(x, rng.integers(0, h - size, len(x)), rng.integers(0, w - size, len(x)), size)


def one_shift_for_all(x, size, *, pad=0, rng):
    x = _padded(x, pad)
    rows, columns = _room(x, size)
    i, j = rng.integers(rows), rng.integers(columns)
    return x[:, :, i : i + size, j : j + size].copy()


def replicated(x, size, *, pad=0, rng):
    x = _padded(x, pad, mode="edge")
    rows, columns = _room(x, size)
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


def reflected(x, size, *, pad=0, rng):
    x = _padded(x, pad, mode="reflect")
    rows, columns = _room(x, size)
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


# adjust_light


def scaled_and_added(x, brightness, contrast, *, high=255.0):
    """`alpha * img + beta`, as image libraries call it."""
    scaled = contrast[:, None, None, None] * x + brightness[:, None, None, None] * high
    return np.clip(scaled, 0, high).astype(x.dtype)


def each_channel_about_its_mean(x, brightness, contrast, *, high=255.0):
    m = x.mean(axis=(2, 3), keepdims=True)
    out = m + contrast[:, None, None, None] * (x - m) + brightness[:, None, None, None] * high
    return np.clip(out, 0, high).astype(x.dtype)


def brightness_as_a_factor(x, brightness, contrast, *, high=255.0):
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    out = m + contrast[:, None, None, None] * (x - m)
    return np.clip(out * (1 + brightness[:, None, None, None]), 0, high).astype(x.dtype)


def light_before_contrast(x, brightness, contrast, *, high=255.0):
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    lit = x + brightness[:, None, None, None] * high
    return np.clip(m + contrast[:, None, None, None] * (lit - m), 0, high).astype(x.dtype)


# shift_colors


def column_stack_of_eigenvectors(x, alpha, evals, evecs, *, high=255.0):
    """`np.column_stack` of a matrix of columns makes rows of them."""
    color = np.column_stack(list(evecs)) @ (alpha * evals).T
    return x + high * color.T[:, :, None, None].astype(x.dtype)


def square_roots(x, alpha, evals, evecs, *, high=255.0):
    color = (evecs * np.sqrt(evals)) @ alpha.T
    return x + high * color.T[:, :, None, None].astype(x.dtype)


def clipped_to_the_range(x, alpha, evals, evecs, *, high=255.0):
    color = alpha * evals @ evecs.T
    return np.clip(x + high * color[:, :, None, None], 0, high).astype(x.dtype)


def added_without_high(x, alpha, evals, evecs, *, high=255.0):
    return x + np.einsum("ni,i,ci->nc", alpha, evals, evecs)[:, :, None, None].astype(x.dtype)


def strength_without_lambda(x, alpha, evals, evecs, *, high=255.0):
    return x + high * (evecs @ alpha.T).T[:, :, None, None].astype(x.dtype)


# affine


def _looked_up(img, a, t, fill, place, read=read_bilinear):
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    _, h, w = img.shape
    columns, rows = np.meshgrid(np.arange(w) - (w - 1) / 2, np.arange(h) - (h - 1) / 2)
    p = place(np.stack([columns.ravel(), rows.ravel()]))
    p = p.reshape(2, h, w)
    return read(img, p[1] + (h - 1) / 2, p[0] + (w - 1) / 2, fill=fill)


def matrix_as_it_is(img, a, t, *, fill=0.0):
    """What libraries do whose matrix leads from the output to the input."""
    return _looked_up(img, a, t, fill, lambda q: a @ q + np.array(t)[:, None])


def shift_after_the_inverse(img, a, t, *, fill=0.0):
    return _looked_up(img, a, t, fill, lambda q: np.linalg.inv(a) @ q - np.array(t)[:, None])


def transposed(img, a, t, *, fill=0.0):
    return _looked_up(img, a, t, fill, lambda q: a.T @ (q - np.array(t)[:, None]))


def nearest_pixel(img, a, t, *, fill=0.0):
    def read(img, rows, columns, *, fill):
        _, h, w = img.shape
        i, j = np.round(rows).astype(int), np.round(columns).astype(int)
        inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
        seen = img[:, i.clip(0, h - 1), j.clip(0, w - 1)]
        return np.where(inside, seen, fill).astype(img.dtype)

    return _looked_up(
        img, a, t, fill, lambda q: np.linalg.inv(a) @ (q - np.array(t)[:, None]), read
    )


def carried_forward(img, a, t, *, fill=0.0):
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    _, h, w = img.shape
    out = np.full_like(img, fill)
    for i in range(h):
        for j in range(w):
            x, y = a @ np.array([j - (w - 1) / 2, i - (h - 1) / 2]) + t
            column, row = round(float(x + (w - 1) / 2)), round(float(y + (h - 1) / 2))
            if 0 <= row < h and 0 <= column < w:
                out[:, row, column] = img[:, i, j]
    return out


def about_half_the_size(img, a, t, *, fill=0.0):
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    _, h, w = img.shape
    inverse = np.linalg.inv(a)
    rows, columns = np.empty((h, w)), np.empty((h, w))
    for i in range(h):
        for j in range(w):
            x, y = inverse @ (np.array([j - w / 2, i - h / 2]) - t)
            rows[i, j], columns[i, j] = y + h / 2, x + w / 2
    return read_bilinear(img, rows, columns, fill=fill)


def about_whole_half(img, a, t, *, fill=0.0):
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    _, h, w = img.shape
    columns, rows = np.meshgrid(np.arange(w) - w // 2, np.arange(h) - h // 2)
    q = np.stack([columns, rows], axis=-1) - t
    p = q @ np.linalg.inv(a).T
    return read_bilinear(img, p[..., 1] + h // 2, p[..., 0] + w // 2, fill=fill)


def as_row_and_column(img, a, t, *, fill=0.0):
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    _, h, w = img.shape
    rows, columns = np.mgrid[:h, :w]
    q = np.stack([rows - (h - 1) / 2, columns - (w - 1) / 2], axis=-1) - t
    p = q @ np.linalg.inv(a).T
    return read_bilinear(img, p[..., 0] + (h - 1) / 2, p[..., 1] + (w - 1) / 2, fill=fill)


# augmented_split


def shuffled_after_growing(x, y, steps, *, n_val, copies, rng):
    images = [x] + [augment(x, steps, rng=rng) for _ in range(copies)]
    labels = [y] * (1 + copies)
    images, labels = np.concatenate(images), np.concatenate(labels)
    order = rng.permutation(len(images))
    n = n_val * (1 + copies)
    val, train = order[:n], order[n:]
    return images[train], labels[train], images[val[:n_val]], labels[val[:n_val]]


def all_images_trained_on(x, y, steps, *, n_val, copies, rng):
    val = rng.permutation(len(x))[:n_val]
    images = np.concatenate([x] + [augment(x, steps, rng=rng) for _ in range(copies)])
    return images, np.tile(y, 1 + copies), x[val], y[val]


def originals_held_out_copies_kept(x, y, steps, *, n_val, copies, rng):
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    images = np.concatenate([x[train]] + [augment(x, steps, rng=rng) for _ in range(copies)])
    labels = np.concatenate([y[train]] + [y] * copies)
    return images, labels, x[val], y[val]


def both_sides_grown(x, y, steps, *, n_val, copies, rng):
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]

    def grown(rows):
        images = np.concatenate([x[rows]] + [augment(x[rows], steps, rng=rng)] * copies)
        return images, np.tile(y[rows], 1 + copies)

    return *grown(train), *(part[: len(val)] for part in grown(val))


def one_copy_repeated(x, y, steps, *, n_val, copies, rng):
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    images = np.concatenate([x[train]] + [augment(x[train], steps, rng=rng)] * copies)
    return images, np.tile(y[train], 1 + copies), x[val], y[val]


def copies_of_copies(x, y, steps, *, n_val, copies, rng):
    """Each copy is made of the one before: they stray further and further."""
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    parts = [x[train]]
    for _ in range(copies):
        parts.append(augment(parts[-1], steps, rng=rng))
    return np.concatenate(parts), np.tile(y[train], 1 + copies), x[val], y[val]


def copies_only(x, y, steps, *, n_val, copies, rng):
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    parts = [augment(x[train], steps, rng=rng) for _ in range(1 + copies)]
    return np.concatenate(parts), np.tile(y[train], 1 + copies), x[val], y[val]


# mixup


def _share(lam):
    if lam < 0 or lam > 1:
        raise ValueError("no share")


def partner_kept_for_later(x, targets, lam, partners):
    """The images are mixed; the loss was to be mixed by the caller, who is not there."""
    _share(lam)
    return lam * x + (1 - lam) * x[partners], targets


def never_less_than_half(x, targets, lam, partners):
    """lam = max(lam, 1 - lam), so that an image always remains mostly itself."""
    _share(lam)
    lam = max(lam, 1 - lam)
    return lam * x + (1 - lam) * x[partners], lam * targets + (1 - lam) * targets[partners]


def batch_reversed(x, targets, lam, partners):
    _share(lam)
    return lam * x + (1 - lam) * x[::-1], lam * targets + (1 - lam) * targets[::-1]


def mixed_in_turn(x, targets, lam, partners):
    """In place: partners that come earlier have been mixed already."""
    _share(lam)
    x, targets = x.copy(), targets.copy()
    for n, m in enumerate(partners):
        x[n] = lam * x[n] + (1 - lam) * x[m]
        targets[n] = lam * targets[n] + (1 - lam) * targets[m]
    return x, targets


# cutout


def _centres(x, rows, columns):
    if min(rows.min(), columns.min()) < 0 or (rows >= x.shape[2]).any():
        raise ValueError("outside")
    if (columns >= x.shape[3]).any():
        raise ValueError("outside")


def half_on_both_sides(x, rows, columns, side, *, fill=0.0):
    """From centre - side // 2 to centre + side // 2: an odd side loses one."""
    _centres(x, rows, columns)
    out, (h, w) = x.copy(), x.shape[2:]
    for n, (i, j) in enumerate(zip(rows, columns, strict=True)):
        top, bottom = np.clip(i - side // 2, 0, h), np.clip(i + side // 2, 0, h)
        left, right = np.clip(j - side // 2, 0, w), np.clip(j + side // 2, 0, w)
        out[n, :, top:bottom, left:right] = fill
    return out


def side_for_half_a_side(x, rows, columns, side, *, fill=0.0):
    _centres(x, rows, columns)
    out = x.copy()
    for n, (i, j) in enumerate(zip(rows, columns, strict=True)):
        out[n, :, max(i - side, 0) : i + side, max(j - side, 0) : j + side] = fill
    return out


def upper_end_included(x, rows, columns, side, *, fill=0.0):
    _centres(x, rows, columns)
    out, half = x.copy(), side // 2
    for n, (i, j) in enumerate(zip(rows, columns, strict=True)):
        out[n, :, max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1] = fill
    return out


def never_over_the_border(x, rows, columns, side, *, fill=0.0):
    _centres(x, rows, columns)
    out, (h, w) = x.copy(), x.shape[2:]
    for n, (i, j) in enumerate(zip(rows, columns, strict=True)):
        top = min(max(i - side // 2, 0), max(h - side, 0))
        left = min(max(j - side // 2, 0), max(w - side, 0))
        out[n, :, top : top + side, left : left + side] = fill
    return out


def unclipped(x, rows, columns, side, *, fill=0.0):
    _centres(x, rows, columns)
    out = x.copy()
    for n, (i, j) in enumerate(zip(rows, columns, strict=True)):
        top, left = i - side // 2, j - side // 2
        out[n, :, top : top + side, left : left + side] = fill
    return out


def width_and_height_swapped(x, rows, columns, side, *, fill=0.0):
    _centres(x, rows, columns)
    out = x.copy()
    for n, (j, i) in enumerate(zip(rows, columns, strict=True)):
        top, left = i - side // 2, j - side // 2
        out[n, :, max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = fill
    return out


# shift_sensitivity


def probabilities_moved(predict, x, dx):
    return float(np.abs(predict(x) - predict(shift_images(x, dx))).mean())


def rolled_images(predict, x, dx):
    before = predict(x).argmax(axis=1)
    return float((before != predict(np.roll(x, dx, axis=-1)).argmax(axis=1)).mean())


def best_image_of_a_class(predict, x, dx):
    return float(np.mean(predict(x).argmax(axis=0) != predict(shift_images(x, dx)).argmax(axis=0)))


def counted(predict, x, dx):
    return float((predict(x).argmax(1) != predict(shift_images(x, dx)).argmax(1)).sum())


# ten_crop


def _five(img, size, round_half):
    h, w = img.shape[1:]
    if h < size or w < size:
        raise ValueError("too small")
    i, j = round_half((h - size) / 2), round_half((w - size) / 2)
    corners = [(0, 0), (0, w - size), (h - size, 0), (h - size, w - size), (i, j)]
    return np.stack([img[:, i : i + size, j : j + size] for i, j in corners])


def five_of_the_mirrored_image(img, size):
    """What a well-known library does: the image is mirrored first."""
    return np.concatenate([_five(img, size, math.floor), _five(img[:, :, ::-1], size, math.floor)])


def centre_rounded(img, size):
    five = _five(img, size, math.ceil)
    return np.concatenate([five, five[..., ::-1]])


def each_with_its_mirror(img, size):
    views = []
    for view in _five(img, size, math.floor):
        views += [view, view[..., ::-1]]
    return np.stack(views)


def x_before_y(img, size):
    """Corners as pairs (x, y), with x in the outer loop."""
    five = _five(img, size, math.floor)[[0, 2, 1, 3, 4]]
    return np.concatenate([five, five[..., ::-1]])


def flipped_upside_down(img, size):
    five = _five(img, size, math.floor)
    return np.concatenate([five, five[:, :, ::-1]])


# topk_error


def _guessed(k, scores):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(k)


def last_k_of_argsort(scores, y, k):
    _guessed(k, scores)
    top = np.argsort(scores, axis=1, kind="stable")[:, -k:]
    return float(1 - (top == y[:, None]).any(axis=1).mean())


def any_order_of_equals(scores, y, k):
    """`argsort` as it is does not keep the order of equals."""
    _guessed(k, scores)
    top = np.argsort(-scores, axis=1)[:, :k]
    return float(1 - (top == y[:, None]).any(axis=1).mean())


def per_cent(scores, y, k):
    _guessed(k, scores)
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(100 * (1 - (top == y[:, None]).any(axis=1).mean()))


def top_accuracy(scores, y, k):
    _guessed(k, scores)
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((top == y[:, None]).any(axis=1).mean())


def ascending(scores, y, k):
    _guessed(k, scores)
    top = scores.argsort(axis=1)[:, :k]
    return float(1 - (top == y[:, None]).any(axis=1).mean())


# conv_output_size


def _window(size, k, pad):
    if k > size + 2 * pad:
        raise ValueError("too large")


def one_added_too_early(size, k, *, stride=1, pad=0):
    _window(size, k, pad)
    return (size - k + 2 * pad + 1) // stride


def true_division(size, k, *, stride=1, pad=0):
    _window(size, k, pad)
    return 1 + (size + 2 * pad - k) / stride


def no_one_added(size, k, *, stride=1, pad=0):
    _window(size, k, pad)
    return (size - k + 2 * pad) // stride


# conv_params


def _groups(c_in, c_out, groups):
    if c_in % groups or c_out % groups:
        raise ValueError("groups")


def plus_one_for_each_filter(k, c_in, c_out, *, groups=1, bias=True):
    _groups(c_in, c_out, groups)
    return (k * k * c_in // groups + 1) * c_out


def groups_of_both(k, c_in, c_out, *, groups=1, bias=True):
    _groups(c_in, c_out, groups)
    return k * k * (c_in // groups) * (c_out // groups) + bias * c_out


# receptive_fields


def jump_first(layers):
    sizes, seen, jump = [], 1, 1
    for k, s in layers:
        jump = jump * s
        seen = seen + (k - 1) * jump
        sizes.append(seen)
    return sizes


def jumps_of_what_follows(layers):
    """A recursion that multiplies the strides of the layers above, not of those below."""
    sizes = []
    for n in range(1, len(layers) + 1):
        seen, jump = 1, 1
        for k, s in layers[:n][::-1]:
            jump *= s
            seen += (k - 1) * jump
        sizes.append(seen)
    return sizes


def windows_multiplied(layers):
    return [int(np.prod([k for k, _ in layers[: n + 1]])) for n in range(len(layers))]


def seen_times_stride(layers):
    """From the first layer on, what holds from the last layer down."""
    sizes, seen = [], 1
    for k, s in layers:
        seen = (seen - 1) * s + k
        sizes.append(seen)
    return sizes


ELSEWHERE = {
    "augmentation.random_hflip": (
        ("channels exchanged", fliplr_of_the_batch),
        ("upside down", fliplr_of_an_image),
        ("upside down", channels_last_flip),
        ("one draw for the batch", one_coin),
        ("p of staying", greater_than_p),
        ("one half, whatever p is", a_coin_of_one_half),
    ),
    "augmentation.random_crop": (
        ("the last place left out", upper_bound_taken_for_inclusive),
        ("the last place left out, or the only one refused", upper_bound_and_no_whole_image),
        ("one place for the batch", one_shift_for_all),
        ("other pixels in place of zeros", replicated),
        ("other pixels in place of zeros", reflected),
    ),
    "augmentation.adjust_light": (
        ("contrast about black", scaled_and_added),
        ("a mean for each channel", each_channel_about_its_mean),
        ("brightness as a factor", brightness_as_a_factor),
        ("brightness multiplied, too", light_before_contrast),
    ),
    "augmentation.shift_colors": (
        ("rows in place of columns", column_stack_of_eigenvectors),
        ("standard deviations in place of variances", square_roots),
        ("clipped", clipped_to_the_range),
        ("`high` forgotten", added_without_high),
        ("no λ", strength_without_lambda),
    ),
    "augmentation.affine": (
        ("the way there in place of the way from", matrix_as_it_is),
        ("shift undone in the wrong order", shift_after_the_inverse),
        ("transposed in place of inverted", transposed),
        ("the nearest pixel", nearest_pixel),
        ("carried forward", carried_forward),
        ("half a pixel off", about_half_the_size),
        ("half a pixel off", about_whole_half),
        ("rows and columns exchanged", as_row_and_column),
    ),
    "augmented.augmented_split": (
        ("copies made before the split", shuffled_after_growing),
        ("validation images trained on", all_images_trained_on),
        ("copies of validation images trained on", originals_held_out_copies_kept),
        ("one change, many copies", both_sides_grown),
        ("one change, many copies", one_copy_repeated),
        ("copies of copies", copies_of_copies),
        ("originals changed, too", copies_only),
    ),
    "mixing.mixup": (
        ("targets not mixed", partner_kept_for_later),
        ("never less than half", never_less_than_half),
        ("the batch reversed", batch_reversed),
        ("mixed in turn", mixed_in_turn),
    ),
    "mixing.cutout": (
        ("an odd side loses one", half_on_both_sides),
        ("side taken for half a side", side_for_half_a_side),
        ("one row and column too many", upper_end_included),
        ("pushed inside", never_over_the_border),
        ("nothing at the border", unclipped),
        ("rows and columns exchanged", width_and_height_swapped),
    ),
    "augmentation.shift_sensitivity": (
        ("scores in place of classes", probabilities_moved),
        ("images that wrap around", rolled_images),
        ("the best image of each class", best_image_of_a_class),
        ("number in place of share", counted),
    ),
    "augmentation.ten_crop": (
        ("mirrored before it was cut", five_of_the_mirrored_image),
        ("centre rounded up", centre_rounded),
        ("each view beside its mirror image", each_with_its_mirror),
        ("corners column by column", x_before_y),
        ("upside down", flipped_upside_down),
    ),
    "architectures.topk_error": (
        ("the later of equals", last_k_of_argsort),
        ("any order of equals", any_order_of_equals),
        ("in per cent", per_cent),
        ("the share that is right", top_accuracy),
        ("the lowest scores", ascending),
    ),
    "architectures.conv_output_size": (
        ("one added before the division", one_added_too_early),
        ("a fraction of a place", true_division),
        ("steps in place of places", no_one_added),
    ),
    "architectures.conv_params": (
        ("always a bias", plus_one_for_each_filter),
        ("fewer filters by groups", groups_of_both),
    ),
    "architectures.receptive_fields": (
        ("own stride counted too early", jump_first),
        ("strides of the layers above", jumps_of_what_follows),
        ("product of the windows", windows_multiplied),
        ("what was seen times the stride", seen_times_stride),
    ),
}
