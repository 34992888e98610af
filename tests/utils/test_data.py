import dataclasses
import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import tarfile
import threading
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from data.export_digits import export
from utils import data

PARTS = ("train", "val", "test")


def parts(dataset):
    return [(getattr(dataset, f"x_{p}"), getattr(dataset, f"y_{p}")) for p in PARTS]


# Digits


def test_digits_have_documented_sizes_and_scale():
    digits = data.load_digits()
    assert [x.shape for x, _ in parts(digits)] == [(1199, 64), (299, 64), (299, 64)]
    for x, y in parts(digits):
        assert x.dtype == np.float64
        assert y.shape == (len(x),)
        assert set(np.unique(x * 16)) <= set(range(17))
        assert np.bincount(y).min() >= len(y) / 14, "every class has its share in every part"
    assert max(x.max() for x, _ in parts(digits)) == 1
    assert digits.names == tuple("0123456789")


def test_digits_parts_are_the_whole_file_without_overlap():
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    ours = np.concatenate([np.column_stack([x * 16, y]) for x, y in parts(data.load_digits())])
    theirs = np.column_stack([images, labels])
    assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_digits_file_is_what_the_export_script_writes(tmp_path):
    pytest.importorskip("sklearn")
    export(tmp_path / "digits.npz")
    assert (tmp_path / "digits.npz").read_bytes() == (data.FOLDER / "digits.npz").read_bytes()


