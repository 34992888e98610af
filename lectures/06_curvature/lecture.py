# %% [markdown]
# # 06 · Curvature
#
# A gradient tells you the slope under your feet. What goes wrong when you trust it for a whole step?
# How do you measure that, and what would it take to see the curve as well as the slope?
#
# **After this lecture you can**
#
# - predict what a gradient step gains, to second order, and at which rate it gains nothing;
# - explain why layers that move together disappoint;
# - measure curvature without a Hessian;
# - write Newton's step, repair it, and say where it goes without the repair;
# - place L-BFGS, K-FAC, Shampoo and Muon: what each approximates and costs.
#
# **Time** Two hours, with a break after section 4. Sections 8 and 9 can be homework.
# **Builds on** the backward pass ([01](../01_backpropagation/01_backpropagation.ipynb)), Taylor's formula
# to second order, and a fact of linear algebra: a symmetric matrix has perpendicular eigenvectors, and is
# diagonal in their basis.

# %% tags=["setup"]
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from matplotlib.colors import ListedColormap

from grader import borrow, check, failing, hint, progress
from utils.curvature import backtracking, bfgs, curvature_ok, normalised_chain
from utils.data import load_digits
from utils.gradients import numerical_gradient
from utils.hessians import softmax_net_nodes
from utils.initialization import he_normal, xavier_normal
from utils.losses import softmax_loss
from utils.matrix_optimizers import muon_step, shampoo_step
from utils.networks import backprop_mlp, mlp_backward, mlp_forward
from utils.optimizers import adam_step, gd, momentum_step, sgd_step, step_params
from utils.parameters import flatten_params, unflatten_params
from utils.plots import COLORS, compare, figure, layer_colors, path, show
from utils.surfaces import rosenbrock
from utils.widgets import Slider, Toggle, explore, live

# %% [markdown] tags=["HRD-01", "E-20"]
# ## 1 · A deep function
#
# A deep network is a function of a function of a function. With four matrices and tanh a slide prints
#
# $$\hat y = W_4^\top(\tanh(W_3^\top(\tanh(W_2^\top(\tanh(W_1^\top x + b_1) + b_2) + b_3)))).$$
#
# There $x$ is a column; in our code it is a row, and a layer is `x @ w + b`.
#
# ### Spot the error: count the brackets
#
# To which array is $b_2$ added, and how many entries does that one have?

# %% tags=["predict"]
brackets = ...

# %% tags=["check"]
check("curvature.brackets")

# %% [markdown]
# Write it with the brackets in their right places.

# %% tags=["exercise"]
from utils.curvature import deep_tanh

# %% tags=["check"]
check("curvature.deep_tanh")

# %% [markdown] tags=["HRD-02", "HRD-05"]
# ## 2 · Everybody moves at once
#
# Backpropagation tells each weight how the loss changes when *this* weight moves and all others stand
# still. Then all of them move. How bad is that?
#
# The smallest deep network has one neuron in each layer and no nonlinearity:
#
# $$y = x\,w_1 w_2 \cdots w_l.$$
#
# It is linear in $x$, but not in the weights. Let the goal be a smaller $y$, and let $g$ be the
# gradient of $y$ itself. To first order the step $w - \eta g$ lowers $y$ by $\eta\,g^\top g$. So whoever
# wants 0.1 less chooses $\eta = 0.1/g^\top g$.

# %% tags=["predict"]
promise = ...

# %% tags=["check"]
check("curvature.promise")

# %% tags=["exercise"]
from utils.curvature import chain_update

# %% tags=["check"]
check("curvature.chain_update")

# %% tags=["demo"]
chain_weights = np.array([1.0, 1, 1, 2, 2, 2, 2])
chain_table = [(lr, *chain_update(1.0, chain_weights, lr)) for lr in (1e-4, 1e-3, 1e-2, 5e-2)]
compare(
    [(f"decrease at rate {lr:g}", actual, promised) for lr, promised, actual in chain_table],
    printed="promised",
    caption="A chain with the weights 1, 1, 1, 2, 2, 2, 2 and the output 16. The longer the step, the "
    "less of the promise is kept.",
)

# %% [markdown] tags=["E-23"]
# Where is the rest? Multiply out a chain of three:
#
# $$x(w_1 - \eta g_1)(w_2 - \eta g_2)(w_3 - \eta g_3) = y - \eta\,g^\top g
# + \eta^2 x\,(g_1g_2w_3 + g_1w_2g_3 + w_1g_2g_3) - \eta^3 x\,g_1g_2g_3.$$
#
# The gradient knows the first two terms. The others exist because weights move together. In the chain
# above, at rate 0.05, the orders 1 to 4 add −51.2, +65.3, −42.5 and +15.2. Second order would not save
# this step.
#
# ### Spot the error: which chains are dangerous?
#
# A slide writes the third-order term as $\epsilon^3 g_1g_2g_3w_4\cdots w_l$. Its sign and its $x$ are lost.
# A $\delta$ beside it is never defined. (It is the gradient on $y$, which is 1.) A line later $g$ is the
# gradient of a squared cost. Those are slips. The conclusion is the deeper error, in our words: if the
# later weights are small the term is negligible, if they are large it explodes. But what does
# $\eta = 0.1/g^\top g$ do meanwhile?

# %% tags=["predict"]
breaking_chains = ...

# %% tags=["check"]
check("curvature.breaking_chains")

# %% [markdown]
# Now real layers: move each alone, then all together.

# %% tags=["exercise"]
from utils.curvature import coordinate_vs_joint_decrease

# %% tags=["check"]
check("curvature.coordinate_vs_joint_decrease")

# %% tags=["predict"]
eight_layers = ...

# %% tags=["check"]
check("curvature.eight_layers")

# %% tags=["demo"]
digits = load_digits()
digits_x, digits_y = digits.x_train[:300], digits.y_train[:300]


def dense_params(sizes, init, seed, gain=1.0):
    """Random matrices and zero biases for these widths."""
    rng = np.random.default_rng(seed)
    params = {}
    for layer, (a, b) in enumerate(pairwise(sizes), 1):
        params[f"w{layer}"] = gain * init(a, b, rng=rng)
        params[f"b{layer}"] = np.zeros(b)
    return params


def kept_share(depth, activation, init, lr, seed):
    """Shares of the first-order promise: layers alone, added up, and all of them together."""
    params = dense_params([64] * depth + [10], init, seed)
    _, grads = backprop_mlp(digits_x, digits_y, params, activation=activation)

    def by_layer(arrays):
        """One array a layer: its matrix, and its bias as one more row."""
        return {n: np.vstack([arrays[f"w{n}"], arrays[f"b{n}"]]) for n in range(1, depth + 1)}

    def cost(layers):
        w_and_b = {f"w{n}": both[:-1] for n, both in layers.items()}
        w_and_b |= {f"b{n}": both[-1] for n, both in layers.items()}
        hs, _ = mlp_forward(digits_x, w_and_b, activation=activation)
        return softmax_loss(hs[-1], digits_y)[0]

    promised = lr * sum(float(np.sum(g**2)) for g in grads.values())
    alone, joint = coordinate_vs_joint_decrease(cost, by_layer(params), by_layer(grads), lr)
    return sum(alone.values()) / promised, joint / promised


depths, kept_shares = (1, 2, 4, 8), {}
fig, axes = figure(1, 2, size=(8.8, 3.3), sharey=True)
for ax, activation, init in zip(axes, ("relu", "tanh"), (he_normal, xavier_normal), strict=True):
    for lr, color in zip((0.1, 0.3, 1.0), layer_colors(3), strict=True):
        shares = np.array(
            [[kept_share(d, activation, init, lr, seed) for seed in range(5)] for d in depths]
        )
        kept_shares[f"{activation} {lr:g}"] = shares
        mean, spread = shares.mean(axis=1), shares.std(axis=1)
        ax.plot(depths, mean[:, 0], "--", color=color, lw=1.3)
        ax.errorbar(
            depths, mean[:, 1], spread[:, 1], fmt="o-", color=color, capsize=3, label=f"rate {lr:g}"
        )
    ax.axhline(0, color=COLORS.reference, lw=1)
    ax.set(title=activation, xscale="log", xticks=depths, xlabel="layers")
    ax.set_xticklabels(depths)
    ax.minorticks_off()
