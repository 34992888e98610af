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
# 2. a **prediction**: you commit yourself before anything runs;
# 3. an **exercise**: you fill in a function;
# 4. a **check**: it tells you at once whether you are right, and if not, what to think about;
# 5. a **demo** that runs on your own function, and something to **play** with.
#
# The university lectures behind this course contain errors, as all lectures do. Now and then we show
# you one: **spot the error**.
#
# **What you need.** Python with functions and loops; NumPy arrays, their shapes and `axis`; the
# derivative of a function and the chain rule; the product of a matrix and a vector. Variances and
# eigenvectors come up later, each with half a page to refresh them. A framework such as PyTorch is
# not needed, and neither is a GPU.
#
# **Time** About half an hour for this notebook. Afterwards you can read a check, you have derived a
# first gradient, and you have trained a network of one neuron. What comes then is on
# the map at its end.

# %% [markdown]
# Begin here: click into the next cell and press Shift + Enter. It loads what this notebook needs and
# shows nothing. Every lecture begins with such a cell.

# %% tags=["setup"]
from typing import Any

import numpy as np
from jaxtyping import Float

from grader import borrow, check, failing, hint, progress
from utils.plots import COLORS, figure, show
from utils.widgets import LogSlider, Slider, explore

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
from grader import borrow, check, failing, hint, progress


def too_warm(celsius):
    return 1.8 * (celsius + 32)


check("warmup.fahrenheit", too_warm)

# %% [markdown]
# That is how a check looks when something is wrong. It says where your numbers differ from the
# right ones. If it knows the mistake, it tells you its name and asks a question.
#
# (The cell above is a demo. It shows something. In most demos the code is folded away: what they draw
# is the point.)
#
# Now it is your turn. Below is the frame of a function. The text in it is the exercise: what goes
# in, what comes out, in which shape. Replace the line with `raise` by your own, then run the cell, then
# the check below it.
#
# How to read the first line: `Float[np.ndarray, "*shape"]` says that an array of decimal numbers is
# expected, of any shape. Later you will meet `"n d"`, an array with n rows and d columns, and `" n"`,
# an array of n numbers. A size that nobody has to name is written `_` or `...`, and a `#` before a
# name allows a size of 1 there. Where a lone `*` stands among the arguments, those after it are passed
# by name.

# %% tags=["exercise"]
from utils.warmup import fahrenheit

# %% tags=["check"]
check("warmup.fahrenheit")

# %% [markdown]
# Stuck? A check that fails ends with hints, folded one in the other: open the first, think, open the
# next. They cost no points. `hint("warmup.fahrenheit")` in a cell of your own shows the hints, too, one
# more at each run.

# %% [markdown] tags=["solutions"]
# Behind the last hint lies a solution, and it costs no points either. You can also go on without:
# `borrow("warmup.fahrenheit")` lends you the library's function, so that all that stands below works.
# Its points wait until you write your own.

# %% [markdown]
# A picture that needs a function you have not written says so and waits; nothing else stops for it.
#
# To see what your function fails on, press **Show the failing input** under the check: the arguments
# are in `case` then, and `fahrenheit(**case)` makes the same call again. (Where there are no buttons,
# `case = failing("warmup.fahrenheit")` does it.) **Start again** puts the frame back as it was. What
# you wrote is kept, and another button brings it back.

# %% [markdown]
# ## What a check looks at
#
# It calls your function with several inputs: ordinary ones, odd ones (a single example, zeros), and
# very large ones. With loops or without, one line or ten: your style is your own. Here are three
# functions with the right formula, and still something is to be said about each.


# %% tags=["demo", "shown"]
def forgets_float32(celsius):
    return (1.8 * celsius + 32).astype(np.float64)


check("warmup.fahrenheit", forgets_float32)


# %% tags=["demo", "shown"]
def works_in_place(celsius):
    celsius *= 1.8
    celsius += 32
    return celsius.copy()


check("warmup.fahrenheit", works_in_place)


# %% tags=["demo", "shown"]
def one_for_all(celsius):
    return (1.8 * celsius + 32).mean()


check("warmup.fahrenheit", one_for_all)

