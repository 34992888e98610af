"""Learning rates as PyTorch's schedulers set them."""

import numpy as np

STEPS = 23
LR0 = 0.1
K = 0.13
PATIENCE = 3


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from torch.optim import lr_scheduler as torch_schedules

    def rates(scheduler, losses=None):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR0)
        schedule, found = scheduler(optimizer), []
        for t in range(STEPS):
            if losses is None:
                found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if losses is None:
                schedule.step()
            else:
                schedule.step(losses[t])
                found.append(optimizer.param_groups[0]["lr"])
        return np.array(found)

    val_loss = np.exp(-np.arange(STEPS) / 5) + rng.random(STEPS)
    return {
        "step": rates(lambda o: torch_schedules.StepLR(o, step_size=5, gamma=0.5)),
        "multi_step": rates(
            lambda o: torch_schedules.MultiStepLR(o, milestones=[4, 9, 10], gamma=0.3)
        ),
        "exponential": rates(lambda o: torch_schedules.ExponentialLR(o, gamma=float(np.exp(-K)))),
        "linear": rates(
            lambda o: torch_schedules.LinearLR(o, start_factor=1.0, end_factor=0.01, total_iters=15)
        ),
        "warmup": rates(
            lambda o: torch_schedules.LinearLR(o, start_factor=0.2, end_factor=1.0, total_iters=6)
        ),
        "cosine": rates(lambda o: torch_schedules.CosineAnnealingLR(o, T_max=STEPS)),
        "restarts": rates(lambda o: torch_schedules.CosineAnnealingWarmRestarts(o, T_0=8)),
        "val_loss": val_loss,
        # PyTorch's patience is the number of bad epochs that are forgiven, one less than ours.
        "plateau": rates(
            lambda o: torch_schedules.ReduceLROnPlateau(
                o, factor=0.5, patience=PATIENCE - 1, threshold=0.0, threshold_mode="abs"
            ),
            val_loss,
        ),
    }
