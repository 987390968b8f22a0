"""The reference workloads of `engine workloads`, and training on Snake, in JAX: one line of JSON each, times in milliseconds.

Usage: python3 jax_peer.py [--only NAME,...] [--repeats K] [--seconds S] [--threads N] [--device cpu|cuda|cuda:N]
                           [--agents N,...] [--convolution native|product] [--golden FOLDER]
Needs JAX (pip install "jax[cuda13]" optax; optax only to check a step of Adam). Everything is compiled and runs in float32 without
TF32; `compile_s` is the first call. A workload that fails prints its error and the others go on.
"""
import argparse
import json
import os
import time
from functools import partial
from pathlib import Path

# Before JAX is imported: it would take three quarters of a card's memory.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
try:
    import jax
    import jax.numpy as jnp
    from jax import random
except ImportError as error:
    raise SystemExit(f'jax_peer.py: no JAX here ({error}); pip install "jax[cuda13]" optax.')

import jax_snake as snake

# The Markov reward process (section 3.1): an MLP(1, 10, 10, 1) predicts the rewards to come from each of ten states.

STATES = 10


def state_values(parameters, inputs):
    """The values of the states, [10]."""
    x = inputs
    for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2]):
        x = jax.nn.relu(x @ weight + bias)
    return (x @ parameters[-2] + parameters[-1]).reshape(-1)


def squared_error(values, rewards, weights):
    """Half the mean squared error of values to the targets of trajectories, whose rewards are [batch, 10].

    The error to the mean target plus the spread of targets around it: the spread has no gradient in the values."""
    mean = rewards.mean(0) @ weights.T
    return 0.5 * (jnp.mean((mean - values) ** 2) + jnp.mean((rewards @ weights.T - mean) ** 2))


def mrp_problem(logit, inputs, sample, update):
    """Learning with discounts gamma_j = sigmoid(logit_j), where reward j counts gamma_j ** (j - i + 1) in state i (appendix C.1)."""
    exponents = (jnp.arange(STATES) - jnp.arange(STATES)[:, None] + 1).astype(logit.dtype)
    undiscounted = (exponents > 0).astype(logit.dtype)
    discounted = undiscounted * jax.nn.sigmoid(logit) ** jnp.maximum(exponents, 0)
    return snake.Problem(
        lambda parameters, games, step: (sample(step), games),
        lambda parameters, rewards: squared_error(state_values(parameters, inputs), rewards, discounted),
        lambda parameters, rewards: squared_error(state_values(parameters, inputs), rewards, undiscounted),
        update)