# %% [markdown]
# The rules are the same in every exercise:
#
# | what the check finds | points |
# |---|---|
# | all cases right | all |
# | right on ordinary inputs, wrong only on huge ones, on float32, or on a second call | half |
# | right, but an argument was changed in place, or handed back instead of a new array | half |
# | right by another course's convention; the check then names it | half |
# | a part of the way, where answers are better and worse (the recipe of lecture 15) | by thresholds |
# | anything else | none, and as many tries as you like |
#
# What a text promises is tested: where it says that an error is raised, there is a case for it. What
# it does not mention, your function may do as it likes.

# %% [markdown]
# ## A prediction
#
# Answer before you compute or run anything: type your number into the field and press Enter, or click
# one of the letters where there are choices. (Where there is neither, put your answer in the place of
# `None`, run the cell, then check it.) A wrong prediction costs nothing: change it and check again.

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
# **Try it by hand.** The *loss* says how wrong a choice is: the mean of the squared differences between
# prediction and reading. Make it small.

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


def loss_of(weight, bias):
    return np.mean((weight * celsius_read + bias - fahrenheit_read) ** 2)


def update(line, weight, bias):
    line.set_ydata(weight * line.get_xdata() + bias)
    loss = loss_of(weight, bias)
    return f"Weight {weight:.2f}, bias {bias:.0f}: the loss is {loss:.2f} squared degrees."


explore(
    start,
    update,
    controls={
        "weight": Slider(0.0, 4.0, 0.05, 1.0, label="weight w"),
        "bias": Slider(-20, 80, 1, 0, label="bias b"),
    },
    goal="Bring the loss below 1. Then read off weight and bias.",
    answer="Weight 1.80 and bias 32 give a loss of 0.47: what is left is the noise of the readings.",
    reached=lambda line, weight, bias: loss_of(weight, bias) < 1,
)

# %% [markdown]
# You have just done three things, over and over: read the loss, felt in which direction it falls,
# taken a step there. A computer does the same. It takes two derivatives of the loss $L$:
# $\partial L/\partial w$ says how fast $L$ rises when $w$ alone grows, $\partial L/\partial b$ says
# it for $b$. The two together are the *gradient*. It points uphill, so we subtract it. How long a
# step becomes is set by the *learning rate* $\eta$ (eta):
#
# $$w \leftarrow w - \eta\,\frac{\partial L}{\partial w}, \qquad
#   b \leftarrow b - \eta\,\frac{\partial L}{\partial b}.$$
#
# But what are the two derivatives? Find out, with a pencil. The chain rule takes you there in steps,
# and the check judges each of them: from the loss back to every prediction, from the predictions
# back to $w$ and $b$. Most exercises of this course that ask for a gradient go this way.

# %% tags=["exercise"]
from utils.warmup import neuron_gradients

# %% tags=["check"]
check("warmup.neuron_gradients")

# %% [markdown]
# **Compare.** The loss is $L = \frac1n\sum_i e_i^2$ with $e_i = w x_i + b - y_i$. One prediction stands
# in one square, so its derivative is $2 e_i / n$: that is `dout`. When $w$ grows by one, prediction $i$
# grows by $x_i$, and the loss by $2 e_i x_i / n$ for each of them: the contributions add up,
#
# $$\frac{\partial L}{\partial w} = \sum_i \frac{2 e_i}{n}\,x_i, \qquad
#   \frac{\partial L}{\partial b} = \sum_i \frac{2 e_i}{n} .$$
#
# Where a number acts in several places, its gradients are *summed*. You will meet this sum in every
# lecture.
#
# Now let your gradients do the work.


# %% tags=["demo"]
def descend(rate, steps=4000):
    """Gradient descent on the readings: weight, bias and loss at every step, as far as finite."""
    w, b, path = 0.0, 0.0, []
    for _ in range(steps):
        found = neuron_gradients(celsius_read, fahrenheit_read, w, b)
        path.append((w, b, found["error"] @ found["error"] / len(celsius_read)))
        if path[-1][2] > 1e9:
            break
        w, b = w - rate * found["dw"], b - rate * found["db"]
    return np.array(path)


def start():
    fig, ax = figure(size=(6.6, 3.2))
    (line,) = ax.plot([0], [1], color=COLORS.train, lw=2)
    ax.set(xlabel="step", ylabel="loss (°F²)", xlim=(1, 4000), ylim=(0.1, 1e9))
    ax.set(xscale="log", yscale="log")
    return fig, line