axes[0].set_ylabel("share of the promise")
axes[0].legend(frameon=False, loc="lower left")
show(
    fig,
    caption="One step on 300 digits, five seeds. Dashed: each layer alone, added up. Solid, with the "
    "standard deviation: all together. The gap between them is what the layers do to each other, and "
    "it grows with the depth.",
    alt="Two panels over 1, 2, 4 and 8 layers. With ReLU the solid lines fall far below the dashed ones "
    "as depth grows; at rate 1 the joint step gains nothing. With tanh the gap is smaller.",
)

# %% [markdown] tags=["HRD-03", "SEC-01"]
# ## 3 · Second order
#
# The first-order model of a loss is a plane, $J(w_0) + (w - w_0)^\top g$. It gives a direction, never a
# distance: a plane has no lowest point. Hence the learning rate. The next Taylor term knows more:
#
# $$J(w) \approx J(w_0) + (w - w_0)^\top g + \tfrac12 (w - w_0)^\top H\,(w - w_0), \qquad
# H_{ij} = \frac{\partial^2 J}{\partial w_i\,\partial w_j}.$$
#
# $H$, the *Hessian*, is symmetric. Along a direction $v$ of length 1 the curvature is $v^\top H v$; along
# an eigenvector that is the eigenvalue: positive in a valley, negative on a ridge, zero where it is flat.

# %% [markdown] tags=["E-21"]
# ### Spot the error: one step, predicted
#
# Put a gradient step into the model. A slide gives the result three times as
#
# $$J(w_0 - \epsilon g) \approx J(w_0) - \epsilon\,g^\top g + \tfrac12\,g^\top H g.$$
#
# Let the rate go to zero. What is left of it? Write the right one.

# %% tags=["exercise"]
from utils.curvature import second_order_prediction

# %% tags=["check"]
check("curvature.second_order_prediction")

# %% [markdown] tags=["E-36"]
# Another deck expands around $\theta_0$, and writes $H(E(\theta))$: the Hessian at the new point. Does it
# matter at which point it is taken?

# %% tags=["predict"]
where_taken = ...

# %% tags=["check"]
check("curvature.where_taken")

# %% [markdown] tags=["HRD-04"]
# ### How far?
#
# Along the gradient the model is a parabola in the rate.

# %% tags=["predict"]
break_even = ...

# %% tags=["check"]
check("curvature.break_even")

# %% [markdown] tags=["E-22"]
# And without curvature along the gradient? A slide prints a best step for that.

# %% tags=["predict"]
flat = ...

# %% tags=["check"]
check("curvature.flat")

# %% tags=["exercise"]
from utils.curvature import optimal_step

# %% tags=["check"]
check("curvature.optimal_step")

# %% [markdown]
# **Compare.** The step $-\eta g$ stands twice in the last term, so
# $J - \eta\,g^\top g + \tfrac12\eta^2 g^\top H g$. Its slope in $\eta$ is zero at
# $\eta^* = g^\top g/g^\top H g$, one over the curvature along the gradient.
#
# ### Many directions at once
#
# Each eigenvector goes its own way ([03](../03_preprocessing/03_preprocessing.ipynb), section 2): a step
# multiplies the distance to the bottom along the $i$-th by $1 - \eta\lambda_i$. The steepest sets the limit,
# $\eta < 2/\lambda_{\max}$, and the flattest crawls. With the best single rate a step leaves the share
# $(\kappa - 1)/(\kappa + 1)$ of the error, where $\kappa = \lambda_{\max}/\lambda_{\min}$ is the *condition
# number*. Momentum, in [the next lecture](../07_optimizers/07_optimizers.ipynb), brings $\kappa$ down to
# $\sqrt\kappa$: at $\kappa = 100$ a step leaves 82% instead of 98%. Newton's method, in section 6, does not see
# $\kappa$ at all.

# %% [markdown]
# ## 4 · Measuring curvature
#
# A network with $d$ weights has a Hessian with $d^2$ entries. Nobody writes it down. For the curvature
# along $v$ the vector $Hv$ is enough: it says how the gradient changes when $w$ moves along $v$.

# %% tags=["exercise"]
from utils.hessians import hvp

# %% tags=["check"]
check("hessians.hvp")

# %% [markdown]
# The price: two gradients. It can even be had exactly. Take a network with one hidden layer and write its
# two passes line by line, on $N$ examples:
#
# $$\begin{aligned}
# z &= xW_1 + b_1 & h &= \tanh z & s &= hW_2 + b_2 & p &= \mathrm{softmax}(s)\\
# ds &= (p - \text{one-hot}(y))/N & dh &= ds\,W_2^\top & dz &= dh \odot (1 - h^2)
# \end{aligned}$$
#
# The gradients are $x^\top dz$ for $W_1$, $h^\top ds$ for $W_2$, and for the biases the sums of $dz$ and
# $ds$ over the examples. Now let all parameters move, $W_1 + tV_1$ and so on. Differentiate every line with
# respect to $t$, at $t = 0$. The derivative of $z$ is $rz$, that of $h$ is $rh$, and so on down to the
# gradients, whose derivatives are $Hv$.

# %% tags=["exercise"]
from utils.hessians import hvp_nodes

# %% tags=["check"]
check("hessians.hvp_nodes")

# %% [markdown]
# **Compare.** The product rule strikes four times: in
# $rs = rh\,W_2 + hV_2 + v_{b_2}$, in $rdh = rds\,W_2^\top + ds\,V_2^\top$, in
# $rdz = rdh \odot (1 - h^2) - 2\,dh \odot h \odot rh$ and in the second layer's
# $rh^\top ds + h^\top rds$. The softmax gives $rp = p \odot (rs - \sum_k p_k\,rs_k)$. Frameworks do all this
# by themselves, in JAX as `jvp(grad(loss), (w,), (v,))`: forward mode over the backward pass.


# %% tags=["demo"]
def centred(x):
    return x - x.mean(axis=0)


