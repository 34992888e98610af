"""Mutants that answer like the reference on every allowed input, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "curvature.chain_update": {
        "5efdebb5a1a9": "w and all its entries have the same length",
        "9bd80c5fbd4a": "the product of two vectors is symmetric",
    },
    "curvature.second_order_prediction": {
        "51e9d4142036": "the product of two vectors is symmetric",
        "53647e8ee6cd": "the product of two vectors is symmetric",
        "552b11004166": "the Hessian is symmetric",
    },
    "curvature.optimal_step": {
        "b0d53c3e2abb": "the product of two vectors is symmetric",
        "1fdc04cdd81b": "the Hessian is symmetric",
    },
    "hessians.sharpness": {
        "c2ccb8830e05": "the opposite vector at every turn: the same direction, the same product",
        "a886a8139b04": "the product of two vectors is symmetric",
        "13c29dc63a9b": "where the first search finds 0 a second one from 0 finds it again",
        "loops leave out the last turn": "the search has settled: the text allows fewer products",
        "uniform numbers for normal ones": "the text leaves the distribution open",
    },
    "curvature.gauss_newton_step": {
        "5fe7d2ccff4b": "the text asks for no precision",
    },
    "curvature.lbfgs_direction": {
        "7c21ad0fd00a": "the test of a pair is symmetric in its vectors",
        "2b35855dddbd": "the product of two vectors is symmetric",
        "e7bdd1f0ea01": "the product of two vectors is symmetric",
        "4a3da5af58f7": "the product of two vectors is symmetric",
        "625ef940e9e5": "the product of two vectors is symmetric",
        "cf13cc4d5902": "the product of two vectors is symmetric",
    },
}
