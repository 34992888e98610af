"""Arguments for functions of utils whose annotations do not say enough to draw them.

One entry for each such function: fixed sizes (``dims``) and the values of some parameters; the
other parameters are still drawn. A value that depends on the draw stands in ``Drawn``. A function
``name_backward`` shares the entry of its ``name_forward``.
"""

from typing import Any

import numpy as np

from tests.utils.arguments import Draw, Drawn
from utils.architectures import alexnet
from utils.augmentation import random_hflip
from utils.autodiff import Node
from utils.averaging import ema_step
from utils.data import make_overfit_case
from utils.networks import MLP
from utils.optimizers import momentum_step
from utils.recipe import Recipe
from utils.stacked_layers import new_layers
from utils.surfaces import bowl
from utils.training import History


def swept(draw: Draw) -> Node:
    """A graph that has its gradients already: another sweep changes nothing."""
    a = Node(draw.rng.standard_normal())
    out = a * a + a
    out.backward()
    return out


def positive(dims: str) -> Drawn:
    return Drawn(lambda draw: np.abs(draw.array(dims)) + draw.dtype(0.1))


def positive_definite(dims: str) -> Drawn:
    def make(draw: Draw) -> np.ndarray:
        a = draw.array(dims)
        return draw.strided(a @ a.T + np.eye(len(a), dtype=draw.dtype))

    return Drawn(make)


def named_arrays(**dims: str) -> Drawn:
    """A dictionary of parameters, from the shape of each."""
    return Drawn(lambda draw: {name: draw.array(shape) for name, shape in dims.items()})


def listed_arrays(*dims: str) -> Drawn:
    return Drawn(lambda draw: [draw.array(shape) for shape in dims])


def model(draw: Draw) -> MLP:
    return MLP([2, 3, 2], rng=np.random.default_rng(draw.seed))


def point_set(draw: Draw) -> Any:
    return make_overfit_case(4, rng=np.random.default_rng(draw.seed))


def history(draw: Draw) -> History:
    net = model(draw)
    return History(net, net, train_acc=[0.5, 0.7], val_acc=[0.5, 0.6])


def decay(lr: float, *steps: int) -> list[float]:
    return [1.0, 0.5 * lr, 0.2 * lr]


def sum_of_squares(params: dict[str, np.ndarray]) -> float:
    return float(sum(np.sum(w**2) for w in params.values()))


ACTIVATION = {"name": "leaky_relu"}
SMALL_SETS = {"n_train": 7, "n_val": 3, "n_test": 0}
TWO_LAYERS = named_arrays(w1="d hidden", b1="hidden", w2="hidden k", b2="k")
TWO_HEADS = named_arrays(
    w1="d hidden", b1="hidden", w2="hidden k", b2="k", w_aux="hidden j", b_aux="j"
)
NETWORK = {"params": TWO_LAYERS}
WEIGHTS = {"weights": listed_arrays("d h1", "h1 h2")}
TRIANGLE = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
SPACE = {"lr": ("log", 1e-4, 1e-1), "layers": ("int", 1, 3), "act": ("choice", "relu", "tanh")}
TRIALS = [
    {"lr": 1e-3, "layers": 1, "act": "relu", "val_acc": 0.4},
    {"lr": 1e-2, "layers": 3, "act": "tanh", "val_acc": 0.6},
]
SEARCH = {"space": SPACE, "evaluate": lambda trial: trial["lr"]}
TRAINING = {
    "model": Drawn(model),
    "data": Drawn(point_set),
    "step": momentum_step,
    "epochs": 2,
    "batch_size": 2,
}
STACK = {
    "layers": Drawn(
        lambda draw: [
            (draw.array("2 3 d h"), draw.array("2 3 1 h")),
            (draw.array("2 3 h k"), draw.array("2 3 1 k")),
        ]
    ),
    "x": Drawn(lambda draw: draw.array("n d")),
}
LABELLED = {**STACK, "y": Drawn(lambda draw: draw.array("n", "int"))}
MANY = {"seeds": [0, 1], "epochs": 2, "batch_size": 2}
CURVES = {"dims": {"epochs": 12}}
IMAGES = {"dims": {"h": 5, "w": 4}}