small_x = centred(digits_x.reshape(300, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(300, 16))
small_like = dense_params([16, 12, 10], xavier_normal, seed=0)


def small_loss(w, rows=slice(None)):
    """Loss and gradient of a [16, 12, 10] network on 4 x 4 digits, its 334 weights in one vector."""
    params = unflatten_params(w, small_like)
    loss, grads = backprop_mlp(small_x[rows], digits_y[rows], params, activation="tanh")
    return loss, flatten_params({name: grads[name] for name in small_like})


def exact_products(w, directions, keep_curved=True):
    """H v for each of the directions; without the terms in ds and dh, the Gauss-Newton product."""
    params = unflatten_params(w, small_like)
    nodes = softmax_net_nodes(small_x, digits_y, params)
    if not keep_curved:
        nodes = nodes | {"ds": 0 * nodes["ds"], "dh": 0 * nodes["dh"]}
    products = []
    for v in directions:
        found = hvp_nodes(small_x, params, unflatten_params(v, small_like), nodes)
        products.append(flatten_params({k: found[k] for k in ("hw1", "hb1", "hw2", "hb2")}))
    return np.array(products)


small_w = flatten_params(small_like)
some_v = np.random.default_rng(0).standard_normal(334)
exact_hv = exact_products(small_w, [some_v])[0]
steps_h = 10.0 ** -np.arange(1, 10)
hvp_errors = [
    np.linalg.norm(hvp(lambda w: small_loss(w)[1], small_w, some_v, h) - exact_hv)
    / np.linalg.norm(exact_hv)
    for h in steps_h
]

loss_0, g_0 = small_loss(small_w)
curved_0 = float(g_0 @ hvp(lambda w: small_loss(w)[1], small_w, g_0))
best_0 = float(g_0 @ g_0) / curved_0
rates_0 = np.linspace(0, 2.6 * best_0, 60)
true_0 = np.array([small_loss(small_w - lr * g_0)[0] for lr in rates_0])
fig, (left, right) = figure(1, 2, size=(8.8, 3.2))
left.loglog(steps_h, hvp_errors, "o-", color=COLORS.train)
left.invert_xaxis()
left.set(xlabel="distance h", ylabel="relative error of H v")
right.plot(rates_0, true_0, color=COLORS.yours, lw=2.5, label="true loss")
right.plot(
    rates_0, loss_0 - rates_0 * (g_0 @ g_0), ":", color=COLORS.reference, label="first order"
)
second_0 = loss_0 - rates_0 * (g_0 @ g_0) + 0.5 * rates_0**2 * curved_0
right.plot(rates_0, second_0, "--", color=COLORS.train, label="second order")
right.plot([best_0, 2 * best_0], [second_0.min(), loss_0], "o", color=COLORS.train)
right.set(xlabel="learning rate", ylabel="loss", ylim=(second_0.min() - 0.1, loss_0 + 0.6))
right.legend(frameon=False, loc="upper center")
show(
    fig,
    caption=f"Left: two gradients against the exact product. Nearer is better down to h = 1e-4 or 1e-5; "
    "below that rounding takes over. Right: the loss of a small network along one gradient step. The "
    f"parabola promises most at rate {best_0:.2f} and nothing at {2 * best_0:.2f} (dots).",
    alt="Left: on logarithmic axes the error falls along a straight line by two decades for each decade "
    "of h, then rises again. Right: loss over the rate; a falling line, a parabola, and the true curve, "
    "which follows the parabola at first and then lies below it.",
)

# %% [markdown]
# The parabola is right near the start only. But curvature can be measured anywhere, also the largest
# of all, the *sharpness* $\lambda_{\max}$. Take a random vector, multiply it by $H$, and again, and again.
# What becomes of its part along each eigenvector?

# %% tags=["exercise"]
from utils.hessians import sharpness

# %% tags=["check"]
check("hessians.sharpness")

# %% [markdown]
# **Compare.** Every product multiplies the part along the $i$-th eigenvector by $\lambda_i$. The eigenvalue
# that is largest in size wins (*power iteration*). If it is negative, the same search on $H - \lambda I$,
# where no eigenvalue is negative, finds the other end of the spectrum.
#
# ### Steep and flat
#
# A small network has 334 eigenvalues. A few are large.

# %% tags=["predict"]
steep = ...

# %% tags=["check"]
check("curvature.steep")


# %% tags=["demo"]
def steepest(w, k=10):
    """The k eigenvectors with the largest eigenvalues."""
    return np.linalg.eigh(exact_products(w, np.eye(334)))[1][:, -k:]


def warmed_up(seed, steps=300):
    """Weights after some SGD on batches of ten."""
    rng = np.random.default_rng(seed)
    w = flatten_params(dense_params([16, 12, 10], xavier_normal, seed))
    for _ in range(steps):
        w = w - 0.3 * small_loss(w, rng.permutation(300)[:10])[1]
    return w


def train_part(part, seed=0, lr=0.3, steps=300, every=30):
    """SGD on batches of ten along a part of the Hessian's directions: losses, share that is steep."""
    rng = np.random.default_rng(seed)
    w, losses, shares = warmed_up(seed), [], []
    for k in range(steps):
        if k % every == 0:
            steep_ones = steepest(w)
            losses.append(small_loss(w)[0])
        g = small_loss(w, rng.permutation(300)[:10])[1]
        along = steep_ones @ (steep_ones.T @ g)
        shares.append(along @ along / (g @ g))
        w = w - lr * {"all": g, "steep": along, "flat": g - along}[part]
    return [*losses, small_loss(w)[0]], float(np.mean(shares))


spectra, gauss_newton_gap = {}, {}
w = small_w
for k in range(331):
    if k in (0, 30, 330):
        h = exact_products(w, np.eye(334))
        spectra[k] = np.linalg.eigvalsh(h)
        rest = h - exact_products(w, np.eye(334), keep_curved=False)
        gauss_newton_gap[k] = float(np.linalg.norm(rest) / np.linalg.norm(h))
    w = w - small_loss(w)[1]
negative_share = {k: float(np.mean(e < -1e-3 * e[-1])) for k, e in spectra.items()}
warm_w = warmed_up(0)
part_losses, part_shares = {}, {}
for part in ("all", "steep", "flat"):
    part_losses[part], part_shares[part] = train_part(part)

fig, (left, right) = figure(1, 2, size=(8.8, 3.3))
for (k, eigenvalues), color in zip(spectra.items(), layer_colors(3), strict=True):
    left.plot(
        np.arange(1, 335),
        eigenvalues[::-1],
        color=color,
        lw=2,
        label=f"after {k} steps" if k else "at the start",
    )
left.axhline(0, color=COLORS.reference, lw=1)
left.set(xlabel="number of the eigenvalue, from the largest", ylabel="curvature", yscale="symlog")
left.set_yscale("symlog", linthresh=1e-2)
left.legend(frameon=False)
for (part, losses), style in zip(part_losses.items(), ("-", "--", ":"), strict=True):
    color = {"all": COLORS.reference, "steep": COLORS.warning, "flat": COLORS.train}[part]
    label = {"all": "whole gradient", "steep": "ten steepest directions", "flat": "all others"}[
        part
    ]
    right.plot(np.arange(0, 301, 30), losses, style, color=color, lw=2.2, label=label)
right.set(xlabel="further SGD step", ylabel="loss on all 300 digits")
right.legend(frameon=False)
show(
    fig,
    caption=f"Left: at the start {negative_share[0]:.0%} of the eigenvalues are clearly negative (by 0.1% of the "
    f"largest), after 330 steps {negative_share[330]:.0%}, and those are tiny. Right: the ten steepest directions "
    f"hold {part_shares['all']:.0%} of the squared gradient of a batch. Without them training hardly notices; "
    "with them alone it stands still.",
    alt="Left: eigenvalues sorted by size at three times; the negative tail of the start shrinks towards "
    "zero. Right: loss over steps; the whole gradient and the flat directions fall together, the steep "
    "directions alone stay level.",
)

# %% [markdown]
# Negative curvature is where training starts, not where it ends. And the directions that dominate the
# gradient are not those in which training gets ahead.
#
# ### The edge of stability
#
# On a bowl the largest rate is fixed, $2/\lambda_{\max}$. On a network the curvature moves with the
# weights. Train on all examples in every step (100 digits, squared error, two hidden layers) and watch it.

# %% tags=["predict"]
settles = ...

# %% tags=["check"]
check("curvature.settles")

# %% tags=["predict"]
at_the_edge = ...

# %% tags=["check"]
check("curvature.at_the_edge")

# %% tags=["demo"]
edge_x, edge_targets = centred(digits.x_train[:100]), np.eye(10)[digits.y_train[:100]]
EDGE_SIZES = [64, 30, 30, 10]
edge_like = dense_params(EDGE_SIZES, xavier_normal, seed=0)


def edge_loss(w):
    """Half of the squared error, summed over classes, mean over 100 digits; and its gradient."""
    hs, cache = mlp_forward(edge_x, unflatten_params(w, edge_like), activation="tanh")
    error = hs[-1] - edge_targets
    _, grads = mlp_backward(error / len(edge_x), cache)
    loss = 0.5 * float(np.sum(error**2)) / len(edge_x)
    return loss, flatten_params({name: grads[name] for name in edge_like})


def edge_sharpness(w, steps=40):
    return sharpness(
        lambda v: hvp(lambda u: edge_loss(u)[1], w, v),
        len(w),
        steps=steps,
        rng=np.random.default_rng(0),
    )


def edge_start(seed):
    return flatten_params(dense_params(EDGE_SIZES, xavier_normal, seed, gain=0.6))


def edge_run(lr, seed=0, steps=1000, every=50):
    """Full-batch gradient descent: every loss, and the sharpness now and then."""
    w, losses, sharp = edge_start(seed), [], []
    for k in range(steps + 1):
        loss, g = edge_loss(w)
        losses.append(loss)
        if k % every == 0:
            sharp.append(edge_sharpness(w))
        w = w - lr * g
    return losses, sharp


edge_runs = {lr: edge_run(lr) for lr in (0.3, 0.6, 1.0)}
fig, (left, right) = figure(1, 2, size=(8.8, 3.3))
for (lr, (losses, sharp)), color in zip(edge_runs.items(), layer_colors(3), strict=True):
    left.semilogy(losses, color=color, lw=1.2, label=f"rate {lr:g}")
    right.plot(np.arange(0, 1001, 50), sharp, "o-", ms=3, color=color)
    right.axhline(2 / lr, color=color, ls="--", lw=1.3)
left.set(xlabel="step", ylabel="loss")
left.legend(frameon=False)
right.set(xlabel="step", ylabel="sharpness", ylim=(0, 8))
show(
    fig,
    caption="Dashed: 2/rate for each of the three rates. The sharpness grows until it gets there, and "
    "stays there. The loss becomes ragged, and goes on falling.",
    alt="Left: three loss curves on a logarithmic axis, those of the larger rates ragged, all falling. "
    "Right: three sharpness curves; each rises or falls to its dashed line at 2 over the rate, and "
    "stays close above it.",
)

# %% [markdown]
# Cohen et al. found this in 2021. Why does it not explode? Two weights show it:
# $L = \tfrac12(uv - 1)^2$. Its minima lie on the curve $uv = 1$, with the sharpness $u^2 + v^2$. Where that
# is above $2/\eta$ the steps overshoot, to and fro, farther each time, and every overshoot moves $u$ and $v$
# towards smaller $u^2 + v^2$ (Damian et al. 2022 show that networks do the same).


# %% tags=["demo"]
def draw_valley():
    fig, ax = figure(size=(7.4, 3.4))
    u, v = np.meshgrid(np.linspace(-2.6, 2.6, 160), np.linspace(-0.6, 3.4, 140))
    ax.contour(
        u, v, (u * v - 1) ** 2 / 2, levels=[0.02, 0.2, 1, 3, 8], cmap="Greys_r", linewidths=0.8
    )
    bottom = np.linspace(0.29, 2.6, 80)
    ax.plot(bottom, 1 / bottom, color=COLORS.yours, lw=2, label="minima")
    line, ring = path(ax, np.zeros((2, 2)), label="gradient descent")
    angle = np.linspace(0, 2 * np.pi, 120)
    (circle,) = ax.plot([0], [0], "--", color=COLORS.warning, lw=1.5, label="u² + v² = 2/rate")
    ax.set(xlabel="u", ylabel="v", xlim=(-2.6, 2.6), ylim=(-0.6, 3.4))
    ax.legend(loc="lower left", framealpha=1, edgecolor="white")
    return fig, {"line": line, "ring": ring, "circle": circle, "angle": angle}


def valley_path(lr, v_start, steps=600):
    """Gradient descent on (uv - 1)^2 / 2 from (0.1, v); it ends early when it is thrown out."""
    points = [(0.1, v_start)]
    for _ in range(steps):
        u, v = points[-1]
        error = u * v - 1
        points.append((u - lr * error * v, v - lr * error * u))
        if abs(points[-1][0]) + abs(points[-1][1]) > 1e3:
            break
    return np.array(points)


def move_valley(artists, lr, v_start):
    points = valley_path(lr, v_start)
    artists["line"].set_data(*np.clip(points, -50, 50).T)
    artists["ring"].set_data(*points[:1].T)
    angle, radius = artists["angle"], np.sqrt(2 / lr)
    artists["circle"].set_data(radius * np.cos(angle), radius * np.sin(angle))
    if len(points) < 601:
        return f"Rate {lr:.2f}: thrown out after {len(points) - 1} steps."
    end = points[-1]
    return f"Rate {lr:.2f}, limit {2 / lr:.2f}: it ends where the sharpness is {end @ end:.2f}."


explore(
    draw_valley,
    move_valley,
    controls={
        "lr": Slider(0.05, 0.5, 0.01, 0.2, label="learning rate"),
        "v_start": Slider(1.5, 3.0, 0.1, 3.0, label="start at v"),
    },
    goal="From v = 3 the minimum straight ahead has a sharpness of 9. How flat a minimum can you be thrown "
    "to? Which rate throws you out? Does it ever end outside of the dashed circle?",
    answer="At rate 0.34 it ends at 2.00, the flattest minimum there is (u = v = 1). Up to 0.2 the sharpness "
    "stays above 8.7; from 0.43 on the path is thrown out. It never ends outside of the circle.",
)

# %% [markdown]
# **Explore.** The same network as above, live. You hold the rate.


# %% tags=["demo"]
def train_edge(values):
    w, k = edge_start(0), 0
    v = np.random.default_rng(0).standard_normal(len(w))
    losses, sharp, rates = [], [], []
    while k < 2000:
        for _ in range(5):
            loss, g = edge_loss(w)
            if not loss < 1e3:
                yield [*losses, np.nan], [*sharp, np.nan], [*rates, values.lr]
                return
            w, k = w - values.lr * g, k + 1
        for _ in range(
            60 if k == 5 else 4
        ):  # the eigenvector moves slowly: go on from the last one
            v = hvp(lambda u: edge_loss(u)[1], w, v / np.linalg.norm(v))
        losses.append(loss)
        sharp.append(float(np.linalg.norm(v)))
        rates.append(values.lr)
        yield losses, sharp, rates


def draw_edge():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.1))
    (loss,) = left.semilogy([1], [1], color=COLORS.train, lw=1.2)
    left.set(xlabel="step", ylabel="loss", xlim=(0, 2000), ylim=(1e-3, 2))
    (sharp,) = right.plot([0], [0], color=COLORS.train, lw=1.5, label="sharpness")
    (limit,) = right.plot([0], [0], "--", color=COLORS.warning, lw=1.5, label="2/rate")
    right.set(xlabel="step", xlim=(0, 2000), ylim=(0, 6))
    right.legend(frameon=False, loc="upper right")
    return fig, (loss, sharp, limit)


