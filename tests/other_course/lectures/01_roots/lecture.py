# %% [markdown]
# # Where is a function zero?
#
# You will evaluate a polynomial as calculators do, and find a zero of it by halving an interval.
# Half an hour. You need a little Python.

# %% tags=["setup"]
from collections.abc import Callable

import numpy as np

from grader import check, hint, progress

# %% [markdown]
# ## Polynomials
#
# $p(x) = c_0 + c_1 x + c_2 x^2$ takes three multiplications. How few are enough?

# %% tags=["exercise"]
from numerics.roots import horner

# %% tags=["check"]
check("roots.horner")

# %% [markdown]
# ## Halving
#
# Between a place where a continuous function is negative and one where it is positive, it is zero
# somewhere. Look at the middle: one half is left.

# %% tags=["predict"]
halvings = ...

# %% tags=["check"]
check("roots.halvings")

# %% tags=["exercise"]
from numerics.roots import bisect

# %% tags=["check"]
check("roots.bisect")

# %% tags=["demo"]
for steps in (5, 10, 20):
    root = bisect(
        lambda x: float(horner(np.array([-2.0, 0, 1]), np.array(x))), 0.0, 2.0, steps=steps
    )
    print(f"after {steps:2} halvings: {root:.8f}")

# %% tags=["predict"]
fooled = ...

# %% tags=["check"]
check("roots.fooled")

# %% tags=["demo"]
progress()
