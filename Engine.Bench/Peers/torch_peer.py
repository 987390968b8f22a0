"""The reference workloads of `engine workloads` in PyTorch: one line of JSON each, times in milliseconds.

Usage: python3 torch_peer.py [--only NAME,...] [--repeats K] [--threads N]
Needs PyTorch with one threading library (Debian: apt-get install python3-torch libopenblas0-openmp).
"""
import argparse
import json
import time

import torch


def adam_step(parameters, gradients, state, rate):
    """Adam with 1e-8 under the root, as a function that can be differentiated."""
    time_step, first, second = state
    time_step += 1
    first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients)]
    scale_first, scale_second = 1 - 0.9 ** time_step, 1 - 0.999 ** time_step
    updated = [p - rate * (m / scale_first) / (torch.sqrt(v / scale_second + 1e-8) + 1e-8)
               for p, m, v in zip(parameters, first, second)]
    return updated, (time_step, first, second)


def mrp_meta(replicates, steps):
    """The mean of n-step meta-gradients of the Markov reward process; one MLP(1, 10, 10, 1) for each replicate."""
    states = torch.linspace(-1, 1, 10).reshape(1, 10, 1)
    start = [torch.randn(1, 10), torch.zeros(1, 10), torch.randn(10, 10) * 10 ** -0.5, torch.zeros(1, 10),
             torch.randn(10, 1) * 10 ** -0.5, torch.zeros(1, 1)]
    exponent = torch.arange(10).reshape(1, 10) - torch.arange(10).reshape(10, 1) + 1
    follows = (exponent > 0).float()

    def mean_rewards():
        rewards = torch.full((replicates, 32, 10), 0.1)
        rewards[:, :, 1::2] = torch.randn(replicates, 32, 5)
        return rewards.mean(1)

    def values(p):
        hidden = torch.relu(states @ p[0] + p[1])
        hidden = torch.relu(hidden @ p[2] + p[3])
        return (hidden @ p[4] + p[5]).squeeze(-1)

    def run():
        logit = torch.zeros(10, requires_grad=True)
        weights = follows * torch.sigmoid(logit).reshape(1, 10) ** exponent.clamp(min=0)
        p = [t.expand(replicates, *t.shape).clone().requires_grad_() for t in start]
        state = 0, [torch.zeros_like(t) for t in p], [torch.zeros_like(t) for t in p]
        for _ in range(steps):
            loss = 0.5 * (mean_rewards() @ weights.T - values(p)).square().mean(1).sum()
            p, state = adam_step(p, torch.autograd.grad(loss, p, create_graph=True), state, 1e-3)
        outer = 0.5 * (mean_rewards() @ follows.T - values(p)).square().mean()
        torch.autograd.grad(outer, logit)

    return run


def dense(function, *shapes):
    """A function of standard normal tensors."""
    inputs = [torch.randn(*shape) for shape in shapes]

    def run():
        with torch.no_grad():
            function(*inputs)

    return run


def convolve(images, weights):
    """A 3 x 3 convolution that keeps height and width."""
    return torch.nn.functional.conv2d(images, weights, padding=1)


WORKLOADS = {
    "mrp-meta-s256-n1": lambda: mrp_meta(256, 1),
    "mrp-meta-s256-n10": lambda: mrp_meta(256, 10),
    "mrp-meta-s2048-n10": lambda: mrp_meta(2048, 10),
    "matmul-1024": lambda: dense(torch.matmul, (1024, 1024), (1024, 1024)),
    "matmul-640x288x40": lambda: dense(torch.matmul, (640, 288), (288, 40)),
    "conv-12x12x5-32": lambda: dense(convolve, (640, 5, 12, 12), (32, 5, 3, 3)),
    "conv-6x6x32-32": lambda: dense(convolve, (640, 32, 6, 6), (32, 32, 3, 3)),
    "tanh-16m": lambda: dense(torch.tanh, (1 << 24,)),
    "axpy-16m": lambda: dense(lambda x: x * 2.0 + x, (1 << 24,)),
    "sum-16m": lambda: dense(torch.sum, (1 << 24,)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    for name, create in WORKLOADS.items():
        if arguments.only and name not in arguments.only.split(","):
            continue
        run = create()
        for _ in range(2):
            run()
        times = []
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        times.sort()
        print(json.dumps({"workload": name, "median_ms": round(times[len(times) // 2], 4), "min_ms": round(times[0], 4),
                          "threads": torch.get_num_threads(), "torch": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()
