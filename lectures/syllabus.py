"""What the course covers: the entries of the syllabus and the slide errors that it repairs.

``IDS`` maps a syllabus ID to its title. ``ERRORS`` maps the number of an error that the
lectures' slides print to the correct statement. Lecture cells and docstrings carry these IDs
as tags; the build and the tests accept no others. ``LEFT_OUT`` says why an entry has no function.
"""

IDS: dict[str, str] = {
    "META-01": "Course context and source list",
    "META-02": "Non-technical filler",
    "NEU-01": "Artificial neuron (perceptron)",
    "NEU-02": "A perceptron is a linear model",
    "NEU-03": "Fully connected (dense) network",
    "NEU-04": "Two-layer net computes any Boolean function",
    "NEU-05": "Two-layer step net represents any convex polyhedron",
    "NEU-06": (
        "Three layers: finite combinations of polyhedra, hence regions with continuous boundary"
    ),
    "NEU-07": "Universal approximation and its limit",
    "NEU-08": "Usual depth of dense parts",
    "NEU-09": "Question: identity activation",
    "NEU-10": "Machine learning = vectorisation + prediction; deep learning learns both",
    "NEU-11": "Objective: empirical risk",
    "BPG-01": "Backpropagation: forward pass with caching, backward pass",
    "BPG-02": "Worked graph e = (a + b)(b + 1)",
    "BPG-03": "Layer interface",
    "BPG-04": "The training scheme",
    "BPG-05": "Rules of thumb for batch, epochs, learning rate",
    "BPG-06": "Equivalent drawings of two layers and their connections",
    "BPG-07": "Duality of forward and backward propagation",
    "BPG-08": "Vanishing gradient",
    "ACT-01": "Catalogue slide",
    "ACT-02": "Sigmoid: definition and history",
    "ACT-03": "Saturated neurons kill gradients",
    "ACT-04": "Outputs not zero-centred: the gradient sign problem",
    "ACT-05": "exp is costly",
    "ACT-06": "tanh",
    "ACT-07": "ReLU: advantages",
    "ACT-08": "ReLU: drawbacks and dead units",
    "ACT-09": "Leaky ReLU",
    "ACT-10": "PReLU",
    "ACT-11": "ELU",
    "ACT-12": "Maxout",
    "ACT-13": "Advice",
    "PRE-01": "Why: positive inputs give one-sign gradients",
    "PRE-02": "Zero-centre, then normalise",
    "PRE-03": "PCA and whitening",
    "PRE-04": "Effect of normalisation on the loss landscape",
    "PRE-05": "Images: centre only",
    "INI-01": "Zero / constant init and symmetry",
    "INI-02": "Small random numbers",
    "INI-03": "The 10-layer activation-statistics experiment: setup",
    "INI-04": "Weights 0.01 N(0, 1), tanh",
    "INI-05": "Weights 1.0 N(0, 1), tanh",
    "INI-06": "Xavier init, tanh",
    "INI-07": "Xavier init breaks with ReLU",
    "INI-08": "He init, ReLU",
    "INI-09": "Variance derivation",
    "INI-10": "Xavier variants",
    "INI-11": "He variants",
    "INI-12": "Strategy principles",
    "INI-13": "Uniform heuristics",
    "INI-14": "Orthogonal init with gain",
    "INI-15": "Sparse init",
    "INI-16": "Active research list",
    "INI-17": "Why it helps (1): tanh is near-linear for small values; equal scales across layers",
    "INI-18": "Why it helps (2): gradient methods like equal scales; a larger lr is not a cure",
    "NRM-01": "Internal covariate shift",
    "NRM-02": "Why naive normalisation fails: the runaway bias",
    "NRM-03": "Normalisation as a layer over the whole data set",
    "NRM-04": "Batch normalisation: per dimension, per mini-batch",
    "NRM-05": "Problem: nonlinearity disappears / do we want N(0,1)?",
    "NRM-06": "Learnable scale and shift",
    "NRM-07": "Full algorithm and shapes",
    "NRM-08": "Backward pass through BN",
    "NRM-09": "Test time: running averages",
    "NRM-10": "Where to put it",
    "NRM-11": "Benefits claimed",
    "NRM-12": "Matrix view",
    "NRM-13": "Why it is good",
    "NRM-14": "Why add gamma, beta back?",
    "NRM-15": "Spatial BN (BatchNorm2D)",
    "NRM-16": "Layer norm",
    "NRM-17": "Instance norm",
    "NRM-18": "Group norm and the comparison figure",
    "NRM-19": "Decorrelated BN",
    "NRM-20": "Weight normalisation",
    "NRM-21": "BN in recurrent nets",
    "HRD-01": "Depth as composition",
    "HRD-02": "The hidden assumption",
    "HRD-03": "Second-order expansion of a gradient step",
    "HRD-04": "Observations and optimal step",
    "HRD-05": "Higher-order effects: one neuron per layer, no nonlinearity",
    "HRD-06": "Conclusion: reparameterise",
    "OPT-01": "Gradient descent",
    "OPT-02": "Batch gradient descent, algorithm 1",
    "OPT-03": "Stochastic gradient descent",
    "OPT-04": "Mini-batch SGD",
    "OPT-05": "Convergence statements",
    "OPT-06": "List of SGD's problems",
    "OPT-07": "Ill-conditioning: zig-zag",
    "OPT-08": "Local minima and saddle points",
    "OPT-09": "Gradient noise",
    "OPT-10": "Momentum",
    "OPT-11": "Two formulations",
    "OPT-12": "What the coefficient does",
    "OPT-13": "Terminal speed",
    "OPT-14": "Algorithm boxes",
    "OPT-15": "Nesterov momentum",
    "OPT-16": "Nesterov in terms of the look-ahead point",
    "OPT-17": "Trajectory animations and algorithm summary",
    "ADA-01": "Motivation",
    "ADA-02": "AdaGrad",
    "ADA-03": "AdaGrad questions",
    "ADA-04": "Where eps lives",
    "ADA-05": "Adadelta, part 1: forget",
    "ADA-06": "Adadelta, part 2: units",
    "ADA-07": "RMSProp",
    "ADA-08": "RMSProp with Nesterov",
    "ADA-09": "Adam: construction",
    "ADA-10": "First steps and bias correction",
    "ADA-11": "Defaults and praise",
    "ADA-12": "Adam algorithm box",
    "SEC-01": "First-order picture",
    "SEC-02": "Newton's method",
    "SEC-03": "Q: what is nice?",
    "SEC-04": "Q2: why bad for deep learning?",
    "SEC-05": "Quasi-Newton / BFGS",
    "SEC-06": "L-BFGS",
    "SEC-07": "Stochastic setting",
    "SEC-08": "In practice",
    "LRS-01": "Effect of the learning rate",
    "LRS-02": "Step decay",
    "LRS-03": "Exponential decay",
    "LRS-04": "1/t decay",
    "LRS-05": "Linear decay",
    "LRS-06": "How to set the initial rate eps_0?",
    "LRS-07": "Plateau",
    "LRS-08": "Do not decay too early",
    "LRS-09": "Per-epoch schedules; decay figures",
    "BAB-01": "Steps 1 and 2: preprocess, choose architecture",
    "BAB-02": "Sanity check 1: initial loss",
    "BAB-03": "Sanity check 2: regularisation raises the loss",
    "BAB-04": "Overfit a tiny set",
    "BAB-05": "Learning rate too low",
    "BAB-06": "Question: accuracy rises to 20 % though the loss does not move",
    "BAB-07": "Learning rate too high: NaN",
    "BAB-08": "Learning rate 3e-3 still too high",
    "BAB-09": "Rough range",
    "BAB-10": "Loss curve shapes",
    "BAB-11": "Accuracy curves and the gap",
    "BAB-12": "Update/weight ratio",
    "HYP-01": "Coarse to fine cross-validation",
    "HYP-02": "Explosion rule",
    "HYP-03": "Coarse search",
    "HYP-04": "Fine search",
    "HYP-05": "Question: why is the best result worrying?",
    "HYP-06": "Log-scale sampling",
    "HYP-07": "Random vs grid",
    "HYP-08": "What to tune",
    "HYP-09": "Practitioner pictures",
    "HYP-10": "Single validation fold",
    "EST-01": "Early stopping",
    "EST-02": "Beyond training error",
    "EST-03": "Accuracy-vs-epoch figures",
    "ENS-01": "Model ensembles",
    "ENS-02": "Snapshots of one model",
    "ENS-03": "Cyclic learning rate",
    "ENS-04": "Moving average of parameters (Polyak): code",
    "ENS-05": "Polyak averaging",
    "ENS-06": "EMA modification",
    "REG-01": "From overfitting to regularisation",
    "REG-02": "Penalised objective, L2, L1, elastic net",
    "REG-03": "Multiclass hinge loss with regulariser",
    "REG-04": "Label smoothing",
    "REG-05": "Catalogue and motivation",
    "REG-06": "Auxiliary tasks",
    "REG-07": "More data, smaller model",
    "REG-08": "A common pattern",
    "DRP-01": "Dropout definition",
    "DRP-02": "Vanilla dropout code",
    "DRP-03": "Why it can help (1): redundancy",
    "DRP-04": "Why (2): ensemble",
    "DRP-05": "Test time: averaging out the noise",
    "DRP-06": "Inverted dropout",
    "DRP-07": "Train/test difference",
    "DRP-08": "DropConnect",
    "DRP-09": "Fractional max pooling",
    "DRP-10": "Stochastic depth",
    "AUG-01": "Motivation",
    "AUG-02": "Horizontal flips",
    "AUG-03": "Random crops and scales, training",
    "AUG-04": "Test time: fixed crops",
    "AUG-05": "Colour jitter, simple",
    "AUG-06": "PCA colour jitter",
    "AUG-07": "Creative list",
    "AUG-08": "Question: are shifts needed?",
    "ARC-01": "ImageNet classification",
    "ARC-02": "AlexNet (2012)",
    "ARC-03": "VGG (2015)",
    "ARC-04": "Link",
    "SUM-01": "TLDR",
    "SUM-02": "Optimiser advice",
    "SUM-03": "001's conclusions",
    "SUM-04": "004's conclusions",
    "SUM-05": "000's practical remarks",
}

