# %% [markdown]
# # Two scales
#
# A thermometer in Boston shows 32 when one in Berlin shows 0.

# %% tags=["setup"]
import numpy as np

from grader import check

# %% tags=["exercise"]
from thermometer.scales import fahrenheit

# %% tags=["check"]
check("scales.fahrenheit")

# %% tags=["demo"]
fahrenheit(np.array([0.0, 100.0]))

# %% tags=["predict"]
scales_meet = ...

# %% tags=["check"]
check("scales.scales_meet")
