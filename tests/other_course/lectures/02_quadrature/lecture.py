# %% [markdown]
# # The area under a curve
#
# You will compute areas from values alone: with straight lines, with parabolas, and while the
# values come in. 40 minutes. It builds on nothing but Python.

# %% tags=["setup"]

import matplotlib.pyplot as plt
import numpy as np

from grader import check, hint

# %% [markdown]
# ## Straight lines

# %% tags=["exercise"]
from numerics.quadrature.rules import trapezoid

# %% tags=["check"]
check("quadrature.rules.trapezoid")

# %% [markdown]
# ## Parabolas

# %% tags=["exercise"]
from numerics.quadrature.rules import simpson

# %% tags=["check"]
check("quadrature.rules.simpson")

# %% tags=["predict"]
exact = ...

# %% tags=["check"]
check("quadrature.exact")

# %% [markdown]
# How much water is in a slice of this river?

# %% tags=["demo"]
from numerics.river import measured

metres, depth = measured()
fig, ax = plt.subplots(figsize=(6, 2.5))
ax.fill_between(metres, -depth, color="#56b4e9")
ax.set(xlabel="distance from the bank (m)", ylabel="height (m)")
ax.set_title(f"{trapezoid(depth, 2.0):.1f} or {simpson(depth, 2.0):.1f} square metres")
plt.show()

# %% [markdown]
# ## While the values come in

# %% tags=["exercise"]
from numerics.quadrature.running import RunningArea

# %% tags=["check"]
check("quadrature.running.RunningArea")
