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
    ),
    "preprocessing.split_by_group": (("large groups first", groups_of_drawn_rows),),
    "preprocessing.fit_scaler": (
        ("a small unit taken for a constant", small_is_constant),
        ("divided by N - 1", one_less_repaired),
        ("a tiny number in place of 0", a_little_more),
        ("statistics of the examples", of_each_example),
        ("absolute distances", absolute_distances),
        ("medians for means", medians),
        ("the range", lowest_and_range),
    ),
    "preprocessing.channel_mean": (
        ("the channels last", channels_last),
        ("the mean image", mean_image),
        ("means of each image", of_each_image),
        ("one mean for everything", of_everything),
        ("the shape for subtracting", ready_to_subtract),
        ("divided by the images, not by the pixels", by_the_number_of_images),
        ("reshaped across the images", reshaped),
    ),
}
