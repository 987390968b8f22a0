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


STEPS, ENVIRONMENTS = 20, 32


def snake_parameters():
    """Weights of two convolutions, a dense layer, and a head with one hidden layer each for policy and values; biases of zero."""
    parameters = []
    for shape in ((32, 5, 3, 3), (32, 32, 3, 3), (288, 40), (40, 30), (30, 4), (40, 30), (30, 1)):
        fan = 9 * shape[1] if len(shape) == 4 else shape[1]
        outputs = shape[0] if len(shape) == 4 else shape[1]
        parameters += [torch.randn(*shape) * (0.5 * (2 / fan) ** 0.5), torch.zeros(outputs)]
    return [p.requires_grad_() for p in parameters]


def ones(probability, *shape):
    """Ones with a probability, else zeros."""
    return (torch.rand(*shape) < probability).float()


def snake_data():
    """A trajectory: observations, actions, rewards, and whether the episode goes on."""
    return (ones(0.1, (STEPS + 1) * ENVIRONMENTS, 5, 12, 12), torch.randint(4, (STEPS * ENVIRONMENTS, 1)),
            ones(0.1, STEPS, ENVIRONMENTS), ones(0.98, STEPS, ENVIRONMENTS))


def snake_network(p, x):
    """Logits and values."""
    for layer in (0, 2):
        x = torch.relu(torch.nn.functional.conv2d(x, p[layer], p[layer + 1], padding=1))
        x = torch.nn.functional.max_pool2d(x, 2)
    x = torch.relu(x.flatten(1) @ p[4] + p[5])
    policy, value = torch.relu(x @ p[6] + p[7]), torch.relu(x @ p[10] + p[11])
    return policy @ p[8] + p[9], (value @ p[12] + p[13]).reshape(-1)


def advantages(values, data, gamma, reach):
    """Lambda-returns less values."""
    _, _, rewards, live = data
    returns = [values[-1]]
    for t in reversed(range(STEPS)):
        returns.append(rewards[t] + gamma * live[t] * ((1 - reach) * values[t + 1] + reach * returns[-1]))
    return torch.stack(returns[:0:-1]) - values[:-1]


def log_policy(logits, data):
    """Log-probabilities of all actions and of those taken."""
    every = torch.log_softmax(logits[:STEPS * ENVIRONMENTS], -1)
    return every, every.gather(1, data[1]).reshape(STEPS, ENVIRONMENTS)


def inner_loss(p, data, gamma, reach, critic, entropy):
    """The loss of the advantage actor-critic; targets and advantages are constants of the network."""
    logits, values = snake_network(p, data[0])
    values = values.reshape(STEPS + 1, ENVIRONMENTS)
    constant = values.detach()
    advantage = advantages(constant, data, gamma, reach)
    every, chosen = log_policy(logits, data)
    error = advantage + constant[:-1] - values[:-1]
    disorder = -(every.exp() * every).sum(-1)
    return (critic * 0.5 * error.square() - advantage * chosen).mean() - entropy * disorder.mean()


def outer_loss(p, data):
    """The loss of the policy alone."""
    logits, values = snake_network(p, data[0])
    constant = values.detach().reshape(STEPS + 1, ENVIRONMENTS)
    return -(advantages(constant, data, 0.99, 0.99) * log_policy(logits, data)[1]).mean()


def snake_forward(count):
    """The network on some observations."""
    p, observations = snake_parameters(), ones(0.1, count, 5, 12, 12)

    def run():
        with torch.no_grad():
            snake_network(p, observations)

    return run


def snake_gradient(hessian):
    """The inner loss and its gradient, or the product of its Hessian with a vector."""
    p, data = snake_parameters(), snake_data()
    eta = torch.tensor([0.99, 0.99, 0.5, 0.01])
    vector = [torch.randn_like(t) for t in p]

    def run():
        gradient = torch.autograd.grad(inner_loss(p, data, *eta), p, create_graph=hessian)
        if hessian:
            torch.autograd.grad(gradient, p, vector)

    return run


def snake_meta(steps, mixes):
    """A meta-gradient through inner steps with clipped gradients and a fresh Adam."""
    start, data = snake_parameters(), [snake_data() for _ in range(steps + 1)]

    def run():
        raw = torch.tensor([4.595, 4.595, 0.5, 0.01], requires_grad=True)
        eta = torch.sigmoid(raw[0]), torch.sigmoid(raw[1]), raw[2], raw[3]
        p, state, total = start, (0, [torch.zeros_like(t) for t in start], [torch.zeros_like(t) for t in start]), 0
        for step in range(steps):
            gradient = torch.autograd.grad(inner_loss(p, data[step], *eta), p, create_graph=True)
            norm = torch.sqrt(sum(g.square().sum() for g in gradient) + 1e-12)
            scale = torch.clamp(10 / norm, max=1)
            p, state = adam_step(p, [g * scale for g in gradient], state, 6e-4)
            if mixes or step == steps - 1:
                total = total + (1 - 1 / steps) ** step * outer_loss(p, data[step + 1])
        torch.autograd.grad(total, raw)

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
    "snake-forward-n640": lambda: snake_forward(640),
    "snake-act-n32": lambda: snake_forward(32),
    "snake-grad-n640": lambda: snake_gradient(False),
    "snake-hvp-n640": lambda: snake_gradient(True),
    "snake-meta-1": lambda: snake_meta(1, False),
    "snake-meta-3": lambda: snake_meta(3, False),
    "snake-meta-3-mix": lambda: snake_meta(3, True),
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
