# %% [markdown]
# # Deep Training Lab
#
# This course is about one question: how do you get a deep neural network to learn? You will write
# the answer yourself, in NumPy, function by function: layers, gradients, optimizers, the lot. No
# framework does it for you, so nothing stays hidden.
#
# Every lecture is a notebook like this one, and has one rhythm:
#
# 1. an **idea**, with its derivation;
# 2. a **question**: predict before you run anything;
# 3. an **exercise**: you fill in a function;
# 4. a **check**: it tells you at once whether you are right, and if not, what to think about;
# 5. a **demo** that runs on your own function, and something to **play** with.
#
# The lectures of the universities that this course grew from contain errors, as all lectures do. Now
# and then we show you one: **spot the error**.
#
# **This notebook** shows all of it on the smallest example there is. It takes 15 minutes and needs a
# little Python.

# %% [markdown]
# Begin here: click into the next cell and press Shift + Enter. It loads what this notebook needs and
# shows nothing. Every lecture begins with such a cell.

# %% tags=["setup"]
import numpy as np
from jaxtyping import Float

from grader import check, hint, progress
from utils.plots import COLORS, figure, loss_curves, show
from utils.widgets import Slider, explore

# %% [markdown]
# ## An exercise
#
# A neuron with one input $x$ has a weight $w$ and a bias $b$. It computes
#
# $$\text{out} = w\,x + b .$$
#
# You know such a neuron. It hangs on many a wall: degrees Celsius go in, degrees Fahrenheit come out,
# and $w = 1.8$, $b = 32$.
#
# First look at a wrong answer: the bias is added too early. Run the cell, again with Shift + Enter.

# %% tags=["demo", "shown"]
from grader import check, hint, progress


def too_warm(celsius):
    return 1.8 * (celsius + 32)


check("warmup.fahrenheit", too_warm)

# %% [markdown]
# That is how a check looks when something is wrong. It says where your numbers differ from the
# right ones. If it knows the mistake, it tells you its name and asks a question. It never shows you
# the code.
#
# (The cell above is a demo. It shows something. In the demos that follow the code is folded away:
# what they draw is the point.)
#
# Now it is your turn. Below is the frame of a function. The text in it is the exercise: what goes
# in, what comes out, in which shape. Replace the line with `raise` by your own, then run the cell, then
# the check below it.
#
# How to read the first line: `Float[np.ndarray, "*shape"]` says that an array of decimal numbers is
# expected, of any shape. Later you will meet `"n d"`: an array with n rows and d columns. And where a
# lone `*` stands among the arguments, those after it are passed by name.

# %% tags=["exercise"]
from utils.warmup import fahrenheit

# %% tags=["check"]
check("warmup.fahrenheit")

# %% [markdown]
# Stuck? Ask for a hint. Each run of this cell shows one more. Hints cost no points.

# %% tags=["demo"]
hint("warmup.fahrenheit")

# %% [markdown]
# **What a check looks at.** It calls your function with several inputs: ordinary ones, odd ones (a
# single example, zeros), and very large ones. It compares values, shapes and number types (float32
# in, float32 out). It makes sure that you return a new array and leave the one you were given as it
# was. With loops or without, one line or ten: your style is your own. If only the odd or huge
# inputs fail, you keep half of the points.

# %% [markdown]
# ## A question
#
# Answer before you compute or run anything. Put your answer in the place of the line with `raise`,
# run the cell, then check it. A wrong prediction costs nothing: change it and check again.

# %% tags=["predict"]
scales_meet = ...

# %% tags=["check"]
check("welcome.scales_meet")

# %% [markdown]
# ## What training is
#
# Suppose nobody had told you 1.8 and 32. You have two thermometers, and 25 pairs of readings. Which
# $w$ and $b$ explain them?
#
# **Try it by hand.** The *loss* says how wrong a choice is: the mean of the squared
# differences. Make it small.

# %% tags=["demo"]
rng = np.random.default_rng(0)
celsius_read = rng.uniform(-10, 30, 25)
fahrenheit_read = fahrenheit(celsius_read) + rng.normal(0, 0.7, 25)  # readings are never exact


