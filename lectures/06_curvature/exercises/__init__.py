"""Lecture 06: why deep networks are hard to train, and the methods that see curvature."""

from . import chain, composition, critical, edge, newton, products, quadratic, quasi_newton

SECTIONS = (composition, chain, quadratic, products, edge, newton, critical, quasi_newton)

# The first gives the prediction of one step away, the second a product with any vector.
WITHHOLD = (
    "curvature.quadratic_model",
    "curvature.numerical_hessian",
    "gradients.numerical_gradient",
    "autodiff.Node",
    "autodiff.operate",
)