def move_edge(artists, state, lr):
    losses, sharp, rates = state
    at = 5 * np.arange(1, len(losses) + 1)
    artists[0].set_data(at, losses)
    artists[1].set_data(at, sharp)
    artists[2].set_data(at, 2 / np.array(rates))
    if not np.isfinite(losses[-1]):
        return f"Step {at[-1]}, rate {rates[-1]:.2f}: exploded. Start begins a new run."
    seen = f"loss {losses[-1]:.3g}, sharpness {sharp[-1]:.2f}, limit {2 / lr:.2f}"
    return f"Step {at[-1]}, rate {lr:.2f}: {seen}."


live(
    draw_edge,
    train_edge,
    move_edge,
    controls={"lr": Slider(0.2, 1.6, 0.05, 0.6, label="learning rate")},
    goal="Bring the sharpness below 1.6 without an explosion. Try it in one jump first.",
    answer="Below 1.6 means a rate of about 1.4, for 2/1.4 = 1.43. In one jump from 0.6 the run explodes. "
    "Raise the rate little by little and it holds: at each rate the network moves to where that rate is "
    "stable. That is one reason for warm-up (lecture 08).",
    preview=20,
    per_second=40,
)

# %% [markdown] tags=["HRD-06"]
# ## 5 · Reparameterise
#
# Could layers be made to disturb each other less? That is how the lectures introduce
# [batch normalisation](../05_batchnorm/05_batchnorm.ipynb). Try it on the chain: give it a batch of numbers,
# and after every weight but the last subtract the batch's mean and divide by its standard deviation.