def start():
    fig, ax = figure(size=(6.6, 3.6))
    ax.plot(celsius_read, fahrenheit_read, "o", color=COLORS.train, label="readings")
    ends = np.array([-10.0, 30.0])
    (line,) = ax.plot(ends, ends, color=COLORS.validation, lw=2, label="your neuron")
    ax.set(xlabel="temperature (°C)", ylabel="temperature (°F)", ylim=(-20, 110))
    ax.legend(frameon=False, loc="upper left")
    return fig, line


def update(line, weight, bias):
    line.set_ydata(weight * line.get_xdata() + bias)
    loss = np.mean((weight * celsius_read + bias - fahrenheit_read) ** 2)
    return f"Weight {weight:.2f}, bias {bias:.0f}: the loss is {loss:.2f} squared degrees."


explore(
    start,
    update,
    controls={
        "weight": Slider(0.0, 4.0, 0.05, 1.0, label="weight w"),
        "bias": Slider(-20, 80, 1, 0, label="bias b"),
    },
    goal="Bring the loss below 1. Then read off weight and bias.",
)

# %% [markdown]
# You have just done three things, over and over: read the loss, feel in which direction it falls,
# take a step there. A computer does the same. It takes two derivatives of the loss $L$:
# $\partial L/\partial w$ says how fast $L$ rises when $w$ alone grows, $\partial L/\partial b$ says
# it for $b$. The two together are the *gradient*. It points uphill, so we subtract it. How long a
# step becomes is set by the *learning rate* $\eta$:
#
# $$w \leftarrow w - \eta\,\frac{\partial L}{\partial w}, \qquad
#   b \leftarrow b - \eta\,\frac{\partial L}{\partial b}.$$

# %% tags=["demo"]
w, b, losses = 0.0, 0.0, []
for _ in range(4000):
    error = w * celsius_read + b - fahrenheit_read
    losses.append(np.mean(error**2))
    w -= 0.002 * np.mean(2 * error * celsius_read)  # the derivative of the loss by w
    b -= 0.002 * np.mean(2 * error)  # and by b

fig, ax = figure(size=(6.6, 3))
loss_curves(ax, {"train": losses}, xlabel="step", ylabel="loss (°F²)", log=True)
show(
    fig,
    caption=f"After {len(losses)} steps: w = {w:.2f}, b = {b:.1f}. Nobody told the neuron about 1.8 and "
    "32; it found them in the readings.",
    alt="The loss over 4000 steps on a logarithmic axis: it falls steeply at once, then more slowly, "
    "and levels off near the noise of the readings.",
)

# %% [markdown]
# Now change 0.002 to 0.005, in both places. Will it arrive sooner? Run the cell again. (NumPy will
# warn of an overflow, and `nan` means *not a number*.)
#
# Steps can be too long. Each one then jumps across the goal and lands further away than the last.
#
# That is training. A deep network has millions of weights instead of two, and almost everything can
# go wrong on the way: gradients that vanish, units that die, steps that are too long or too short,
# weights that start badly. Each lecture takes on one of these troubles.

# %% [markdown]
# ## Your progress
#
# The progress page shows what passes and what comes next. Run it whenever you like, in any
# notebook. It is kept in one small file on your machine; nothing is sent anywhere.

# %% tags=["demo"]
progress()

# %% [markdown] tags=["META-01", "META-02"]
# ## How to go on
#
# - Open the next lecture in the file list on the left, in `notebooks/`. The lectures build on each
#   other, but each one says what it needs.
# - Run the cells from top to bottom. If something behaves oddly, choose *Kernel → Restart Kernel and
#   Run up to Selected Cell*.
# - Model solutions lie in `solutions/`. They are the library itself: what you write is what the
#   course computes with. Look after you have tried.
#
# **Where this comes from.** The topics follow five public lectures on training deep networks, among
# them one that merges CS231n (Stanford, spring 2019) and CMSC 35246 (Chicago, spring 2017). What they
# print is compared with what we measure. (One of them opens with historical facts of its date;
# they are not part of the course.) The book to keep beside it: Goodfellow, Bengio, Courville, *Deep
# Learning*, MIT Press 2016, chapters 6 to 8.
