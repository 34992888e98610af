"""Mutants that answer like the reference on every allowed input, each with the reason why."""

LONG = "rounding of long float32 columns, below the tolerance of float32 for a case of this length"
TINY = "differs for columns whose squares underflow only, below 1e-162: the text promises nothing"
ALL_EQUAL = "differs only when all examples are equal: there are no axes to compare then"
VECTOR = "the size of a vector is its length"

EQUIVALENT: dict[str, dict[str, str]] = {
    "preprocessing.second_moment": {"b0f0c1d80c33": "the product of the rests has no sign"},
    "preprocessing.fit_scaler": {
        "13719439ccf1": LONG,
        "150dfc1e004a": LONG,
        "1c3dded543e2": TINY,
        "812e5d195bd3": "where the standard deviation is 1, 1 is put",
    },
    "preprocessing.merge_moments": {"463a50569c61": "the square of a difference has no sign"},
    "preprocessing.pca": {"6cc5f9bc3894": "a sign is 1 or -1, which is its own inverse"},
    "preprocessing.fit_whitener": {
        "4d25e92a52f5": "the last axis of a matrix is axis 1",
        "734aa15aa632": ALL_EQUAL,
        "85c0f5c3c61d": ALL_EQUAL,
        "5b4bef8d939f": ALL_EQUAL,
    },
    "preprocessing.split_by_group": {"19ca381d481a": VECTOR, "5b12f129b9c1": VECTOR},
}