def draw_rewards(key):
    """32 trajectories: leaving an even state pays 0.1, leaving an odd one a normal number."""
    return jnp.full((32, STATES), 0.1).at[:, 1::2].set(random.normal(key, (32, STATES // 2)))


def mrp_meta_gradient(replicates, steps, key, logit, start):
    """The mean of n-step meta-gradients of independent replicates from one start."""
    inputs = jnp.linspace(-1, 1, STATES)[:, None]

    def replicate(logit, key):
        problem = mrp_problem(
            logit, inputs, lambda step: draw_rewards(random.fold_in(key, step)), partial(snake.adam, rate=1e-3))
        return snake.look_ahead(problem, start, snake.adam_start(start), None, steps)[-1].outer_loss

    def mean_loss(logit):
        return jnp.mean(jax.vmap(replicate, (None, 0))(logit, random.split(key, replicates)))

    return jax.grad(mean_loss)(logit)


# Makers of workloads: each makes inputs and returns what is timed. Inputs are arguments, since the compiler would fold constants.


def timed(function, *inputs):
    """A compiled function of these inputs."""
    compiled = jax.jit(function)
    return lambda: compiled(*inputs)


def mrp_meta(replicates, steps):
    """Meta-gradients of the Markov reward process; the rewards are drawn within the call."""
    key, *keys = random.split(random.key(0), 4)
    start = []
    for layer_key, (inputs, outputs) in zip(keys, ((1, 10), (10, 10), (10, 1))):
        start += [random.normal(layer_key, (inputs, outputs)) * inputs ** -0.5, jnp.zeros((1, outputs))]
    return timed(partial(mrp_meta_gradient, replicates, steps), key, jnp.zeros(STATES), start)


def snake_parameters(key):
    """Normal weights and biases of zero."""
    parameters = []
    for shape, layer_key in zip(snake.SHAPES, random.split(key, len(snake.SHAPES))):
        fan = 9 * shape[2] if len(shape) == 4 else shape[1]
        parameters += [random.normal(layer_key, shape) * (0.5 * (2 / fan) ** 0.5), jnp.zeros(shape[-1])]
    return parameters


def ones(key, probability, shape):
    """Ones with a probability, else zeros."""
    return random.bernoulli(key, probability, shape).astype(jnp.float32)


def snake_observations(key, *moments):
    """Observations with a tenth of ones."""
    return ones(key, 0.1, (*moments, snake.ROWS, snake.COLUMNS, snake.PLANES))


def snake_rollouts(key, count):
    """Trajectories as they might be seen early in training."""
    moments = snake.STEPS, snake.ENVIRONMENTS

    def rollout(key):
        seen, actions, rewards, live = random.split(key, 4)
        return snake.Rollout(
            snake_observations(seen, snake.STEPS + 1, snake.ENVIRONMENTS), random.randint(actions, moments, 0, 4),
            ones(rewards, 0.1, moments), ones(live, 0.98, moments))

    return [rollout(rollout_key) for rollout_key in random.split(key, count)]


def snake_loss(network, eta, rollout, parameters):
    """The inner loss of a rollout."""
    return snake.a2c_loss(*snake.evaluate(network, parameters, rollout), rollout, eta)


def snake_forward(count, network):
    """The network on some observations."""
    parameters_key, observations_key = random.split(random.key(0))
    return timed(network, snake_parameters(parameters_key), snake_observations(observations_key, count))


def snake_inputs():
    """Meta-parameters, a rollout and parameters."""
    parameters_key, rollout_key = random.split(random.key(0))
    return jnp.array([0.99, 0.99, 0.5, 0.01]), snake_rollouts(rollout_key, 1)[0], snake_parameters(parameters_key)


def snake_gradient(network):
    """The inner loss and its gradient."""
    return timed(jax.value_and_grad(partial(snake_loss, network), 2), *snake_inputs())


def hessian_product(network, eta, rollout, parameters, vector):
    """The product of the inner loss's Hessian with a vector: the gradient's derivative along it."""
    gradient = jax.grad(partial(snake_loss, network, eta, rollout))
    return jax.jvp(gradient, (parameters,), (vector,))[1]


def snake_hessian(network):
    """The product of that loss's Hessian with a normal vector."""
    inputs = snake_inputs()
    vector = [random.normal(random.fold_in(random.key(1), i), p.shape) for i, p in enumerate(inputs[-1])]
    return timed(partial(hessian_product, network), *inputs, vector)


def clipped_adam(parameters, gradients, state, limit, rate):
    """The inner update."""
    return snake.adam(parameters, snake.clip_by_global_norm(gradients, limit), state, rate)


def fixed_branch(network, eta, rollouts, parameters, optimiser, limit, rate):
    """A branch on given rollouts, one for each of its points and one for the start."""
    problem = snake.a2c_problem(
        network, eta, lambda parameters, games, step: (rollouts[step], games), partial(clipped_adam, limit=limit, rate=rate))
    return snake.look_ahead(problem, parameters, optimiser, None, len(rollouts) - 1)


def snake_meta_gradient(method, network, raw, rollouts, parameters):
    """A meta-gradient from a fresh Adam; of the meta-parameters gamma and lambda are logits."""

    def loss(raw):
        eta = jax.nn.sigmoid(raw[0]), jax.nn.sigmoid(raw[1]), raw[2], raw[3]
        points = fixed_branch(network, eta, rollouts, parameters, snake.adam_start(parameters), 10, 6e-4)
        return method.loss([point.outer_loss for point in points])

    return jax.grad(loss)(raw)


def snake_meta(method, network):
    """A meta-gradient through inner steps with clipped gradients."""
    method = snake.Method.parse(method)
    parameters_key, rollouts_key = random.split(random.key(0))
    return timed(
        partial(snake_meta_gradient, method, network),
        jnp.array([4.595, 4.595, 0.5, 0.01]), snake_rollouts(rollouts_key, method.steps + 1), snake_parameters(parameters_key))


def play(games, actions, key):
    """Steps of Snake with given actions: games, rewards, and sums of what is seen after each, so that nothing is spared."""

    def move(games, moment):
        actions, key = moment
        games, outcome = jax.vmap(snake.step)(games, actions, random.split(key, actions.shape[0]))
        return games, (outcome.reward, jnp.sum(jax.vmap(snake.observe)(games)))

    return jax.lax.scan(move, games, (actions, random.split(key, actions.shape[0])))


def snake_steps(count):
    """20 steps of so many games."""
    games_key, actions_key, key = random.split(random.key(0), 3)
    games = jax.jit(jax.vmap(snake.begin))(random.split(games_key, count))
    return timed(play, games, random.randint(actions_key, (20, count), 0, 4), key)


def dense(function, *shapes):
    """A function of standard normal arrays."""
    return timed(function, *(random.normal(key, shape) for key, shape in zip(random.split(random.key(0), len(shapes)), shapes)))


# By name, given the network.
WORKLOADS = {
    "mrp-meta-s256-n1": lambda network: mrp_meta(256, 1),
    "mrp-meta-s256-n10": lambda network: mrp_meta(256, 10),
    "mrp-meta-s2048-n10": lambda network: mrp_meta(2048, 10),
    "snake-forward-n640": lambda network: snake_forward(640, network),
    "snake-act-n32": lambda network: snake_forward(32, network),
    "snake-grad-n640": snake_gradient,
    "snake-hvp-n640": snake_hessian,
    "snake-meta-1": lambda network: snake_meta("1", network),
    "snake-meta-3": lambda network: snake_meta("3", network),
    "snake-meta-3-mix": lambda network: snake_meta("3-mix", network),
    "snake-steps-n1024": lambda network: snake_steps(1024),
    "matmul-1024": lambda network: dense(jnp.matmul, (1024, 1024), (1024, 1024)),
    "matmul-640x288x40": lambda network: dense(jnp.matmul, (640, 288), (288, 40)),
    "conv-12x12x5-32": lambda network: dense(snake.convolve, (640, 12, 12, 5), (3, 3, 5, 32)),
    "conv-6x6x32-32": lambda network: dense(snake.convolve, (640, 6, 6, 32), (3, 3, 32, 32)),
    "tanh-16m": lambda network: dense(jnp.tanh, (1 << 24,)),
    "axpy-16m": lambda network: dense(lambda x: x * 2.0 + x, (1 << 24,)),
    "sum-16m": lambda network: dense(jnp.sum, (1 << 24,)),
}

# What the engine calls `snake --method NAME`.
TRAININGS = {f"snake-train-{method}": method for method in ("0", "1", "3", "3-mix", "10")}


class Training:
    """Agents that learn side by side; each call makes UPDATES_PER_CALL updates of each."""

    def __init__(self, method, network, agents):
        self.learners = jax.jit(jax.vmap(snake.initial_learner))(random.split(random.key(0), agents))
        self.train = jax.jit(jax.vmap(partial(snake.train, snake.Method.parse(method), network)))

    def __call__(self):
        self.learners, episodes = self.train(self.learners)
        return episodes


def measure(run, repeats, seconds):
    """The time of the first call in seconds, and the sorted times of others in milliseconds; the last to begin within the limit."""

    def call():
        start = time.perf_counter()
        jax.block_until_ready(run())
        return time.perf_counter() - start

    first = call()
    call()
    began, times = time.perf_counter(), []
    while len(times) < repeats and (not times or time.perf_counter() - began < seconds):
        times.append(call() * 1e3)
    return first, sorted(times)


def figures(compile_s, times):
    """What a line says of times, sorted and in milliseconds."""
    return {"median_ms": round(times[len(times) // 2], 4), "min_ms": round(times[0], 4), "compile_s": round(compile_s, 2)}


def time_workload(create, network, options):
    """Figures of one workload."""
    return figures(*measure(create(network), options.repeats, options.seconds))


def time_training(method, network, agents, options):
    """Figures of one update of all agents, and the frames per second of all together."""
    training = Training(method, network, agents)
    compile_s, times = measure(training, options.repeats, options.seconds)
    line = figures(compile_s, [t / snake.UPDATES_PER_CALL for t in times])
    return {"agents": agents, "frames_per_second": round(agents * snake.FRAMES_PER_UPDATE / line["median_ms"] * 1e3), **line}


# Golden values: the same functions in float64 against those of an independent implementation.

TOLERANCE = 1e-9


class Golden:
    """A file of golden values."""

    def __init__(self, folder, name):
        content = json.loads((Path(folder) / f"{name}.json").read_text())
        self.settings, self.inputs, self.outputs = content["settings"], content["inputs"], content["outputs"]

    @staticmethod
    def array(stored):
        """An array, or a list of arrays."""
        if isinstance(stored, list):
            return [Golden.array(each) for each in stored]
        return jnp.array(stored["data"], jnp.float64).reshape(stored["shape"])

    def arguments(self, *names):
        """Some of the inputs."""
        return [self.array(self.inputs[name]) for name in names]

    def error(self, **found):
        """The largest relative error: the norm of the difference over the norm of what is right, of each array."""
        errors = [jnp.linalg.norm((ours - right).ravel()) / jnp.linalg.norm(right.ravel())
                  for name, value in found.items()
                  for ours, right in zip(jax.tree.leaves(value), jax.tree.leaves(self.array(self.outputs[name])), strict=True)]
        return float(jnp.max(jnp.array(errors)))


def golden_conv_relu_pool(golden):
    """The network's layer, its derivatives, and theirs."""
    x, w, b, g, ux, uw, ub = golden.arguments("x", "w", "b", "g", "ux", "uw", "ub")

    def along(x, w, g):
        derivatives = jax.vjp(snake.conv_relu_pool, x, w, b)[1](g)
        return sum(jnp.sum(d * u) for d, u in zip(derivatives, (ux, uw, ub)))

    y, pull = jax.vjp(snake.conv_relu_pool, x, w, b)
    (dx, dw, db), (ddx, ddw, ddg) = pull(g), jax.grad(along, (0, 1, 2))(x, w, g)
    return golden.error(y=y, dx=dx, dw=dw, db=db, ddx=ddx, ddw=ddw, ddg=ddg)


def golden_lambda_returns(golden):
    """Lambda-returns and their derivatives."""
    r, live, v, gamma, reach, u = golden.arguments("r", "live", "v", "gamma", "lambda", "u")
    dv, dgamma, dlambda = jax.grad(
        lambda v, gamma, reach: jnp.sum(snake.lambda_returns(r, live, v, gamma, reach) * u), (0, 1, 2))(v, gamma, reach)
    return golden.error(g=snake.lambda_returns(r, live, v, gamma, reach), dv=dv, dgamma=dgamma, dlambda=dlambda)


def golden_a2c_loss(golden):
    """The losses, their derivatives, and the inner loss's cross derivatives."""
    logits, v, actions, r, live, eta, ul, uv = golden.arguments("logits", "v", "actions", "r", "live", "eta", "ul", "uv")
    rollout = snake.Rollout(None, actions.astype(int), r, live)

    def inner(logits, v, eta):
        return snake.a2c_loss(logits, v, rollout, eta)

    def along(logits, v, eta):
        dlogits, dv = jax.grad(inner, (0, 1))(logits, v, eta)
        return jnp.sum(dlogits * ul) + jnp.sum(dv * uv)

    loss, (dlogits, dv, deta) = jax.value_and_grad(inner, (0, 1, 2))(logits, v, eta)
    cross_logits, cross_v, cross_eta = jax.grad(along, (0, 1, 2))(logits, v, eta)
    outer, outer_dlogits = jax.value_and_grad(snake.policy_loss)(logits, v, rollout)
    return golden.error(inner=loss, dlogits=dlogits, dv=dv, deta=deta, cross_logits=cross_logits, cross_v=cross_v,
                        cross_eta=cross_eta, outer=outer, outer_dlogits=outer_dlogits)


def branch_error(golden, branch, raw, **others):
    """Errors of a branch: meta-gradients after each inner step and their mix, outer losses, and where the branch ends."""
    weights = jnp.array(snake.mixing_weights(golden.settings["n"]))

    def outer_losses(raw):
        points = branch(raw)
        return jnp.stack([point.outer_loss for point in points]), points[-1].parameters

    losses, theta = outer_losses(raw)
    return golden.error(
        n_step=jax.jacrev(lambda raw: outer_losses(raw)[0])(raw), mix=jax.grad(lambda raw: weights @ outer_losses(raw)[0])(raw),
        outer_loss=losses, theta_n=theta, **others)


def golden_adam_state(golden):
    """The optimiser's state at the start of a branch."""
    return snake.AdamState(jnp.array(golden.settings["adam_step"], jnp.int32), *golden.arguments("adam_m", "adam_v"))


def golden_mrp(golden, update, optimiser):
    """Meta-gradients of the Markov reward process; the network sees the states' numbers."""
    theta, logit, rewards = golden.arguments("theta", "logit", "rewards")
    inputs = jnp.arange(STATES, dtype=logit.dtype)[:, None]

    def branch(logit):
        problem = mrp_problem(logit, inputs, lambda step: rewards[step], update)
        return snake.look_ahead(problem, theta, optimiser, None, golden.settings["n"])

    return branch_error(golden, branch, logit)


def golden_mrp_meta_sgd(golden):
    """With gradient descent."""
    rate = golden.settings["lr"]
    return golden_mrp(golden, lambda theta, gradients, state: ([p - rate * g for p, g in zip(theta, gradients)], state), None)


def golden_mrp_meta_adam(golden):
    """With Adam."""
    return golden_mrp(golden, partial(snake.adam, rate=golden.settings["lr"]), golden_adam_state(golden))


def golden_snake_meta(golden):
    """Gradient, Hessian-vector product and meta-gradients through the network, clip and Adam, on fixed trajectories."""
    theta, raw, u, observations, actions, rewards, live = golden.arguments(
        "theta", "raw", "u", "observations", "actions", "rewards", "live")
    rollouts = [snake.Rollout(*moments) for moments in zip(observations, actions.astype(int), rewards, live)]
    network, eta, settings = snake.actor_critic, jax.nn.sigmoid(raw), golden.settings

    def branch(raw):
        return fixed_branch(
            network, jax.nn.sigmoid(raw), rollouts, theta, golden_adam_state(golden), settings["clip"], settings["lr"])

    return branch_error(
        golden, branch, raw, grad=jax.grad(partial(snake_loss, network, eta, rollouts[0]))(theta),
        hvp=hessian_product(network, eta, rollouts[0], theta, u))


GOLDEN = {
    "conv_relu_pool": golden_conv_relu_pool,
    "lambda_returns": golden_lambda_returns,
    "a2c_loss": golden_a2c_loss,
    "mrp_meta_sgd": golden_mrp_meta_sgd,
    "mrp_meta_adam": golden_mrp_meta_adam,
    "snake_meta": golden_snake_meta,
}


def adam_against_optax():
    """The largest difference of two updates to those of Optax, relative to the step size."""
    import optax

    ours = theirs = [random.normal(random.key(0), (8, 8)), random.normal(random.key(1), (8,))]
    optimiser = optax.chain(optax.clip_by_global_norm(10), optax.adam(6e-4, eps_root=1e-8))
    state, their_state = snake.adam_start(ours), optimiser.init(theirs)
    for scale in (1, 100):
        gradients = [scale * p for p in ours]
        ours, state = clipped_adam(ours, gradients, state, 10, 6e-4)
        updates, their_state = optimiser.update(gradients, their_state)
        theirs = optax.apply_updates(theirs, updates)
    return max(float(jnp.max(jnp.abs(a - b))) for a, b in zip(ours, theirs)) / 6e-4


def convolutions_agree():
    """The relative difference of the two convolutions."""
    images, weights = random.normal(random.key(0), (3, 7, 6, 5)), random.normal(random.key(1), (3, 3, 5, 4))
    one, other = (convolution(images, weights) for convolution in snake.CONVOLUTIONS.values())
    return float(jnp.linalg.norm((one - other).ravel()) / jnp.linalg.norm(one.ravel()))


def agreement(error):
    """What a line says of an error."""
    return {"relative_error": error, "agrees": error <= TOLERANCE}


# The command line.


def report(fields, work):
    """Prints a line as soon as it is known. An error costs this line alone."""
    try:
        result = work()
    except Exception as error:  # whatever it is
        result = {"error": f"{type(error).__name__}: {error}"[:500]}
    print(json.dumps({**fields, **result}), flush=True)


def check_golden(folder):
    """Prints a line for each golden file, and for what else can be checked."""
    for name, check in GOLDEN.items():
        report({"golden": name}, lambda: agreement(check(Golden(folder, name))))
    report({"golden": "adam against optax"}, lambda: agreement(adam_against_optax()))
    report({"golden": "convolutions"}, lambda: agreement(convolutions_agree()))


def time_all(options, machine):
    """Prints a line for each workload chosen, and for each training and number of agents."""
    network = partial(snake.actor_critic, convolution=snake.CONVOLUTIONS[options.convolution])
    for name, create in WORKLOADS.items():
        if not options.only or name in options.only:
            report({"workload": name, **machine}, lambda: time_workload(create, network, options))
    for name, method in TRAININGS.items():
        for agents in options.agents if not options.only or name in options.only else ():
            report({"workload": name, "agents": agents, **machine}, lambda: time_training(method, network, agents, options))


def use_device(name, threads):
    """Makes a device the one that everything runs on, and says what JAX calls it."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or not (number or "0").isdecimal():
        raise SystemExit(f"--device: '{name}' is neither cpu nor cuda nor cuda:N.")
    if kind == "cpu":
        os.environ["PJRT_NPROC"] = str(threads)
    jax.config.update("jax_platforms", kind)
    try:
        device = jax.devices()[int(number or 0)]
    except (RuntimeError, IndexError) as error:
        raise SystemExit(f"--device {name}: this JAX sees no such device ({error}).")
    jax.config.update("jax_default_device", device)
    return device.device_kind


def parse():
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=[], type=lambda names: names.split(","), help="names of workloads")
    parser.add_argument("--repeats", type=int, default=15, help="timed calls of each, at most")
    parser.add_argument("--seconds", type=float, default=30, help="no timed call of a workload begins after these")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of the processor")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--agents", default=[1, 7, 21], type=lambda text: [int(n) for n in text.split(",")],
                        help="numbers of agents that train side by side")
    parser.add_argument("--convolution", choices=snake.CONVOLUTIONS, default="native", help="how the Snake network convolves")
    parser.add_argument("--golden", metavar="FOLDER", help="check golden values there, in float64, and time nothing")
    return parser.parse_args()


def main():
    options = parse()
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_enable_x64", options.golden is not None)
    kind = use_device(options.device, options.threads)
    if options.golden is not None:
        check_golden(options.golden)
    else:
        time_all(options, {"device": options.device, "threads": options.threads, "jax": jax.__version__, "device_kind": kind})


if __name__ == "__main__":
    main()
