# %% [markdown]
# # First steps
#
# You will compute a mean of values that do not count equally. Ten minutes; you need a little
# Python.

# %% tags=["setup"]
import numpy as np

from grader import borrow, check, failing, hint, progress

# %% [markdown]
# ## A question first

# %% tags=["predict"]
exam = ...

# %% tags=["check"]
check("averages.exam")

# %% [markdown]
# ## Now as a function
#
# $$\bar v = \frac{w_0 v_0 + w_1 v_1 + \dots}{w_0 + w_1 + \dots}$$

# %% tags=["exercise"]
from my_course.averages import weighted_mean

# %% tags=["check"]
check("averages.weighted_mean")

# %% [markdown]
# Stuck? Each run of this cell shows one hint more.

# %% tags=["demo"]
hint("averages.weighted_mean")

# %% [markdown]
# ## What it is good for
#
# The more the exam counts, the nearer the mean comes to it.

# %% tags=["demo"]
points = np.array([4.0, 8.0])  # exam, homework
for factor in (1, 3, 10):
    mean = weighted_mean(points, np.array([factor, 1.0]))
    print(f"exam counts {factor:2} times: {mean:.2f}")

# %% tags=["demo"]
progress()