EXAMPLES: dict[str, dict[str, Any]] = {
    "dropout.geometric_ensemble": {"predictions": positive("networks n classes")},
    "activations.act": ACTIVATION,
    "activations.act_grad": ACTIVATION,
    "activations.time_fn": {"f": np.tanh},
    "architectures.receptive_fields": {"layers": [(3, 1), (2, 2)]},
    "architectures.resnet": {"depth": 50},
    "architectures.topk_error": {"k": 1},
    "architectures.total_macs": {"layers": alexnet()},
    "architectures.total_params": {"layers": alexnet()},
    "augmentation.augment": {"steps": [random_hflip]},
    "augmentation.crop": IMAGES,
    "augmentation.random_crop": IMAGES,
    "augmentation.random_scale_crop": {"short_sides": (2, 5)},
    "augmentation.ten_crop": IMAGES,
    "augmented.augmented_split": {"steps": [random_hflip], "n_val": 0, "copies": 1},
    "augmented.draw_sets": {"size": 1},
    "augmented.predict_views": {"scores": np.tanh, "dims": {"*example": 1}},
    "autodiff.bprop_of": {"op": "sum"},
    "autodiff.operate": {"op": "exp", "values": (0.5,)},
    "autodiff.reverse_sweep": {"output": Drawn(swept)},
    "averaging.average_params": {"step": ema_step, "params": named_arrays(w="d k"), "decay": 0.9},
    "averaging.collect_snapshots": {"runs": (), "epochs": []},
    "averaging.ema_weights": {"t": 3},
    "averaging.overfit_onset": CURVES,
    "babysitting.classify_curve": CURVES,
    "babysitting.lr_range_test": {"train_fn": decay},
    "babysitting.lr_verdict": CURVES,
    "babysitting.overfit_tiny": {
        "model": Drawn(model),
        "dims": {"*example": 1, "example axis 0": 2},
        "epochs": 3,
    },
    "babysitting.synthetic_curve": {"label": "noisy"},
    "calibration.expected_calibration_error": {
        "probs": Drawn(lambda draw: draw.strided(np.full((4, 3), 1 / 3, draw.dtype))),
        "y": np.array([0, 1, 2, 1]),
    },
    "calibration.fit_temperature": {"temperatures": [0.5, 1.0, 2.0]},
    "clipping.clip_by_norm": {"grads": TWO_LAYERS, "max_norm": 0.5},
    "curvature.best_lr": {"hessian": positive_definite("d d")},
    "curvature.coordinate_vs_joint_decrease": {
        "cost": sum_of_squares,
        "params": named_arrays(w="d k", b="k"),
        "grads": named_arrays(w="d k", b="k"),
    },
    "curvature.deep_tanh": {
        "ws": listed_arrays("d h1", "h1 h2", "h2 out"),
        "bs": listed_arrays("h1", "h2"),
    },
    "curvature.gd_rate": {"kappa": 10.0},
    "curvature.max_stable_lr": {"hessian": positive_definite("d d")},
    "data.make_prototypes": SMALL_SETS,
    "data.make_shapes": SMALL_SETS,
    "dropout.corrupt_one_feature": {"j": 0},
    "dropout.fmp_forward": {
        "dims": {"h": 4, "w": 3},
        "rows": np.array([0, 2, 4]),
        "cols": np.array([0, 1, 3]),
    },
    "dropout.residual_net_forward": {"dims": {"blocks": 2}},
    "dropout.robustness_scores": {"predict": lambda x: np.argmax(x, axis=1)},
    "ensembles.ensemble_sd": {"sd": 1.0, "corr": 0.5, "m": 3},
    "gradients.grad_check": {
        "loss": sum_of_squares,
        "params": named_arrays(w="d k"),
        "grads": named_arrays(w="d k"),
    },
    "hessians.hvp_nodes": {
        "params": TWO_LAYERS,
        "v": TWO_LAYERS,
        "nodes": named_arrays(
            z="n hidden", h="n hidden", s="n k", p="n k", ds="n k", dh="n hidden", dz="n hidden"
        ),
    },
    "hessians.softmax_net_nodes": NETWORK,
    "hyperparameters.best_rows": {"rows": TRIALS},
    "hyperparameters.distinct_projection": {"axis": 0},
    "hyperparameters.edge_warning": {"best": TRIALS[0], "space": SPACE},
    "hyperparameters.grid": {"space": SPACE},
    "hyperparameters.grid_search": SEARCH,
    "hyperparameters.k_fold": {"n": 7, "k": 3},
    "hyperparameters.parse_log": {"text": "val_acc: 0.5, lr: 1e-3, reg: 1e-4, (1 / 100)"},
    "hyperparameters.random_search": SEARCH,
    "hyperparameters.refine_ranges": {"space": SPACE, "rows": TRIALS},
    "hyperparameters.sample_trial": {"space": SPACE},
    "hyperparameters.train_val_split": {"n": 10},
    "initialization.activation_gain": {"activation": "tanh", "std": 0.5},
    "initialization.backward_stats": {
        "dhs": listed_arrays("n d", "n d"),
        "dws": listed_arrays("d d"),
    },
    "initialization.class_bias": {"y": np.array([2, 0, 1, 1]), "k": 3},
    "initialization.deep_forward": WEIGHTS,
    "initialization.lsuv": {**WEIGHTS, "dims": {"n": 4, "d": 3}},
    "initialization.runs_from_inits": {
        "loss": lambda points: np.sum(points**2, axis=1),
        "gradient": lambda points: 2 * points,
    },
    "initialization.sparse": {"k": 1},
    "initialization.tanh_variance_map": {"q": positive("*shape")},
    "layers.conv_forward": {"dims": {"h": 5, "w": 4, "kh": 3, "kw": 2}},
    "layers.max_pool_forward": IMAGES,
    "many_networks.column": {"values": [0.1, 0.3]},
    "many_networks.race": {
        "data": Drawn(point_set),
        "start": [2, 3, 2],
        **MANY,
        "lr": 0.1,
    },
    "many_networks.train_many": {
        "dims": {"n": 6, "d": 3},
        "start": [3, 2, 2],
        **MANY,
        "lr": [0.1, 0.3],
    },
    "many_networks.train_sets": {
        "start": Drawn(
            lambda draw: new_layers([draw.size("d"), 3, draw.size("k")], [0] * draw.size("sets"))
        ),
        "lr": 0.1,
    },
    "many_networks.train_trials": {
        "dims": {"n": 6, "d": 3},
        "rows": np.arange(4),
        "start": Drawn(lambda draw: new_layers([3, 2, 2], [0, 1], dtype=draw.dtype)),
        **MANY,
        "lr": 0.1,
    },
    "matrix_optimizers.muon_step": {"dims": {"*shape": 2}},
    "matrix_optimizers.shampoo_step": {"dims": {"*shape": 2}},
    "losses.logistic_loss": {"dims": {"*one": 0}},
    "merging.interpolate": {"a": named_arrays(w="d k"), "b": named_arrays(w="d k")},
    "merging.match_units": {"params": TWO_LAYERS, "like": TWO_LAYERS},
    "merging.refresh_running": {
        "params": named_arrays(
            w1="d hidden", b1="hidden", gamma1="hidden", beta1="hidden", w2="hidden k", b2="k"
        )
    },
    "merging.renumber": {**NETWORK, "order": Drawn(lambda draw: list(range(draw.size("hidden"))))},
    "mixing.cutmix": {"box": (0, 1, 0, 1)},
    "networks.activation_pair": {"activation": "relu"},
    "networks.backprop_mlp": NETWORK,
    "networks.cnf_net": {"dims": {"rows": 4}},
    "networks.collapse_linear": NETWORK,
    "networks.dnf_net": {"dims": {"rows": 4}},
    "networks.edges_to_matrix": {"edges": [(0, 1, 0.5), (1, 0, -2.0)]},
    "networks.hidden_features": NETWORK,
    "networks.layer_grad_norms": NETWORK,
    "networks.mlp_forward": NETWORK,
    "networks.neuron": {"phi": np.tanh},
    "networks.neuron_batch": {"phi": np.tanh},
    "networks.polygon_net": {"vertices": TRIANGLE},
    "networks.step_net": {
        "params": named_arrays(w1="d hidden", b1="hidden", w2="hidden 1", b2="1")
    },
    "networks.two_head_forward": {"params": TWO_HEADS},
    "networks.two_head_loss": {"params": TWO_HEADS},
    "networks.two_layer_backward": {
        "params": TWO_LAYERS,
        "z": Drawn(lambda draw: draw.array("n hidden")),
    },
    "networks.union_net": {"polygons": [TRIANGLE, TRIANGLE + 2]},
    "normalization.batchnorm_gradients": {
        "cache": Drawn(
            lambda draw: (draw.array("n d"), draw.array("d"), np.abs(draw.array("d")) + 1, True)
        )
    },
    "normalization.fold_batchnorm": {
        "running": Drawn(lambda draw: (draw.array("fan_out"), np.abs(draw.array("fan_out"))))
    },
    "normalization.groupnorm_forward": {"dims": {"c": 4}},
    "normalization.largest_stable_lr": {"run": decay, "rates": [0.1, 1.0]},
    "normalization.rnn_step": {
        "params": named_arrays(w_x="d hidden", w_h="hidden hidden", b="hidden")
    },
    "noise.optimal_rates": {"h": positive("d"), "noise": 1.0, "cap": 1.9},
    "optimizers.adaptive_denominator": {"r": positive("*shape")},
    "optimizers.gd": {"grad_fn": lambda w: 2 * w},
    "optimizers.nesterov_lookahead_step": {"grad_fn": lambda w: 2 * w},
    "optimizers.rmsprop_nesterov_step": {"grad_fn": lambda w: 2 * w},
    "optimizers.schedule_free_step": {"grad_fn": lambda y: 2 * y, "t": 1},
    "optimizers.step_params": {
        "step": momentum_step,
        "params": named_arrays(w="d k", b="k"),
        "grads": named_arrays(w="d k", b="k"),
        "lr": 0.1,
    },
    "parameters.flatten_params": NETWORK,
    "parameters.unflatten_params": {
        "w": Drawn(lambda draw: draw.array("4")),
        "like": {"w": np.zeros((2, 2))},
    },
    "preprocessing.merge_moments": {
        "a": Drawn(lambda draw: (3, draw.array("d"), np.abs(draw.array("d")))),
        "b": Drawn(lambda draw: (2, draw.array("d"), np.abs(draw.array("d")))),
    },
    "preprocessing.pca": {"k": 1},
    "preprocessing.split_by_group": {"val_fraction": 0.5},
    "regularization.early_stopping_shrinkage": {"h": positive("d")},
    "regularization.ridge_shrinkage": {"h": positive("d")},
    "rates.suggest_rate": {"lrs": positive("steps"), "losses": positive("steps")},
    "schedules.cosine_cycle": {"total": 4},
    "schedules.trapezoid": {"warm": 0.1, "cool": 0.3},
    "schedules.pick_lr0": {"train_fn": decay},
    "schedules.robbins_monro": {"schedule": lambda t: 1 / (t + 1)},
    "stacked_layers.accuracy_of": LABELLED,
    "stacked_layers.cross_entropy_of": LABELLED,
    "stacked_layers.hidden_layers": STACK,
    "stacked_layers.new_layers": {"sizes": [3, 2, 2], "seeds": [0, 1]},
    "stacked_layers.right_of": LABELLED,
    "stacked_layers.scores_of": STACK,
    "surfaces.trajectory": {"step": momentum_step, "surface": bowl(), "lr": 0.01},
    "recipe.data_report": {
        "dims": {"*example": 1, "n": 4},
        "y": np.array([0, 1, 1, 0]),
        "classes": 2,
    },
    "recipe.knn_predict": {"dims": {"n": 4}, "k": 2},
    "recipe.fit_preparation": {"dims": {"*example": 1, "n": 4}},
    "recipe.gates": {
        "net": Drawn(lambda draw: MLP([3, 4, 2], rng=draw.rng, dtype=draw.dtype)),
        "dims": {"n": 40, "d": 3},
        "y": np.arange(40) % 2,
        "steps": 2,
    },
    "recipe.audit": {"config": {"lr": 0.1, "lrs": [0.1, 0.2]}},
    "recipe.run_recipe": {
        "recipe": Recipe(hidden=(3,), batch_size=2),
        "dims": {"*example": 1, "n": 4, "example axis 0": 3},
        "y_train": np.array([0, 1, 1, 0]),
        "classes": 2,
        "budget": 4,
    },
    "sabotage.run_script": {
        "name": "healthy",
        "dims": {"n": 4, "m": 3, "bands": 2, "frames": 3},
        "y": np.array([0, 1, 1, 0]),
        "y_val": np.array([0, 1, 1]),
        "epochs": 1,
        "classes": 2,
    },
    "calls.draw_calls": {"y": np.array([0, 6, 7])},
    "calls.make_calls": {"n_train": 30, "n_val": 20, "n_test": 3},
    "selection.mean_difference": {"dims": {"n": 4, "m": 4}},
    "selection.winners_curse": {"k": 1},
    "training.best_snapshot": {"snapshots": ["after 1", "after 2"]},
    "training.evaluate": {
        "model": Drawn(model),
        "x": Drawn(lambda draw: draw.array("n 2")),
    },
    "training.learning_curve": {**TRAINING, "lr": 0.1, "sizes": [2, 4]},
    "training.small_multiples": {
        "histories": Drawn(lambda draw: {"a": history(draw), "b": history(draw)})
    },
    "training.train": TRAINING,
    "training.train_curves": {**TRAINING, "lrs": [0.1, 0.2]},
    "training.training_steps": TRAINING,
    "trials.successive_halving": {
        "trials": TRIALS,
        "evaluate": lambda trial, epochs: 0.1 * epochs,
        "rungs": (1, 3),
    },
}
