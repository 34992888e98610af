"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SIZES = "the last two of four axes are counted from either end"

EQUIVALENT: dict[str, dict[str, str]] = {
    "augmentation.random_hflip": {
        "2aa188ecb260": "differs when a random float equals p to the last bit: probability 2^-53",
    },
    "augmentation.random_crop": {"8fe8ab529d86": SIZES},
    "augmentation.affine": {"2183f38f8812": "a point has two numbers, so the second is the last"},
    "mixing.cutout": {"6bef861d1e93": SIZES},
    "architectures.topk_error": {"8a54afeb94cb": "the last axis of a matrix is axis 1"},
}