ERRORS: dict[str, str] = {
    "E-01": "Backpropagation only computes gradients; the optimizer is what changes the weights.",
    "E-02": "One epoch is ceil(N / m) iterations: one pass over all N examples in batches of m.",
    "E-03": "The slope of leaky ReLU is a parameter, a < 1, default 0.01.",
    "E-04": (
        "The range of the sigmoid is the open interval (0, 1), that of tanh (-1, 1); rounding "
        "alone reaches the ends."
    ),
    "E-05": "The gradient on w has one sign for each single example; a mini-batch may mix signs.",
    "E-06": (
        "Leaky ReLU is nearly zero-centred only for a large slope: its mean on N(0, 1) inputs is "
        "0.395 at a = 0.01."
    ),
    "E-07": (
        "Images were centred only, by 2012-2016 practice; for other data centre and divide by the "
        "standard deviation."
    ),
    "E-08": (
        "It is the activations and gradients that grow or shrink with the weight scale, not the "
        "weights."
    ),
    "E-09": "The input of the ten-layer experiment is 500-dimensional, with 1000 examples.",
    "E-10": (
        "With weights of std 1 and tanh most local derivatives are near zero, but the "
        "backpropagated signal explodes."
    ),
    "E-11": (
        "He initialization is randn(fan_in, fan_out) * sqrt(2 / fan_in): multiply, do not divide."
    ),
    "E-12": (
        "The standard deviation of He initialization is sqrt(2 / fan_in) = 1 / sqrt(fan_in / 2)."
    ),
    "E-13": (
        "The limit of Glorot's uniform initialization is sqrt(6 / (fan_in + fan_out)); the root "
        "covers the 6 too."
    ),
    "E-14": "A good gain preserves the norm of the activations; it should neither grow nor shrink.",
    "E-15": (
        "A layer's input distribution shifts because the weights of the previous layers change."
    ),
    "E-16": (
        "Batch normalisation divides by sqrt(var + eps); without eps a constant feature gives 0 / "
        "0."
    ),
    "E-17": (
        "Say which statistic the averaging weight belongs to: here it is the weight of the new "
        "batch."
    ),
    "E-18": "Batch normalisation allows a larger learning rate; gamma is the scale of its output.",
    "E-19": (
        "The batch mean sums over the examples: mu = mean of the rows H[i, :], one number per "
        "feature."
    ),
    "E-20": (
        "Each bias is added after its own matrix product: "
        "y = W4^T tanh(W3^T tanh(W2^T tanh(W1^T x + b1) + b2) + b3)."
    ),
    "E-21": "The second-order term of a gradient step is 0.5 * lr^2 * g^T H g; lr is squared.",
    "E-22": (
        "The best step is g^T g / (g^T H g) if that curvature is positive; for zero curvature "
        "none is best."
    ),
    "E-23": (
        "The third-order term is -lr^3 x g1 g2 g3 w4 ... wl, with g the gradient of the output "
        "(delta = 1)."
    ),
    "E-24": (
        "SGD needs decaying steps to converge; on a non-convex loss it reaches a stationary "
        "point, otherwise a ball of noise."
    ),
    "E-25": (
        "Friction is 1 - mu, and the update uses the new velocity: theta_{t+1} = theta_t - v_{t+1}."
    ),
    "E-26": (
        "The two forms of momentum are equal only for a constant learning rate and v = 0 at the "
        "start."
    ),
    "E-27": (
        "Only the momentum coefficient decides how long gradients are remembered; its size "
        "against the learning rate does not."
    ),
    "E-28": "The velocity is a decaying sum, not an average: its weights add up to 1 / (1 - mu).",
    "E-29": "AdaGrad subtracts: the update is -lr / (eps + sqrt(r)) * g.",
    "E-30": (
        "The history of squared gradients scales the step of each parameter; the derivatives are "
        "partial derivatives."
    ),
    "E-31": "In adaptive methods eps stands outside the root, sqrt(r) + eps, default 1e-8.",
    "E-32": "RMSProp averages the squared gradient, and the step is -lr * g / sqrt(r).",
    "E-33": (
        "RMSProp with Nesterov divides by sqrt(r) + eps too; without it the first step is 0 / 0 "
        "where g = 0."
    ),
    "E-34": "Adam has bias correction and eps; without the correction its first step is 3.16 lr.",
    "E-35": "Adam: lr = 1e-3, beta2 = 0.999, denominator sqrt(v_hat) + eps.",
    "E-36": "The Hessian in the Taylor expansion is taken at the point of expansion: H(theta_0).",
    "E-37": "BFGS (in this order) makes rank-2 updates of the inverse Hessian.",
    "E-38": (
        "The linear schedule mixes with min(k / tau, 1), so the rate never falls below its end "
        "value."
    ),
    "E-39": (
        "State the convention of the L2 penalty: here 0.5 * reg * sum(W^2); the printed loss 3.07 "
        "fits only this one."
    ),
    "E-40": "Search one range of learning rates, with the bounds in order.",
    "E-41": (
        "An update-to-weight ratio of 1e-3 fits the middle of a run; at its start some hundredths "
        "are healthy."
    ),
    "E-42": "The bounds of a uniform draw go from low to high: uniform(-6, -3).",
    "E-43": "One validation set is a hold-out; cross-validation rotates several folds.",
    "E-44": "Early stopping watches the validation set; the test set is used once, at the end.",
    "E-45": "A moving average starts at zero with bias correction, not at random initial weights.",
    "E-46": (
        "The exponential average mixes in the current parameters: avg_t = a * avg_{t-1} + (1 - a) "
        "* theta_t."
    ),
    "E-47": (
        "The elastic net has two coefficients; weight decay equals an L2 penalty only for plain "
        "SGD."
    ),
    "E-48": (
        "Label smoothing gives each of the K - 1 other classes eps / (K - 1), so that a row sums "
        "to 1."
    ),
    "E-49": (
        "Say what p is: p_drop is the probability of dropping a unit, 1 - p_drop of keeping it."
    ),
    "E-50": (
        "After vanilla dropout the test pass multiplies by the probability of keeping, 1 - p_drop."
    ),
    "E-51": (
        "Pooling gives only a small, approximate shift invariance; random crops and shifts still "
        "help."
    ),
    "E-52": (
        "That ELU converges faster than ReLU holds for some networks and not for others, each at "
        "its best rate."
    ),
    "E-53": (
        "The factor of six compares ReLU with tanh on one network; nobody measured it for leaky "
        "ReLU."
    ),
    "E-54": ("A maxout unit stays alive, but a piece of it that never wins gets no gradient."),
    "E-55": (
        "Activations of one scale in all layers do not imply gradients of one scale: weights of "
        "std 1 with tanh keep the signal and blow up the gradient."
    ),
    "E-56": (
        "No gain solves vanishing and exploding gradients for tanh: with 1 signal and gradient "
        "fade, above 1 the signal settles and the gradient grows with depth."
    ),
    "E-57": (
        "U(-1/sqrt(m), 1/sqrt(m)) is not history: it is the default of PyTorch's linear layers, "
        "and ten such layers lose the signal."
    ),
    "E-58": (
        "That distributions move is true; that batch norm helps by keeping them still is refuted: "
        "with the drift put back the gain stays."
    ),
    "E-59": (
        "Batch norm makes the gradient independent of the scale of the weights, and makes it grow "
        "with depth."
    ),
    "E-60": (
        "Laurent et al. found no gain on the path from state to state, and faster training on the "
        "path from the input."
    ),
    "E-61": "Sutskever et al. 2013 use the velocity form of momentum; the sum form is PyTorch's.",
    "E-68": (
        "The log of overfitting twenty images belongs to pixels that are centred, and not divided "
        "by their standard deviation as step 1 asks."
    ),
}

# Entries of the syllabus that no function stands for, and why.
LEFT_OUT: dict[str, str] = {
    "META-01": "sources and further reading, nothing to compute",
    "META-02": "not about the subject",
    "OPT-06": "a quiz: questions of the lecture `07_optimizers`",
    "ARC-04": "a link",
    "SUM-02": "the advice of SEC-08 again",
    "SUM-03": "`training.train` with and without its `schedule`",
}