# %% tags=["predict"]
price = ...

# %% tags=["check"]
check("curvature.price")

# %% tags=["demo"]
chain_batch = np.random.default_rng(0).standard_normal(50)
chain_batch = (chain_batch - chain_batch.mean()) / chain_batch.std()


def chain_slope(normalised, w):
    """What the chain multiplies its input by: the mean of y x, for inputs of variance 1."""
    y = normalised_chain(chain_batch, w) if normalised else chain_batch * np.prod(w)
    return float(np.mean(y * chain_batch))


def kept_by_promise(depth, weight, normalised, promises):
    """For each promised decrease of the chain's slope: what one step keeps."""
    w = np.full(depth, weight)
    g = numerical_gradient(lambda u: chain_slope(normalised, u), w)
    before = chain_slope(normalised, w)
    rates = promises / (g @ g)
    return np.array([before - chain_slope(normalised, w - lr * g) for lr in rates]), g


PROMISES = np.linspace(0.01, 0.3, 30)


def draw_chain():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.1), width_ratios=(3, 2))
    left.plot([0, 0.3], [0, 0.3], "--", color=COLORS.reference, lw=1.3, label="as promised")
    (kept,) = left.plot(PROMISES, PROMISES, color=COLORS.train, lw=2.2, label="kept")
    (dot,) = left.plot([0.1], [0.1], "o", color=COLORS.validation, ms=8)
    left.set(xlabel="promised decrease", ylabel="actual decrease", ylim=(-0.2, 0.32))
    left.legend(frameon=False, loc="upper left")
    bars = right.bar(range(1, 13), np.zeros(12), color=COLORS.train)
    right.set(xlabel="layer", ylabel="share of the step", ylim=(0, 1.05), xticks=range(1, 13))
    return fig, {"kept": kept, "dot": dot, "bars": list(bars)}


def move_chain(artists, depth, weight, normalised):
    kept, g = kept_by_promise(depth, weight, normalised, PROMISES)
    at = float(kept_by_promise(depth, weight, normalised, np.array([0.1]))[0][0])
    artists["kept"].set_ydata(np.clip(kept, -10, 10))
    artists["dot"].set_ydata([np.clip(at, -10, 10)])
    shares = g**2 / (g @ g)
    for layer, bar in enumerate(artists["bars"]):
        bar.set_height(shares[layer] if layer < depth else 0)
    word = "falls by" if at >= 0 else "grows by"
    return f"{depth} weights of {weight:.2f}: of the promised 0.1 the output {word} {abs(at):.3g}."


explore(
    draw_chain,
    move_chain,
    controls={
        "depth": Slider(2, 12, 1, 10, label="layers"),
        "weight": Slider(0.5, 1.5, 0.01, 1.0, label="each weight"),
        "normalised": Toggle(False, label="normalise hidden units"),
    },
    goal="Ten layers: down to which weight is at least 0.09 of the promised 0.1 kept? Then tick the box and "
    "try 0.5.",
    answer="Down to 0.92; at 0.5 the output grows by millions. With normalised units the promise is kept at "
    "any weight, and only the last weight moves.",
)

# %% [markdown] tags=["SEC-02", "SEC-03"]
# ## 6 · Newton
#
# Why walk down a parabola whose lowest point can be computed? Go where the slope of the quadratic model
# is zero.

# %% tags=["exercise"]
from utils.curvature import newton_step

# %% tags=["check"]
check("curvature.newton_step")

# %% [markdown]
# What is nice about it? There is no learning rate, and units do not matter: in other coordinates,
# $w = Au$, Newton's step leads to the same point. A gradient step does not.

# %% tags=["demo"]
rng = np.random.default_rng(0)
turn_1, turn_2 = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
other_a = turn_1 * np.array([100.0, 5.0, 0.3, 0.01]) @ turn_2  # condition number 10,000
bowl_h, bowl_g = np.diag([4.0, 3.0, 2.0, 1.0]), rng.standard_normal(4)
newton_w = newton_step(bowl_g, bowl_h)
newton_u = other_a @ newton_step(other_a.T @ bowl_g, other_a.T @ bowl_h @ other_a)
gradient_w = -0.25 * bowl_g
gradient_u = other_a @ (-0.25 * other_a.T @ bowl_g)
compare(
    [
        (
            "Newton: length of the step",
            float(np.linalg.norm(newton_u)),
            float(np.linalg.norm(newton_w)),
        ),
        (
            "gradient step, rate 0.25",
            float(np.linalg.norm(gradient_u)),
            float(np.linalg.norm(gradient_w)),
        ),
    ],
    printed="in w",
    rel_tol=1e-9,
    caption="The same step taken in the coordinates u (first column), and in w. In between stands a matrix "
    "of condition number 10,000.",
)

# %% [markdown]
# Now a function that is no parabola.

# %% tags=["predict"]
log_cosh = ...

# %% tags=["check"]
check("curvature.log_cosh")

# %% [markdown] tags=["SEC-04"]
# And the cost?

# %% tags=["predict"]
hessian_memory = ...

# %% tags=["check"]
check("curvature.hessian_memory")


# %% tags=["demo"]
def newton_on_log_cosh(start, steps):
    points = [start]
    for _ in range(steps):
        if abs(points[-1]) > 50:  # it is gone
            break
        x = np.array([points[-1]])
        points.append(float((x + newton_step(np.tanh(x), np.diag(1 / np.cosh(x) ** 2)))[0]))
    return points


solve_sizes, solve_times = (100, 200, 400, 800, 1200), []
for n in solve_sizes:
    matrix = np.eye(n) + 0.1 * np.random.default_rng(0).standard_normal((n, n)) / np.sqrt(n)
    begin = time.perf_counter()
    for _ in range(3):
        newton_step(np.ones(n), matrix)
    solve_times.append((time.perf_counter() - begin) / 3)

fig, (left, right) = figure(1, 2, size=(8.8, 3.1))
x = np.linspace(-5, 5, 200)
left.plot(x, np.log(np.cosh(x)), color=COLORS.reference, label="log cosh x")
for start, color in ((1.0, COLORS.yours), (1.15, COLORS.warning)):
    points = np.array(newton_on_log_cosh(start, 5))
    points = points[np.abs(points) < 5]
    left.plot(
        points, np.log(np.cosh(points)), "o-", color=color, lw=1, label=f"Newton from {start:g}"
    )
left.set(xlabel="x", ylabel="f(x)", xlim=(-4, 4), ylim=(-0.2, 4))
left.legend(frameon=False, loc="upper center")
right.loglog(solve_sizes, solve_times, "o-", color=COLORS.train, label="measured")
cubic = solve_times[-1] * (np.array(solve_sizes) / solve_sizes[-1]) ** 3
right.loglog(solve_sizes, cubic, "--", color=COLORS.reference, label="∝ n³")
right.set(xlabel="number of weights n", ylabel="time of one solve (s)")
right.legend(frameon=False)
show(
    fig,
    caption="Left: from 1.0 Newton's method converges, from 1.15 each jump is longer than the last. Right: "
    "one solve on this machine.",
    alt="Left: the curve log cosh x; jumps from 1.0 shrink to 0, jumps from 1.15 grow. Right: time over n "
    "on logarithmic axes, approaching a dashed line of slope 3.",
)

