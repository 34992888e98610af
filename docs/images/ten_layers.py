"""Draw docs/images/ten_layers.png: the same deep network under five initialisations."""

from pathlib import Path

import numpy as np

from utils.initialization import deep_backward, deep_forward, layer_stats
from utils.plots import COLORS, draw_sharp, figure, to_png

LAYERS, UNITS, EXAMPLES = 10, 500, 1000
REGIMES = [  # activation, deviation of the weights, label, colour, marker
    ("tanh", 0.01, "tanh, deviation 0.01", COLORS.warning, "v"),
    ("tanh", 1.0, "tanh, deviation 1", COLORS.validation, "^"),
    ("tanh", UNITS**-0.5, "tanh, Xavier", COLORS.train, "o"),
    ("relu", UNITS**-0.5, "ReLU, Xavier", COLORS.test, "s"),
    ("relu", (2 / UNITS) ** 0.5, "ReLU, He", COLORS.yours, "D"),
]

rng = np.random.default_rng(0)
x = rng.standard_normal((EXAMPLES, UNITS))
dout = rng.standard_normal((EXAMPLES, UNITS))
layer = np.arange(1, LAYERS + 1)
fig, (forward, backward) = figure(1, 2, size=(9, 3.4))
for activation, deviation, label, color, marker in REGIMES:
    weights = [deviation * rng.standard_normal((UNITS, UNITS)) for _ in layer]
    hs, cache = deep_forward(x, weights, activation=activation)
    gradients, _ = deep_backward(dout, cache)
    style = {"color": color, "marker": marker, "markersize": 4, "label": label}
    forward.semilogy(layer, layer_stats(hs[1:])[:, 1], **style)
    backward.semilogy(layer, [np.sqrt(np.mean(g**2)) for g in gradients[1:]], **style)
forward.set(title="Forward", xlabel="layer", ylabel="deviation of the outputs")
backward.set(title="Backward", xlabel="layer", ylabel="size (rms) of the gradient")
forward.set_xticks(layer)
backward.set_xticks(layer)
forward.legend(loc="lower left", frameon=False, fontsize=8.5)
draw_sharp(fig)
Path(__file__).with_suffix(".png").write_bytes(to_png(fig))
