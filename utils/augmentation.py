"""Data augmentation: new training images from old ones, and many views of one image at test time.

Images are ``(N, C, H, W)``, one image ``(C, H, W)``. What is drawn is drawn anew for every image.
The label of an image stays what it was, so choose changes that leave the answer right: a mirrored
cat is a cat, a mirrored 2 is no digit.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce


def augment(
    x: Float[np.ndarray, "n c h w"], steps: Sequence[Callable], *, rng: np.random.Generator
) -> Float[np.ndarray, "n c h w"]:
    """A pipeline: x is passed through every step in turn, x <- step(x, rng=rng).

    Args:
        x: a batch of images. Row n of the result is a new version of row n, so labels keep.
        steps: functions of images and ``rng``, in order, for example
            ``[random_hflip, functools.partial(random_crop, size=32, pad=4)]``.
        rng: drawn from by every step, one after the other.

    Returns:
        x_new: the changed images, always a new array.

    Raises:
        ValueError: if a step changes the shape, because the network expects it.

    Source: syllabus AUG-01.
    """
    x_new = x.copy()
    for step in steps:
        x_new = step(x_new, rng=rng)
        if x_new.shape != x.shape:
            raise ValueError(f"a step made {x_new.shape} of images of shape {x.shape}: {step}")
    return x_new


def hflip(x: Float[np.ndarray, "n c h w"]) -> Float[np.ndarray, "n c h w"]:
    """Mirror left and right: out[n, c, i, j] = x[n, c, i, W - 1 - j].

    Args:
        x: images.

    Returns:
        out: a new array; flipping it again gives ``x``.

    Source: Krizhevsky et al. 2012; syllabus AUG-02.
    """
    return x[..., ::-1].copy()


def random_hflip(
    x: Float[np.ndarray, "n c h w"], *, p: float = 0.5, rng: np.random.Generator
) -> Float[np.ndarray, "n c h w"]:
    """Mirror each image with probability p, left and right.

    Args:
        x: images.
        p: probability that an image is mirrored. Every image has its own draw.
        rng: draws which images are mirrored.

    Returns:
        out: each image as it was or mirrored, in a new array.

    Source: Krizhevsky et al. 2012; syllabus AUG-02.
    """
    mirrored = rng.random(len(x)) < p
    return np.where(mirrored[:, None, None, None], x[..., ::-1], x)


def crop(
    x: Float[np.ndarray, "n c h w"],
    top: Int[np.ndarray, " n"],
    left: Int[np.ndarray, " n"],
    size: int,
) -> Float[np.ndarray, "n c {size} {size}"]:
    """Cut a square out of each image: out[n, c, i, j] = x[n, c, top_n + i, left_n + j].

    Args:
        x: images.
        top: first row of the square, one number for each image, 0 <= top <= H - size.
        left: first column of the square, likewise.
        size: side of the square.

    Returns:
        out: the squares.

    Raises:
        ValueError: if a square does not lie inside its image.

    Source: syllabus AUG-03.
    """
    height, width = x.shape[2:]
    if np.any((top < 0) | (top > height - size) | (left < 0) | (left > width - size)):
        raise ValueError(
            f"squares of side {size} must lie inside images of {height} x {width}, "
            f"but top is {top} and left is {left}"
        )
    squares = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    return squares[np.arange(len(x)), :, top, left]


def random_crop(
    x: Float[np.ndarray, "n c h w"], size: int, *, pad: int = 0, rng: np.random.Generator
) -> Float[np.ndarray, "n c {size} {size}"]:
    """A random square of each image, every possible place equally likely.

    Args:
        x: images.
        size: side of the square.
        pad: frame of zeros put around each image first. With ``size`` = H = W it makes random
            shifts by up to ``pad`` pixels, the usual augmentation for images of 32 x 32.
        rng: draws the places, one for each image.

    Returns:
        out: the squares.

    Raises:
        ValueError: if the padded image is smaller than the square.

    Solution:
        There are H + 2 pad - size + 1 first rows and W + 2 pad - size + 1 first columns.

    Source: He et al. 2016; syllabus AUG-03, AUG-08.
    """
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
    if rows < 1 or columns < 1:
        raise ValueError(
            f"x has images of {x.shape[2]} x {x.shape[3]} with padding, too small for squares of "
            f"side {size}"
        )
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


def resize(
    x: Float[np.ndarray, "n c h w"], height: int, width: int
) -> Float[np.ndarray, "n c {height} {width}"]:
    """Scale images by bilinear interpolation between the four nearest pixels.

    Args:
        x: images.
        height: rows of the result.
        width: columns of the result.

    Returns:
        out: pixel (i, j) is read at row (i + 1/2) H / height - 1/2, column likewise: the edges of
        both images coincide. Beyond the outermost pixel centres the image goes on unchanged.

    Shrinking to less than half skips pixels; real programs blur the image first.

    Source: syllabus AUG-03.
    """

    def read_at(new: int, old: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        before = np.floor(place).astype(int)
        after = np.minimum(before + 1, old - 1)
        return before, after, (place - before).astype(x.dtype)

    above, below, down = read_at(height, x.shape[2])
    before, after, right = read_at(width, x.shape[3])
    rows = x[:, :, above] * (1 - down[:, None]) + x[:, :, below] * down[:, None]
    return rows[..., before] * (1 - right) + rows[..., after] * right


def resize_short_side(
    x: Float[np.ndarray, "n c h w"], side: int
) -> Float[np.ndarray, "n c new_h new_w"]:
    """Scale images so that the shorter side has ``side`` pixels; the proportions stay.

    Args:
        x: images.
        side: length of the shorter side afterwards. The longer side is rounded to whole pixels.

    Returns:
        out: the scaled images.

    Source: Simonyan and Zisserman 2015; syllabus AUG-03, AUG-04.
    """
    height, width = x.shape[2:]
    scale = side / min(height, width)
    return resize(x, round(height * scale), round(width * scale))


def random_scale_crop(
    x: Float[np.ndarray, "n c h w"],
    size: int,
    *,
    short_sides: tuple[int, int] = (256, 480),
    rng: np.random.Generator,
) -> Float[np.ndarray, "n c {size} {size}"]:
    """Random scale, then random place: short side L drawn from [low, high], then a random square.

    Args:
        x: images.
        size: side of the square; for ResNet 224.
        short_sides: low and high. For every image a whole number L is drawn between them, both
            included, and the image is scaled so that its shorter side is L.
        rng: draws scales and places.

    Returns:
        out: the squares. Small L shows much of the object, large L a detail.

    Raises:
        ValueError: if low is smaller than ``size`` or larger than high.

    Source: He et al. 2016; syllabus AUG-03.
    """
    low, high = short_sides
    if not size <= low <= high:
        raise ValueError(f"expected size <= low <= high, but size={size}, low={low}, high={high}")
    squares = [
        random_crop(resize_short_side(image[None], side), size, rng=rng)
        for image, side in zip(x, rng.integers(low, high + 1, len(x)).tolist(), strict=True)
    ]
    return np.concatenate(squares) if squares else x[:, :, :size, :size].copy()


def ten_crop(img: Float[np.ndarray, "c h w"], size: int) -> Float[np.ndarray, "10 c {size} {size}"]:
    """Ten views of one image for testing: four corners and the centre, and their mirror images.

    Args:
        img: one image.
        size: side of the squares.

    Returns:
        views: in the order top left, top right, bottom left, bottom right, centre, then the same
        five mirrored. The centre begins at row (H - size) // 2 and column (W - size) // 2.

    Average the ten predictions. For several scales join the views of
    ``resize_short_side(img[None], s)[0]``: ResNet uses s = 224, 256, 384, 480, 640, 50 views.

    Raises:
        ValueError: if the image is smaller than the square.

    Source: Krizhevsky et al. 2012; syllabus AUG-04.
    """
    height, width = img.shape[1:]
    bottom, right = height - size, width - size
    if bottom < 0 or right < 0:
        raise ValueError(f"img has {height} x {width} pixels, too few for squares of side {size}")
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    views = np.stack([img[:, i : i + size, j : j + size] for i, j in corners])
    return np.concatenate([views, views[..., ::-1]])


def adjust_light(
    x: Float[np.ndarray, "n c h w"],
    brightness: Float[np.ndarray, " n"],
    contrast: Float[np.ndarray, " n"],
    *,
    high: float = 255.0,
) -> Float[np.ndarray, "n c h w"]:
    """Set brightness and contrast of each image, first the contrast, then the brightness.

    Args:
        x: images with pixels from 0 to ``high``, not centred.
        brightness: what is added to every pixel, in shares of ``high``: 0 for no change, 0.1 for
            a tenth of the range. One number for each image.
        contrast: factor of the distance of every pixel from the mean m of its image, over all
            pixels and channels: 1 for no change, 0 for a uniform grey. One number for each image.
        high: the largest value of a pixel.

    Returns:
        out: the new images. What would lie below 0 becomes 0, what would lie above ``high``
        becomes ``high``, at the very end.

    Solution:
        out = clip(m + contrast (x - m) + brightness high, 0, high).

    Source: syllabus AUG-05.
    """
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    contrast = contrast.astype(x.dtype)[:, None, None, None]
    brightness = brightness.astype(x.dtype)[:, None, None, None]
    return np.clip(m + contrast * (x - m) + brightness * high, 0, high)


def color_jitter(
    x: Float[np.ndarray, "n c h w"],
    *,
    brightness: float = 0.2,
    contrast: float = 0.2,
    high: float = 255.0,
    rng: np.random.Generator,
) -> Float[np.ndarray, "n c h w"]:
    """Random brightness and contrast for every image, clipped to [0, high].

    Args:
        x: images with pixels from 0 to ``high``, not centred: jitter first, centre afterwards.
        brightness: the change of brightness is uniform in [-brightness, brightness] times high.
        contrast: the factor of contrast is uniform in [1 - contrast, 1 + contrast].
        high: the largest value of a pixel.
        rng: draws both numbers for every image.

    Returns:
        out: what :func:`adjust_light` makes of the drawn numbers.

    Source: syllabus AUG-05.
    """
    b = rng.uniform(-brightness, brightness, len(x))
    c = rng.uniform(1 - contrast, 1 + contrast, len(x))
    return adjust_light(x, b, c, high=high)


def fit_color_pca(
    x: Float[np.ndarray, "n c h w"], *, high: float = 255.0
) -> tuple[Float[np.ndarray, " c"], Float[np.ndarray, "c c"]]:
    """Principal colours of the training images: covariance of pixels = P diag(lambda) P^T.

    Args:
        x: training images. Every pixel is one point in the space of the C = 3 colours.
        high: the largest value of a pixel. Pixels are divided by it first, because lambda is a
            variance and changes with their unit.

    Returns:
        evals: lambda, variance along each principal colour, from large to small.
        evecs: P, principal colours as columns, unit vectors; the entry of largest size in each
            is positive. The first is usually close to grey: more or less light.

    Source: Krizhevsky et al. 2012; syllabus AUG-06.
    """
    pixels = x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1]) / high
    centred = pixels - pixels.mean(axis=0)
    evals, evecs = np.linalg.eigh(centred.T @ centred / len(pixels))
    evals, evecs = np.maximum(evals[::-1], 0), evecs[:, ::-1]
    largest = np.abs(evecs).argmax(axis=0)
    return evals, evecs * np.sign(evecs[largest, np.arange(len(evals))])


def shift_colors(
    x: Float[np.ndarray, "n c h w"],
    alpha: Float[np.ndarray, "n c"],
    evals: Float[np.ndarray, " c"],
    evecs: Float[np.ndarray, "c c"],
    *,
    high: float = 255.0,
) -> Float[np.ndarray, "n c h w"]:
    """Add one colour to every pixel of an image, sum_i alpha_i lambda_i p_i in shares of ``high``.

    Args:
        x: images with pixels from 0 to ``high``, or centred.
        alpha: strength of each principal colour, one row for each image.
        evals: lambda_i of :func:`fit_color_pca`.
        evecs: p_i of :func:`fit_color_pca`, as columns.
        high: the largest value of a pixel.

    Returns:
        out: the tinted images, not clipped. The object keeps its form; the light changes.

    Solution:
        The colours of all images are the rows of high (alpha * evals) @ evecs.T.

    Source: Krizhevsky et al. 2012; syllabus AUG-06.
    """
    color = high * (alpha * evals) @ evecs.T
    return x + color.astype(x.dtype)[:, :, None, None]


def pca_color_jitter(
    x: Float[np.ndarray, "n c h w"],
    evals: Float[np.ndarray, " c"],
    evecs: Float[np.ndarray, "c c"],
    *,
    std: float = 0.1,
    high: float = 255.0,
    rng: np.random.Generator,
) -> Float[np.ndarray, "n c h w"]:
    """Random tint of each image: x + high * sum_i alpha_i lambda_i p_i with alpha_i ~ N(0, std^2).

    Args:
        x: images with pixels from 0 to ``high``, or centred.
        evals: lambda_i of :func:`fit_color_pca`.
        evecs: p_i of :func:`fit_color_pca`, as columns.
        std: standard deviation of alpha.
        high: the largest value of a pixel.
        rng: draws alpha, one number for every image and principal colour; all pixels of an image
            share them.

    Returns:
        out: the tinted images, not clipped.

    Source: Krizhevsky et al. 2012; syllabus AUG-06.
    """
    alpha = std * rng.standard_normal((len(x), len(evals)))
    return shift_colors(x, alpha, evals, evecs, high=high)


def affine_matrix(
    *, degrees: float = 0.0, stretch: tuple[float, float] = (1.0, 1.0), shear: float = 0.0
) -> Float[np.ndarray, "2 2"]:
    """Rotation times shear times stretch: A = R(degrees) [[1, shear], [0, 1]] diag(stretch).

    Args:
        degrees: angle of the rotation, clockwise as seen on the screen.
        stretch: factors of width and height.
        shear: how far a point moves right for each pixel that it lies lower.

    Returns:
        a: matrix for :func:`affine`. Without arguments it is the identity.

    Source: syllabus AUG-07.
    """
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    rotation = np.array([[cos, -sin], [sin, cos]])
    return rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(stretch)


def affine(
    img: Float[np.ndarray, "c h w"],
    a: Float[np.ndarray, "2 2"],
    t: Float[np.ndarray, " 2"],
    *,
    fill: float = 0.0,
) -> Float[np.ndarray, "c h w"]:
    """Warp one image: the point p moves to q = A p + t.

    Args:
        img: one image.
        a: A. A point is a pair (to the right, down) in pixels, measured from the image's centre,
            so A = I leaves the image and a rotation turns it about its centre. The centre of an
            image of W columns lies at column (W - 1) / 2, between two columns if W is even.
        t: shift in pixels, (to the right, down).
        fill: value outside of the image.

    Returns:
        out: the warped image, as large as ``img``. A pixel that takes its value from a place
        between four pixels takes their bilinear mean, see :func:`read_bilinear`.

    Raises:
        ValueError: if A flattens the image to a line and cannot be inverted.

    Solution:
        out(q) = img(A^(-1) (q - t)): every pixel q looks back at the point p from where it comes.
        (Going forward from p to q would leave holes.)

    Source: syllabus AUG-07.
    """
    if np.linalg.det(a) == 0:
        raise ValueError(f"A must be invertible, but got {a.tolist()}")
    height, width = img.shape[1:]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    q = np.stack([columns, rows], axis=-1) - middle
    p = (q - t) @ np.linalg.inv(a).T + middle
    return read_bilinear(img, p[..., 1], p[..., 0], fill=fill)


def read_bilinear(
    img: Float[np.ndarray, "c h w"],
    rows: Float[np.ndarray, "*places"],
    columns: Float[np.ndarray, "*places"],
    *,
    fill: float = 0.0,
) -> Float[np.ndarray, "c *places"]:
    """Values of an image at any places, also between pixels: the bilinear mean of four pixels.

    Args:
        img: one image.
        rows: row of each place; 0 is the centre of the first row, 0.5 lies between two rows.
        columns: column of each place, likewise.
        fill: value outside of the image. Within a pixel of the border it is mixed in.

    Returns:
        out: the values, for each channel in the shape of ``rows``.

    Source: syllabus AUG-07.
    """
    height, width = img.shape[1:]
    framed = np.pad(img, ((0, 0), (1, 1), (1, 1)), constant_values=fill)
    x, y = np.clip(columns + 1, 0, width + 1), np.clip(rows + 1, 0, height + 1)
    left, top = np.minimum(x.astype(int), width), np.minimum(y.astype(int), height)
    right, down = (x - left).astype(img.dtype), (y - top).astype(img.dtype)
    above = framed[:, top, left] * (1 - right) + framed[:, top, left + 1] * right
    below = framed[:, top + 1, left] * (1 - right) + framed[:, top + 1, left + 1] * right
    return above * (1 - down) + below * down


def random_affine(
    x: Float[np.ndarray, "n c h w"],
    *,
    degrees: float = 15.0,
    stretch: float = 0.1,
    shear: float = 0.1,
    shift: float = 2.0,
    fill: float = 0.0,
    rng: np.random.Generator,
) -> Float[np.ndarray, "n c h w"]:
    """Random rotation, stretch, shear and shift of every image, each uniform in its range.

    Args:
        x: images.
        degrees: the angle is in [-degrees, degrees].
        stretch: the factors of width and height are in [1 - stretch, 1 + stretch].
        shear: the shear is in [-shear, shear].
        shift: the shifts to the right and down are in [-shift, shift] pixels.
        fill: value outside of the image.
        rng: draws six numbers for every image.

    Returns:
        out: the warped images, see :func:`affine`.

    Source: syllabus AUG-07.
    """
    out = np.empty_like(x)
    for i, img in enumerate(x):
        wide, high = rng.uniform(1 - stretch, 1 + stretch, 2)
        angle, slant = rng.uniform(-degrees, degrees), rng.uniform(-shear, shear)
        a = affine_matrix(degrees=angle, stretch=(wide, high), shear=slant)
        out[i] = affine(img, a, rng.uniform(-shift, shift, 2), fill=fill)
    return out


def shift_images(
    x: Float[np.ndarray, "n c h w"], dx: int, dy: int = 0, *, fill: float = 0.0
) -> Float[np.ndarray, "n c h w"]:
    """Move all images by whole pixels: out[n, c, i, j] = x[n, c, i - dy, j - dx].

    Args:
        x: images.
        dx: pixels to the right; negative to the left.
        dy: pixels down; negative up.
        fill: value of what comes in from outside.

    Returns:
        out: the moved images.

    Source: syllabus AUG-08.
    """
    height, width = x.shape[2:]
    frame = ((0, 0), (0, 0), (abs(dy), abs(dy)), (abs(dx), abs(dx)))
    top, left = abs(dy) - dy, abs(dx) - dx
    padded = np.pad(x, frame, constant_values=fill)
    return padded[:, :, top : top + height, left : left + width].copy()


def shift_sensitivity(
    predict: Callable[[np.ndarray], np.ndarray], x: Float[np.ndarray, "n c h w"], dx: int
) -> float:
    """Share of images whose predicted class changes when the image moves dx pixels to the right.

    Args:
        predict: gives scores or probabilities (N, K) for images (N, C, H, W).
        x: images.
        dx: pixels to the right; negative to the left. What comes in is 0.

    Returns:
        share: 0 for a classifier that does not care where the object is.

    Source: syllabus AUG-08.
    """
    before, after = predict(x).argmax(axis=1), predict(shift_images(x, dx)).argmax(axis=1)
    return float(np.mean(before != after))


enforce(
    __name__,
    filled=(fit_color_pca, affine, read_bilinear, shift_sensitivity),
    finite=(color_jitter, fit_color_pca, affine, read_bilinear, random_affine),
    below_zero=(shift_images, shift_sensitivity),
    any_precision=(adjust_light, shift_colors, pca_color_jitter, affine, read_bilinear),
    checks=dict.fromkeys(
        (resize, resize_short_side, adjust_light, color_jitter, random_affine), _checks.features
    ),
)