# %% [markdown]
# ## 7 · Repairs
#
# Newton's step goes where the slope of the model is zero. A point without a slope is called *critical*.
# Is it the bottom of a valley? The gradient cannot tell. The Hessian can.

# %% tags=["exercise"]
from utils.curvature import classify_critical_point

# %% tags=["check"]
check("curvature.classify_critical_point")

# %% [markdown] tags=["OPT-08"]
# The lectures warn of local minima and of saddle points. Which of the two should you expect?

# %% tags=["predict"]
random_hessian = ...

# %% tags=["check"]
check("curvature.random_hessian")

# %% [markdown] tags=["OPT-08"]
# Gradient descent leaves a saddle, if slowly ([07](../07_optimizers/07_optimizers.ipynb) shows how). Does
# Newton's method? Start it everywhere on a landscape with four valleys.


# %% tags=["demo"]
def himmelblau_slopes(w):
    """Gradient and Hessian of (x^2 + y - 11)^2 + (x + y^2 - 7)^2."""
    (x, y), a, b = w, w[0] ** 2 + w[1] - 11, w[0] + w[1] ** 2 - 7
    gradient = np.array([4 * x * a + 2 * b, 2 * a + 4 * y * b])
    mixed = 4 * (x + y)
    return gradient, np.array([[12 * x**2 + 4 * y - 42, mixed], [mixed, 12 * y**2 + 4 * x - 26]])


def where_newton_ends(w):
    for _ in range(100):
        step = newton_step(*himmelblau_slopes(w))
        w = w + step
        if np.abs(step).max() < 1e-9:
            break
    return w, classify_critical_point(himmelblau_slopes(w)[1])


side = np.linspace(-5, 5, 51)
KINDS = {"min": COLORS.train, "saddle": COLORS.validation, "max": COLORS.reference}
newton_ends = [[where_newton_ends(np.array([x, y])) for x in side] for y in side]
end_kinds = np.array([[list(KINDS).index(kind) for _, kind in row] for row in newton_ends])
newton_shares = {kind: float(np.mean(end_kinds == n)) for n, kind in enumerate(KINDS)}
fig, ax = figure(size=(5.6, 4))
ax.pcolormesh(side, side, end_kinds, cmap=ListedColormap(list(KINDS.values())), alpha=0.35)
x, y = np.meshgrid(side, side)
heights = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
ax.contour(side, side, heights, levels=[5, 25, 60, 120, 180, 300], colors="black", linewidths=0.5)
for kind, marker in zip(KINDS, ("o", "X", "^"), strict=True):
    found = [w for row in newton_ends for w, k in row if k == kind]
    found = np.unique(np.round(found, 4), axis=0)
    ax.plot(*found.T, marker, ms=8, color=KINDS[kind], mec="black", label=kind)
ax.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(-5, 5), ylim=(-5, 5))
ax.grid(False)
ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False)
show(
    fig,
    caption="Each of 2,601 starts has the colour of the point at which Newton's method ends: "
    + ", ".join(f"{kind} {share:.0%}" for kind, share in newton_shares.items())
    + ". A step to where the slope of the model is zero does not ask which kind of point that is.",
    alt="Contours of a landscape with four minima, four saddles and one maximum. Areas of three colours: "
    "round each minimum one of its own, and between them bands that lead to saddles and to the maximum.",
)

# %% [markdown]
# And on a network?

# %% tags=["predict"]
newton_net = ...

# %% tags=["check"]
check("curvature.newton_net")

# %% [markdown]
# First repair: let the Hessian say *how much* a direction curves, and the gradient which way is down.

# %% tags=["exercise"]
from utils.curvature import saddle_free_step

# %% tags=["check"]
check("curvature.saddle_free_step")

# %% [markdown]
# Second repair: leave out what can be negative. Take half of the mean of $r_i^2$, with *residuals* $r_i$,
# outputs minus targets. Pretend that they are linear in the weights, $r(w + s) \approx r + Js$, with the
# Jacobian $J$. That loss has no negative curvature anywhere.

# %% tags=["exercise"]
from utils.curvature import gauss_newton_step

# %% tags=["check"]
check("curvature.gauss_newton_step")

# %% [markdown]
# **Compare.** Its gradient is $J^\top r/n$, its Hessian $J^\top J/n$. Left out is
# $\sum_i r_i \nabla^2 r_i/n$, residuals times their own curvature: in `hvp_nodes` the three terms with `ds`
# or `dh`. They are most of the Hessian at the start, and little of it once the residuals are small.
#
# All methods on 13 weights. The repaired steps are halved until the loss falls.

# %% tags=["demo"]
sine_x = np.linspace(-2, 2, 20)[:, None]
sine_like = {"w1": np.zeros((1, 4)), "b1": np.zeros(4), "w2": np.zeros((4, 1)), "b2": np.zeros(1)}


def sine_residuals(w):
    """Residuals of a [1, 4, 1] tanh network on sin 2x, and their Jacobian."""
    p = unflatten_params(w, sine_like)
    h = np.tanh(sine_x @ p["w1"] + p["b1"])
    dz = (1 - h**2) * p["w2"].T
    jac = np.concatenate([dz * sine_x, dz, h, np.ones_like(sine_x)], axis=1)
    return (h @ p["w2"] + p["b2"] - np.sin(2 * sine_x))[:, 0], jac


def sine_cost(w):
    return 0.5 * float(np.mean(sine_residuals(w)[0] ** 2))


def sine_gradient(w):
    residual, jac = sine_residuals(w)
    return jac.T @ residual / len(residual)


def sine_hessian(w):
    h = np.array([hvp(sine_gradient, w, e) for e in np.eye(len(w))])
    return (h + h.T) / 2


def sine_step(method, w, g):
    if method == "gradient descent":
        return -0.3 * g
    if method == "Newton":
        return newton_step(g, sine_hessian(w))
    if method == "saddle-free":
        s = saddle_free_step(g, sine_hessian(w), 1e-3)
    else:
        residual, jac = sine_residuals(w)
        s = gauss_newton_step(jac, residual, 1e-3)
    return backtracking(sine_cost, w, s, g) * s


def sine_run(method, seed, steps):
    """Losses until 1e-5 is reached, or the weights are beyond 1e6."""
    w = np.random.default_rng(seed).standard_normal(13)
    losses = [sine_cost(w)]
    while len(losses) <= steps and losses[-1] > 1e-5:
        try:
            w = w + sine_step(method, w, sine_gradient(w))
        except np.linalg.LinAlgError:  # a Hessian that cannot be inverted
            break
        losses.append(sine_cost(w))
        if not np.abs(w).max() < 1e6:
            break
    return losses


SINE_STEPS = {"gradient descent": 1500, "Newton": 60, "saddle-free": 150, "Gauss-Newton": 150}
sine_losses = {m: [sine_run(m, seed, n) for seed in range(5)] for m, n in SINE_STEPS.items()}
fig, ax = figure(size=(8, 3.4))
sine_colors = (COLORS.reference, COLORS.warning, COLORS.train, COLORS.yours)
for (method, runs), color in zip(sine_losses.items(), sine_colors, strict=True):
    for i, losses in enumerate(runs):
        label = method if i == 0 else None
        ax.loglog(np.arange(1, len(losses) + 1), losses, color=color, lw=1.3, label=label)
        ax.plot(len(losses), losses[-1], "o", ms=4, color=color)