def test_digits_are_found_from_any_working_directory(tmp_path):
    code = "from utils.data import load_digits; print(len(load_digits().x_train))"
    env = os.environ | {"PYTHONPATH": str(data.FOLDER.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.stdout == "1199\n", done.stderr


# Drawn images and prototypes


def test_shapes_look_like_cifar_to_a_program():
    shapes = data.make_shapes(120, 30, 20)
    for (x, y), n in zip(parts(shapes), (120, 30, 20), strict=True):
        assert x.shape == (n, 3, 32, 32)
        assert x.dtype == np.float64
        assert_array_equal(np.bincount(y, minlength=10), n // 10)
        assert x.min() >= 0
        assert x.max() <= 255
        assert_array_equal(x, np.rint(x))
    assert len(shapes.names) == 10


@pytest.mark.parametrize("make", [data.make_shapes, data.make_prototypes])
def test_same_data_every_time_unless_another_generator_draws(make):
    def bytes_of(dataset):
        return [array.tobytes() for pair in parts(dataset) for array in pair]

    again = bytes_of(make(30, 20, 10))
    assert bytes_of(make(30, 20, 10)) == again
    assert bytes_of(make(30, 20, 10, rng=np.random.default_rng(5))) != again


@pytest.mark.parametrize("make", [data.make_shapes, data.make_prototypes])
def test_empty_parts_are_allowed(make):
    dataset = make(10, 0, 0)
    assert len(dataset.x_val) == len(dataset.y_test) == 0


def test_five_thousand_shapes_take_less_than_two_seconds():
    start = time.process_time()
    data.make_shapes(5000, 0, 0)
    assert time.process_time() - start < 2


def validation_accuracy(dataset, hidden, lr, epochs):
    """Plain SGD on softmax cross-entropy, batch 100; ``hidden=0`` is a linear classifier."""
    rng = np.random.default_rng(0)
    scale = np.float32(1 / 60)
    mean = dataset.x_train.mean(axis=0)
    x, x_val = (
        ((images - mean) * scale).reshape(len(images), -1).astype(np.float32)
        for images in (dataset.x_train, dataset.x_val)
    )
    sizes = [x.shape[1], hidden, 10] if hidden else [x.shape[1], 10]
    w = [(rng.standard_normal(s) * 0.02).astype(np.float32) for s in pairwise(sizes)]

    def forward(x):
        h = np.maximum(0, x @ w[0]) if hidden else x
        return h, h @ w[-1]

    for _ in range(epochs):
        order = rng.permutation(len(x))
        for i in range(0, len(x), 100):
            rows = order[i : i + 100]
            h, scores = forward(x[rows])
            p = np.exp(scores - scores.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            p[np.arange(len(rows)), dataset.y_train[rows]] -= 1
            step = np.float32(lr / len(rows))
            if hidden:
                w[0] -= step * x[rows].T @ (p @ w[1].T * (h > 0))
            w[-1] -= step * h.T @ p

    def accuracy(x, y):
        return (forward(x)[1].argmax(axis=1) == y).mean()

    return accuracy(x, dataset.y_train), accuracy(x_val, dataset.y_val)


def test_shapes_are_learnable_but_not_trivial():
    shapes = data.make_shapes(3000, 1000, 0)
    _, linear_val = validation_accuracy(shapes, hidden=0, lr=0.005, epochs=5)
    train, val = validation_accuracy(shapes, hidden=50, lr=0.1, epochs=12)
    assert 0.2 < linear_val < 0.45, "a linear classifier is above chance and far from good"
    assert 0.5 < val < 0.85, "a small network is much better"
    assert train - val > 0.1, "and it overfits"


def test_prototypes_have_the_documented_scale_and_classes():
    clouds = data.make_prototypes(2000, 500, 500)
    assert clouds.x_train.shape == (2000, 3072)
    assert abs(clouds.x_train.std() - 61) < 2
    assert np.abs(clouds.x_train.mean(axis=0)).max() < 1e-9
    energy = np.linalg.svd(clouds.x_train[:500], compute_uv=False) ** 2
    assert energy[:48].sum() / energy.sum() > 0.95, "almost all variance in 48 directions"
    _, val = validation_accuracy(clouds, hidden=0, lr=0.01, epochs=3)
    assert 0.5 < val < 1


# Points in two dimensions


def test_blobs_lie_around_their_centres():
    x, y = data.make_blobs(3000, classes=4, spread=0.1, rng=np.random.default_rng(0))
    for k in range(4):
        centre = 3 * np.array([np.cos(np.pi * k / 2), np.sin(np.pi * k / 2)])
        assert np.abs(x[y == k].mean(axis=0) - centre).max() < 0.02
        assert np.abs(x[y == k].std(axis=0) - 0.1).max() < 0.01


def test_moons_without_noise_are_half_circles():
    x, y = data.make_moons(500, noise=0, rng=np.random.default_rng(0))
    upper, lower = x[y == 0], x[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


def test_circles_without_noise_have_their_radius():
    x, y = data.make_circles(500, inner=0.3, noise=0, rng=np.random.default_rng(0))
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 1, 0.3, 1))


def test_spirals_without_noise_turn_by_four_radians():
    x, y = data.make_spirals(600, classes=3, noise=0, rng=np.random.default_rng(0))
    radius = np.hypot(*x.T)
    turned = (np.arctan2(x[:, 1], x[:, 0]) - 4 * radius - 2 * np.pi * y / 3) / (2 * np.pi)
    np.testing.assert_allclose(turned, np.rint(turned), atol=1e-9)
    assert radius.max() <= 1


@pytest.mark.parametrize(
    "make", [data.make_blobs, data.make_moons, data.make_circles, data.make_spirals]
)
@pytest.mark.parametrize("n", [0, 1, 7, 100])
def test_toys_have_n_points_and_equal_classes(make, n):
    x, y = make(n, rng=np.random.default_rng(0))
    assert x.shape == (n, 2)
    counts = np.bincount(y, minlength=y.max(initial=0) + 1)
    assert counts.max() - counts.min() <= 1
    assert_array_equal(x, make(n, rng=np.random.default_rng(0))[0])


def test_wide_network_overfits_the_overfit_case():
    case = data.make_overfit_case(rng=np.random.default_rng(0))
    assert [len(x) for x, _ in parts(case)] == [20, 1000, 1000]
    rng = np.random.default_rng(1)
    w1, b1 = rng.standard_normal((2, 300)), rng.standard_normal(300)
    w2 = np.zeros(300)
    val_loss = []
    for _ in range(2000):
        h = np.maximum(0, case.x_train @ w1 + b1)
        error = 1 / (1 + np.exp(-h @ w2)) - case.y_train
        w2 = w2 - 0.005 * h.T @ error
        score = np.maximum(0, case.x_val @ w1 + b1) @ w2
        val_loss.append(np.mean(np.logaddexp(0, -(2 * case.y_val - 1) * score)))
    assert np.all((h @ w2 > 0) == case.y_train), "every training point is right"
    assert val_loss[-1] > 1.3 * min(val_loss), "while the validation loss has risen again"


def test_sparse_data_follow_the_stated_model():
    n, rate = 200_000, 0.02
    x, y = data.make_sparse_data(n, rate, rng=np.random.default_rng(0))
    assert set(np.unique(x)) == {0, 1}
    assert abs(x[:, 0].mean() - rate) < 5 * np.sqrt(rate / n)
    assert np.abs(x[:, 1:].mean(axis=0) - 0.5).max() < 0.01
    weights = np.array([4] + [1, -1] * 4 + [1])
    score = x @ weights - 0.5
    for low in (-2.5, -0.5, 1.5, 3.5):
        chosen = np.abs(score - low) < 0.1
        p = 1 / (1 + np.exp(-low))
        assert abs(y[chosen].mean() - p) < 5 * np.sqrt(p * (1 - p) / chosen.sum())


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_sparse_data_name_a_rate_that_is_no_probability(rate):
    with pytest.raises(ValueError, match=f"rare_rate .* {rate}"):
        data.make_sparse_data(10, rate, rng=np.random.default_rng(0))


def test_negative_number_of_points_is_named():
    with pytest.raises(ValueError, match="n is -1"):
        data.make_moons(-1, rng=np.random.default_rng(0))


# CIFAR-10: a small archive in the format of the real one, from a real server


PurePythonPickler: Any = pickle._Pickler  # pyright: ignore[reportAttributeAccessIssue]


class Python2Pickler(PurePythonPickler):
    """Writes what Python 2 wrote: byte strings for all text, NumPy's module names of that time."""

    dispatch = PurePythonPickler.dispatch.copy()

    def save_python2_string(self, text):
        content = text.encode("latin1") if isinstance(text, str) else text
        self.write(pickle.BINSTRING + len(content).to_bytes(4, "little") + content)
        self.memoize(text)

    dispatch[str] = dispatch[bytes] = save_python2_string

    def save_global(self, thing, name=None):
        module = thing.__module__.replace("numpy._core", "numpy.core")
        self.write(pickle.GLOBAL + f"{module}\n{thing.__name__}\n".encode())
        self.memoize(thing)

    dispatch[type] = save_global
    dispatch[type(len)] = save_global


def python2_pickle(thing):
    stream = io.BytesIO()
    Python2Pickler(stream, protocol=2).dump(thing)
    return stream.getvalue()


def cifar_archive(path, batches):
    with tarfile.open(path, "w:gz") as archive:
        folder = tarfile.TarInfo("cifar-10-batches-py")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in {"readme.html": b"<html>", **batches}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def small_cifar(rng):
    """Batches of eight images, and what they hold."""
    pixels = rng.integers(0, 256, (6, 8, 3072), dtype=np.uint8)
    labels = rng.integers(0, 10, (6, 8))
    names = [f"data_batch_{i}" for i in (4, 1, 2, 5, 3)] + ["test_batch"]
    order = [3, 0, 1, 4, 2, 5]
    batches = {
        name: python2_pickle(
            {
                "batch_label": name,
                "labels": labels[i].tolist(),
                "data": pixels[i],
                "filenames": [f"picture_{j}.png" for j in range(8)],
            }
        )
        for name, i in zip(names, order, strict=True)
    }
    meta = {"num_cases_per_batch": 8, "label_names": NAMES, "num_vis": 3072}
    return {"batches.meta": python2_pickle(meta), **batches}, pixels, labels


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Serves a folder on loopback; gives a function that puts an archive there."""
    folder, cache = tmp_path / "server", tmp_path / "cache"
    folder.mkdir()
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def put(batches):
        path = folder / "cifar-10-python.tar.gz"
        cifar_archive(path, batches)
        monkeypatch.setattr(data, "FOLDER", cache)
        monkeypatch.setattr(
            data, "CIFAR10_URL", f"http://127.0.0.1:{server.server_port}/{path.name}"
        )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(data, "CIFAR10_SHA256", digest)
        return asked

    yield put
    server.shutdown()
    server.server_close()


pooch = pytest.importorskip("pooch")


def test_cifar_is_downloaded_once_and_split(serve):
    batches, pixels, labels = small_cifar(np.random.default_rng(0))
    asked = serve(batches)
    cifar = data.load_cifar10(20, 6, 5)
    images = pixels.reshape(6, 8, 3, 32, 32)
    assert_array_equal(cifar.x_train, images[:5].reshape(40, 3, 32, 32)[:20])
    assert_array_equal(cifar.x_val, images[4, 2:])
    assert_array_equal(cifar.x_test, images[5, :5])
    assert_array_equal(cifar.y_train, labels[:5].ravel()[:20])
    assert_array_equal(cifar.y_val, labels[4, 2:])
    assert_array_equal(cifar.y_test, labels[5, :5])
    assert cifar.names == tuple(NAMES)
    data.load_cifar10(1, 1, 1)
    assert len(asked) == 1, "the second call reads the cached archive"


def test_cifar_and_shapes_have_one_interface(serve):
    serve(small_cifar(np.random.default_rng(0))[0])
    cifar, shapes = data.load_cifar10(20, 6, 5), data.make_shapes(20, 6, 5)
    for field in dataclasses.fields(data.Dataset)[:-1]:
        ours, theirs = getattr(shapes, field.name), getattr(cifar, field.name)
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    assert len(cifar.names) == len(shapes.names)


def test_cifar_shows_a_progress_bar(serve, capfd):
    serve(small_cifar(np.random.default_rng(0))[0])
    data.load_cifar10(1, 1, 1)
    assert "100%" in capfd.readouterr().err


@pytest.mark.parametrize("sizes", [(40, 1, 1), (10, 10, 9)])
def test_cifar_names_sizes_that_it_does_not_have(serve, sizes):
    serve(small_cifar(np.random.default_rng(0))[0])
    with pytest.raises(ValueError, match="CIFAR-10 has 40 images"):
        data.load_cifar10(*sizes)


def test_cifar_without_a_network_names_the_embedded_alternative(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    monkeypatch.setattr(data, "CIFAR10_URL", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(OSError, match="could not be downloaded") as failure:
        data.load_cifar10()
    message = str(failure.value)
    assert "utils.data.make_shapes()" in message
    assert "\n" not in message
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_cifar_refuses_a_damaged_download(serve, monkeypatch):
    serve(small_cifar(np.random.default_rng(0))[0])
    monkeypatch.setattr(data, "CIFAR10_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="hash"):
        data.load_cifar10()
    assert not list(data.FOLDER.glob("*.tar.gz")), "and leaves nothing behind"


class Attack:
    def __reduce__(self):
        return os.mkdir, ("stolen",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_cifar_runs_no_code_of_the_archive(serve, tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    batches, *_ = small_cifar(np.random.default_rng(0))
    serve({**batches, "data_batch_2": pickle.dumps(Attack(), protocol=protocol)})
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.mkdir|nt\.mkdir"):
        data.load_cifar10()
    assert not (tmp_path / "stolen").exists()
