"""What a framework does beyond that: cost, memory, accumulation."""

from grader import Choice, Number, Question

COST = Question(
    "backpropagation.cost",
    "A dense network has 288,010 parameters. Computing the loss on a batch takes one unit of "
    "time. How long does "
    "it take to compute the loss *and* all 288,010 derivatives?",
    choices=(
        Choice("about 3 units", right=True),
        Choice(
            "about 10 units, one for each layer and class",
            "What does the backward pass do in each layer, compared with the forward pass? How "
            "many "
            "matrix products are there?",
        ),
        Choice(
            "about 540 units, the square root of their number",
            "Is there a step that depends on the number of parameters other than the matrix "
            "products?",
        ),
        Choice(
            "576,020 units: two for each parameter",
            "So long would central differences take. What did your backward pass do instead?",
        ),
    ),
    why="Forward: one matrix product a layer. Backward: two. So about three units, and it stays "
    "three "
    "however large the network is. Without this fact there would be no deep learning.",
)


CHECKPOINTS = Question(
    "backpropagation.checkpoints",
    "The cache of a network with 100 layers does not fit into memory. So only the activation of "
    "every k-th layer is "
    "kept. In the backward pass the k layers between two kept ones are computed once more and held "
    "until they "
    "are done with. Which k needs the least memory?",
    number=Number(
        10,
        rel_tol=1e-6,
        misreadings={
            1: "That keeps all 100. Is there something to gain by keeping fewer?",
            100: "Then one is kept, but the whole network is computed anew and held at once.",
            50: "Two are kept and 50 are held at a time. Can the larger number be made smaller?",
            2: "Then 50 are kept. Can the larger number be made smaller?",
            20: "100/20 are kept and 20 are held: 25. Try a smaller k.",
            5: "100/5 are kept and 5 are held: 25. Try a larger k.",
        },
    ),
    why="Kept are 100/k, and k are held at a time. The sum 100/k + k is smallest at $k = "
    "\\sqrt{100} = 10$: 20 "
    "activations in place of 100, for one more forward pass.",
)


MICRO_BATCHES = Question(
    "backpropagation.micro_batches",
    "A batch of 50 does not fit into memory, so it is cut into micro-batches of 48 and 2. The "
    "*mean* gradient of "
    "each is computed, and the average of the two means is taken for the gradient of the batch. "
    "How far off is it, relative to the true one?",
    choices=(
        Choice(
            "not at all: a mean of means is a mean",
            "That is so when the parts are equally large. How much does one of the two examples "
            "count here, and how "
            "much should it?",
        ),
        Choice(
            "about 2 percent, since only 2 of 50 are treated differently",
            "They are few, but what weight do they get? What share of the result comes from them?",
        ),
        Choice(
            "about 20 percent",
            "The parts would have to be more alike in size. How much does one of the two examples "
            "count "
            "here, and how much should it?",
        ),
        Choice("by more than its own length", right=True),
    ),
    why="The mean of two examples is noisy, and it makes up half of the result: two examples "
    "count as much as "
    "48. Measured: 1.3 ± 0.3. Widely used training software had this bug until 2024. Divide the "
    "sum over "
    "all micro-batches by the number of examples in the whole batch.",
)