ax.set(xlabel="step + 1", ylabel="loss", ylim=(5e-6, 20))
ax.legend(frameon=False, loc="lower left")
show(
    fig,
    caption="Five starts each; a dot where a run ends. A loss of 1e-5 is reached by "
    + ", ".join(
        f"{m} from {sum(r[-1] <= 1e-5 for r in runs)} of 5" for m, runs in sine_losses.items()
    )
    + f". (Gradient descent at rate 0.3 gets {SINE_STEPS['gradient descent']} steps here; "
    "at rate 1 three of the five explode.)",
    alt="Losses over steps on logarithmic axes. Saddle-free and Gauss-Newton runs fall to 1e-5 within "
    "about a hundred steps, gradient descent is far above it after 1500, Newton's runs end high up.",
)

# %% [markdown] tags=["SEC-05"]
# ## 8 · Learning the curvature from gradients
#
# Two gradients tell something about $H$ for free. In a step $s = w_{k+1} - w_k$ the gradient changes by
# $y = g_{k+1} - g_k \approx Hs$. *Quasi-Newton* methods keep a guess of $H^{-1}$ and correct it so that it
# explains the last step, $H^{-1}_{k+1}y = s$ (the *secant condition*). BFGS, $O(d^2)$ a step:
#
# $$H^{-1}_{k+1} = (I - \rho\,sy^\top)\,H^{-1}_k\,(I - \rho\,ys^\top) + \rho\,ss^\top, \qquad
# \rho = 1/y^\top s.$$

# %% [markdown]
# With a negative $y^\top s$ the guess would get a negative eigenvalue, and the next step could go uphill. Such
# a pair is not used; nor is one in which $s$ and $y$ are nearly perpendicular. `curvature_ok(s, y)` is given: it
# asks whether the cosine of the angle between them is above $10^{-8}$.

# %% [markdown] tags=["SEC-06"]
# ### L-BFGS, and a bug hunt
#
# L-BFGS never forms $H^{-1}$. It keeps the last $m$ pairs and lets them act on the gradient in two loops: the
# first takes out each pair's share, newest first, the second puts it back, oldest first. Here is a draft.


# %% tags=["demo", "shown"]
def lbfgs_draft(g, s_list, y_list):
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=True) if curvature_ok(s, y)]
    q, shares = g, []
    for s, y in reversed(pairs):
        a = s @ q / (y @ s)
        q = q - a * y
        shares.append(a)
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), a in zip(pairs, shares, strict=True):
        b = y @ q / (y @ s)
        q = q + (a - b) * s
    return -q


# %% tags=["demo"]
def run_lbfgs(direction, cost, grad_fn, start, *, memory, steps, goal=0.0):
    """Costs of L-BFGS with a line search; it ends at the goal or where no step lowers the cost."""
    w, g, s_list, y_list = start, grad_fn(start), [], []
    costs, points = [cost(w)], [w]
    for _ in range(steps):
        d = direction(g, s_list, y_list)
        s = backtracking(cost, w, d, g) * d
        if not np.any(s):
            break
        w, g_before = w + s, g
        g = grad_fn(w)
        s_list, y_list = [*s_list, s][-memory:], [*y_list, g - g_before][-memory:]
        costs.append(cost(w))
        points.append(w)
        if costs[-1] <= goal:
            break
    return costs, np.array(points)


banana = rosenbrock()
banana_start = np.array(banana.start)


def banana_cost(w):
    return float(banana.value(w))


bfgs_costs = banana.value(bfgs(banana_cost, banana.gradient, banana_start, steps=45))
draft_costs = {
    m: run_lbfgs(
        lbfgs_draft, banana_cost, banana.gradient, banana_start, memory=m, steps=60, goal=1e-10
    )[0]
    for m in (1, 3)
}
fig, ax = figure(size=(7.6, 3.1))
ax.semilogy(bfgs_costs, color=COLORS.reference, lw=2, label="BFGS")
for (m, costs), style in zip(draft_costs.items(), ("--", "-"), strict=True):
    ax.semilogy(costs, style, color=COLORS.warning, lw=1.8, label=f"the draft, memory {m}")
    ax.plot(len(costs) - 1, costs[-1], "o", color=COLORS.warning)
ax.set(xlabel="step", ylabel="height", ylim=(1e-11, 100))
ax.legend(frameon=False)
show(
    fig,
    caption="Rosenbrock's valley. With one pair the draft works. With three it descends for a while and then "
    "stops (dot): its direction leads uphill.",
    alt="Height over steps on a logarithmic axis: BFGS and the draft with memory 1 fall to nearly zero, the "
    "draft with memory 3 stops high up after some steps.",
)

# %% [markdown]
# It runs, it descends, and a test with one pair passes. Find the slip.

# %% tags=["exercise"]
from utils.curvature import lbfgs_direction

# %% tags=["check"]
check("curvature.lbfgs_direction")

# %% tags=["demo"]
banana_starts = [np.random.default_rng(s).uniform([-2, -1], [2, 3]) for s in range(20)]
steps_needed = {}
for m in (1, 3, 10):
    runs = [
        run_lbfgs(lbfgs_direction, banana_cost, banana.gradient, w, memory=m, steps=80, goal=1e-8)
        for w in banana_starts
    ]
    steps_needed[f"L-BFGS, memory {m}"] = [len(costs) - 1 for costs, _ in runs]
bfgs_paths = [bfgs(banana_cost, banana.gradient, w, steps=80) for w in banana_starts]
steps_needed["BFGS"] = [int(np.argmax(banana.value(p) < 1e-8)) for p in bfgs_paths]
newton_path = [banana_start]
for _ in range(6):
    w = newton_path[-1]
    newton_path.append(w + newton_step(banana.gradient(w), banana.hessian(w)))
slow = gd(banana.gradient, banana_start, lr=1e-3, steps=100)
_, memory_path = run_lbfgs(
    lbfgs_direction, banana_cost, banana.gradient, banana_start, memory=3, steps=80, goal=1e-8
)
fig, (left, right) = figure(1, 2, size=(8.8, 3.4))
left.contour(*banana.grid(120), levels=[0.5, 5, 30, 120, 400], cmap="Greys_r", linewidths=0.7)
path(left, slow, label="gradient descent, 100 steps", color=COLORS.warning)
path(left, memory_path, label="L-BFGS, memory 3", color=COLORS.train)
path(left, np.array(newton_path), label="Newton", color=COLORS.test)
left.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(-2, 2), ylim=(-1.2, 3.6))
left.legend(loc="upper center", fontsize=8, framealpha=1, edgecolor="white")
jitter = np.random.default_rng(0).uniform(-0.15, 0.15, 20)
for row, counts in enumerate(steps_needed.values()):
    right.plot(counts, row + jitter, "o", ms=4, alpha=0.6, color=COLORS.train)
    right.plot(np.median(counts), row, "|", ms=22, mew=2.5, color=COLORS.validation)
right.set(xlabel="steps to a height of 1e-8", yticks=range(4), ylim=(3.6, -0.6), xlim=(0, 80))
right.set_yticklabels(steps_needed)
show(
    fig,
    caption="Your L-BFGS. Left: Newton's second step leads out of the picture, and the third one back. "
    "Right: 20 starts; bars are medians. A memory of three pairs is nearly as good as "
    "BFGS. Gradient descent at rate 0.001 needs 16,000 steps and more; at 0.002 it explodes from some of "
    "these starts.",
    alt="Left: contours of the curved valley; L-BFGS follows the floor to the minimum at (1, 1), Newton "
    "jumps there in a few steps, gradient descent has barely begun. Right: rows of dots, with medians near 45 "
    "for memory 1 and below 30 for memory 3, memory 10 and BFGS.",
)

# %% [markdown] tags=["SEC-07"]
# ### With mini-batches?
#
# With mini-batches the lectures report bad results for L-BFGS, and leave the question open.

# %% tags=["predict"]
fresh_batches = ...

# %% tags=["check"]
check("curvature.fresh_batches")

