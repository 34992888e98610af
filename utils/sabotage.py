"""Training scripts with one line changed each, to be found by what they do.

Lecture 15 shows seven scripts, one of which is healthy, and asks which line is wrong. This file
holds the answers: do not read on before you have given yours.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce
from utils.babysitting import update_ratio
from utils.dropout import dropout_forward
from utils.losses import softmax, softmax_loss
from utils.networks import MLP
from utils.optimizers import momentum_step, step_params

_WRONG = {
    "healthy": "",
    "A": "evaluates the transpose",
    "B": "adds gradients up",
    "C": "softmax twice",
    "D": "decays in every update",
    "E": "validation labels one off",
    "F": "drops units in evaluation",
}


@dataclass
class Script:
    """A training script that has run. It can be questioned, and run again on other data.

    Args:
        name: "A" to "F", or "healthy".
        seed: of its weights, batches and dropout.
        first_loss: loss of the first batch, before the first update, with the penalty.
        train_loss, train_acc, val_acc: what it printed after each epoch.
        ratio: length of the last step of each epoch, relative to that of the weights of the first
            layer.
        net: its network.
        asked: how often it was asked to evaluate.

    Source: syllabus SUM-05.
    """

    name: str
    seed: int = 0
    first_loss: float = float("nan")
    train_loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    val_acc: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    net: MLP | None = None
    asked: int = 0

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Loss and accuracy on prepared recordings (N, bands, frames), as the script evaluates.

        Raises:
            ValueError: the script has not run yet.
        """
        if self.net is None:
            raise ValueError(f"script {self.name} has not run yet: expected a call of rerun first")
        self.asked += 1
        rng = np.random.default_rng([self.seed, self.asked])
        scores = _evaluated(self.net, x, _WRONG[self.name], rng)
        loss, _ = self.net.loss_fn(scores, y)
        return float(loss), float((scores.argmax(axis=1) == y).mean())

    def rerun(self, x: np.ndarray, y: np.ndarray, *, epochs: int = 30) -> "Script":
        """The same script on other training data, which it validates on as well."""
        return run_script(self.name, x, y, x, y, epochs=epochs, seed=self.seed)


def run_script(
    name: str,
    x: Float[np.ndarray, "n bands frames"],
    y: Int[np.ndarray, " n"],
    x_val: Float[np.ndarray, "m bands frames"],
    y_val: Int[np.ndarray, " m"],
    *,
    epochs: int = 30,
    lr: float = 0.03,
    seed: int = 0,
    classes: int = 8,
) -> Script:
    """Run one of the scripts: 64 hidden units, dropout 0.3, L2 1e-3, momentum, batches of 100.

    The rate is meant to fall by 5 % in each epoch.

    Args:
        name: "A" to "F", or "healthy".
        x: prepared recordings to train on.
        y: their labels.
        x_val: prepared recordings to validate on.
        y_val: their labels.
        epochs: passes over the training data.
        lr: learning rate at the start.
        seed: of weights, batches and dropout.
        classes: number of classes.

    Returns:
        script: what it printed, and its network.

    Raises:
        ValueError: there is no script of this name.

    Source: syllabus SUM-05.
    """
    if name not in _WRONG:
        raise ValueError(f"there is no script {name!r}, expected one of {sorted(_WRONG)}")
    wrong, rng = _WRONG[name], np.random.default_rng(seed)
    loss_fn = _softmax_twice if wrong == "softmax twice" else softmax_loss
    net = MLP([x[0].size, 64, classes], p_drop=0.3, rng=rng, dtype=np.float32, loss_fn=loss_fn)
    script = Script(name, seed, net=net)
    if wrong == "validation labels one off":
        y_val = (y_val + 1) % classes
    rows, states, total, update, ratio = x.reshape(len(x), -1), None, None, 0, 0.0
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for begin in range(0, len(x), 100):
            batch = order[begin : begin + 100]
            loss, grads = net.loss(rows[batch], y[batch], reg=1e-3, rng=rng)
            script.first_loss = loss if update == 0 else script.first_loss
            if wrong == "adds gradients up":
                total = grads if total is None else {k: total[k] + g for k, g in grads.items()}
                grads = total
            falls = update if wrong == "decays in every update" else epoch
            before = net.params["w1"]
            with np.errstate(all="ignore"):
                net.params, states = step_params(
                    momentum_step, net.params, grads, states, lr=lr * 0.95**falls
                )
                ratio = update_ratio(before, net.params["w1"] - before)
            update += 1
        with np.errstate(all="ignore"):
            scores = _scores(net, x, wrong, rng)
            script.train_loss.append(float(net.loss_fn(scores, y)[0]))
            script.train_acc.append(float((scores.argmax(axis=1) == y).mean()))
            found = _evaluated(net, x_val, wrong, rng).argmax(axis=1)
        script.val_acc.append(float((found == y_val).mean()))
        script.ratio.append(ratio)
    return script


def _evaluated(net: MLP, x: np.ndarray, wrong: str, rng: np.random.Generator) -> np.ndarray:
    """Scores, as the script evaluates what it was not trained on."""
    if wrong == "evaluates the transpose":
        x = x.transpose(0, 2, 1)
    return _scores(net, x, wrong, rng)


def _scores(net: MLP, x: np.ndarray, wrong: str, rng: np.random.Generator) -> np.ndarray:
    rows = x.reshape(len(x), -1)
    if wrong != "drops units in evaluation":
        return net.scores(rows)
    (h,) = net.activations(rows)
    h, _ = dropout_forward(h, p_drop=net.p_drop, train=True, rng=rng)
    return h @ net.params["w2"] + net.params["b2"]


def _softmax_twice(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    probs = softmax(scores)
    loss, dprobs = softmax_loss(probs, y)
    return loss, probs * (dprobs - (dprobs * probs).sum(axis=1, keepdims=True))


enforce(__name__)