def update(line, rate):
    path = descend(rate)
    line.set_data(np.arange(1, len(path) + 1), path[:, 2])
    if len(path) < 4000:
        return f"Rate {rate:.2g}: after {len(path)} steps the loss is beyond 1e9 and still growing."
    w, b, loss = path[-1]
    return f"Rate {rate:.2g}: after 4000 steps w = {w:.2f}, b = {b:.1f}, loss {loss:.2f}."


explore(
    start,
    update,
    controls={"rate": LogSlider(1e-4, 1e-2, 0.002, label="learning rate η")},
    goal="Nobody told the neuron about 1.8 and 32. From which rate on does it find them within 4000 "
    "steps? Do not go beyond 0.003 yet.",
    answer="From about 0.001 on: w = 1.82, b = 31.9, a loss of 0.41. With 0.0001 the weight is still "
    "2.56 and the bias 12.7.",
)

# %% [markdown]
# What happens with longer steps? Predict it, then move the slider there.

# %% tags=["predict"]
too_long = ...

# %% tags=["check"]
check("welcome.too_long")

# %% [markdown]
# That is training. A deep network has millions of weights instead of two, and almost everything can
# go wrong on the way: gradients that vanish, units that die, steps that are too long or too short,
# weights that start badly. Each lecture takes on one of these troubles.

# %% [markdown]
# ## Habits of the lab
#
# - **Read the last line of an error first.** It says what is wrong (`NameError: name 'x' is not
#   defined`); the arrow above it says where. A check repeats both in a sentence.
# - **Restart now and then.** A notebook remembers every cell you ran, also those that you have changed
#   since. *Kernel → Restart Kernel and Run up to Selected Cell* shows whether it works from the top.
# - **A cell that does not end** is stopped by ■ in the toolbar. In a browser's tab, with nothing
#   installed, that button can do nothing: *Kernel → Restart Kernel* ends it there. A check needs
#   neither, it ends after five seconds.
# - **Print shapes.** Half of all mistakes in this course are an axis too many or too few.
# - **Predict before you run.** A number that surprises you is worth more than ten that do not.

# %% [markdown]
# ## Your progress
#
# The progress page shows what passes and what comes next. Run it whenever you like, in any
# notebook. It keeps your best result for everything, in one small file on your machine; nothing is
# sent anywhere.
#
# A question that you answered wrong comes back: after a day, then after three, seven and twenty-one.
# The page says when one waits, and `review()` asks it.
#
# At the end of the course, or of your part of it, `certificate("Your Name")` makes a page to print, of
# what you have passed. (`from grader import certificate, review` brings both.)
#
# Do you go on with another machine, or in another browser? `save_work()` puts your notebooks and your
# progress into one file, and there `restore_work()` brings them back, beside what you may have done
# there already. (`from grader import restore_work, save_work` brings both.)

# %% tags=["demo"]
progress()

# %% [markdown] tags=["map"]
# ## The map of the course
#
# What needs what? Follow the lines from top to bottom. Where two lectures stand on the same ground,
# such as 02 and 06, begin with the one that you are curious about.

# %% [markdown] tags=["META-01", "META-02"]
# ## How to go on
#
# - Open the next lecture by the link at the end of this page, in the table above, or in the file
#   list, behind the folder on the left. At its top each says what it needs.

# %% [markdown] tags=["solutions"]
# - Model solutions lie in `solutions/`, and behind the last hint of a check. They are the library
#   itself: what you write is what the course computes with. Look after you have tried. (The course in
#   a browser's tab has only those behind the hints.)

# %% [markdown]
# **Where this comes from.** The topics follow five public slide decks on training deep networks. The
# most complete, *Considerations on Deep Neural Networks Training* (K. Fouladi, University of Tehran),
# merges CS231n, *Convolutional Neural Networks for Visual Recognition* (Stanford, spring 2019), with
# CMSC 35246, *Deep Learning* (Trivedi and Kondor, University of Chicago, spring 2017). The other four are
# Russian, their titles here translated: *Deep Learning: Optimisation, Training Neural Networks*
# (M. Lazarev), *Neural Networks: Tricks*, *Deep Learning III: Improving Training Further*, and
# *Nonlinear Classifiers*. Where a lecture says "the slides", it means these. What they print is compared with what we
# measure, and where the two differ, you will be told. The book to keep beside the course is Goodfellow,
# Bengio and Courville, [*Deep Learning*](https://www.deeplearningbook.org), MIT Press 2016, chapters 6
# to 8.