# %% tags=["demo"]
pair_rows, pairs_same = [], {}
for lr in (0.03, 0.1, 0.3):
    rng = np.random.default_rng(1)
    reported, same_batch = [], []
    for _ in range(200):
        one, two = (rng.permutation(300)[:10] for _ in range(2))
        g_one = small_loss(warm_w, one)[1]
        s = -lr * g_one
        reported.append((small_loss(warm_w + s, two)[1] - g_one) @ s / (s @ s))
        same_batch.append((small_loss(warm_w + s, one)[1] - g_one) @ s / (s @ s))
    pair_rows.append((f"rate {lr:g}", float(np.median(reported)), 1 / lr))
    pairs_same[lr] = float(np.median(same_batch))
compare(
    pair_rows,
    printed="1/rate",
    rel_tol=0.15,
    caption="Curvature that 200 pairs from two different batches of ten report (median). With both gradients "
    f"from the same batch it is {pairs_same[0.1]:.2f} at every rate.",
)

# %% [markdown]
# So take both gradients from the same batch, at twice the price.

# %% [markdown] tags=["SEC-08"]
# ## 9 · In practice, and after the slides
#
# The lectures advise: Adam by default; SGD with momentum and a decaying rate often beats it by a bit, but
# needs more tuning; with a full batch try L-BFGS, all noise switched off. We tested the second on the digits
# (15 epochs, rates in half decades, five seeds). With linear decay, at their best rates, momentum reaches
# 0.973 and Adam 0.977: the bit is not to be seen. But half a decade above its best rate momentum falls to 0.68, while
# Adam, even with a constant rate, stays above 0.94 from 0.003 to 0.1.
#
# What came later keeps the idea, curvature for less than $d^2$ numbers, and lives with noise:
#
# | method | what stands in for $H^{-1}$ | for an $m \times n$ matrix it keeps |
# |---|---|---|
# | Adam | a diagonal | $mn$ |
# | K-FAC (2015) | Gauss-Newton as a product of two small matrices a layer | $m^2 + n^2$ |
# | Shampoo (2018) | roots of $\sum GG^\top$ and $\sum G^\top G$ | $m^2 + n^2$ |
# | Muon (2024) | all singular values of the momentum set near 1 | nothing but momentum |
#
# *Natural gradient* is the ancestor: steepest descent where distance is measured between predictions, not
# weights. For the squared error and for softmax its matrix is that of Gauss-Newton. Muon needs no inverse,
# only matrix products, and is used to train large language models.
#
# Does it pay? An autoencoder presses 300 digits through eight units; 200 full-batch steps, each rate tuned in
# quarter decades.


# %% tags=["demo"]
AUTO_SIZES = [64, 30, 8, 30, 64]
auto_x = centred(digits_x)
auto_like = dense_params(AUTO_SIZES, xavier_normal, seed=0)


def auto_loss(params):
    """Half of the squared error of the reconstruction, per digit; and its gradients."""
    hs, cache = mlp_forward(auto_x, params, activation="tanh")
    error = hs[-1] - auto_x
    _, grads = mlp_backward(error / len(auto_x), cache)
    return 0.5 * float(np.sum(error**2)) / len(auto_x), {name: grads[name] for name in params}


AUTO_METHODS = {
    "gradient descent": (sgd_step, 0.18),
    "momentum": (partial(momentum_step, mu=0.9), 0.18),
    "Adam": (adam_step, 0.056),
    "Shampoo": (shampoo_step, 0.56),
    "Muon": (partial(muon_step, mu=0.9), 0.032),
}


def auto_run(method, seed, steps=200):
    params, state, losses = dense_params(AUTO_SIZES, xavier_normal, seed), None, []
    if method == "L-BFGS":
        return run_lbfgs(
            lbfgs_direction,
            lambda w: auto_loss(unflatten_params(w, auto_like))[0],
            lambda w: flatten_params(auto_loss(unflatten_params(w, auto_like))[1]),
            flatten_params(params),
            memory=30,
            steps=steps,
        )[0]
    step, lr = AUTO_METHODS[method]
    for _ in range(steps + 1):
        loss, grads = auto_loss(params)
        losses.append(loss)
        params, state = step_params(step, params, grads, state, lr=lr)
    return losses


auto_losses = {method: auto_run(method, seed=0) for method in (*AUTO_METHODS, "L-BFGS")}
pca_loss = 0.5 * float(np.sum(np.linalg.svd(auto_x, compute_uv=False)[8:] ** 2)) / len(auto_x)
fig, ax = figure(size=(8, 3.5))
auto_colors = (
    COLORS.reference,
    COLORS.test,
    COLORS.validation,
    COLORS.yours,
    COLORS.train,
    COLORS.warning,
)
auto_styles = ("-", "-", "-", "--", "-", ":")
for (method, losses), color, style in zip(
    auto_losses.items(), auto_colors, auto_styles, strict=True
):
    ax.plot(losses, style, color=color, lw=2, label=f"{method}: {losses[-1]:.2f}")
ax.axhline(pca_loss, color=COLORS.reference, ls="--", lw=1)
ax.text(2, pca_loss - 0.045, "PCA with 8 components", color=COLORS.reference)
ax.set(xlabel="step", ylabel="reconstruction error", ylim=(0.35, 1.2), xlim=(0, 200))
ax.legend(frameon=False, ncols=2)
show(
    fig,
    caption="One seed; over five seeds Muon, Shampoo and L-BFGS end clearly below Adam and momentum. Those "
    "stop near what a linear method, PCA, can do.",
    alt="Reconstruction error over 200 steps. Gradient descent ends highest; momentum and Adam end near the "
    "dashed line of PCA; L-BFGS, Shampoo and Muon end well below it.",
)

# %% [markdown]
# All of this is about the training loss. Whether flat minima, or second-order methods, generalise better
# was not measured here.

# %% [markdown] tags=["E-37"]
# ### Errata of the slides
#
# - BGFS is BFGS. Its change of $H^{-1}$ is called one of rank 1. It is made of two vectors, $s$ and
#   $H^{-1}y$, and has rank 2.
# - A current textbook calls errors that shrink like $e \to c\,e^2$, as Newton's do near a minimum, linear
#   convergence. Linear is $e \to \alpha e$; this is quadratic.

# %% [markdown]
# ## Three questions for tomorrow
#
# 1. The rate is doubled. By what factors do the first-order and the second-order term grow?
# 2. Why does the sharpness stop at $2/\eta$ and not at $1/\eta$?
# 3. Which three terms turn a Hessian-vector product into a Gauss-Newton product, and when are they small?
#
# ## What to remember
#
# - A gradient speaks about each weight alone; a step moves all of them.
# - Best rate along a gradient: $g^\top g/g^\top Hg$. Twice that gains nothing.
# - $Hv$ costs two gradients, the sharpness a few dozen.
# - Full-batch training drives the sharpness to $2/\eta$ and holds it there.
# - You see the steep directions; you get ahead in the flat ones.
# - Newton's step goes where the model is flat, not where it is low: to saddles and maxima, too. The signs
#   of the eigenvalues tell them apart.
# - L-BFGS is for full batches: pairs from two batches measure the learning rate.
#
# ## Read on
#
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, sections 4.3, 8.6 and 8.7.
# - Pearlmutter, *Fast Exact Multiplication by the Hessian*, 1994.
# - Dauphin et al., *Identifying and attacking the saddle point problem*, 2014.
# - Cohen et al., *Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability*, 2021;
#   Damian, Nichani, Lee, *Self-Stabilization*, 2022.
# - Nocedal, Wright, *Numerical Optimization*, 2006, chapters 6, 7 and 10.
# - Martens, Grosse, *K-FAC*, 2015; Gupta et al., *Shampoo*, 2018; Jordan et al., *Muon*, 2024.
#
# **Next** [07 · Optimizers](../07_optimizers/07_optimizers.ipynb): what can be done with gradients alone.

# %% tags=["demo"]
progress()
