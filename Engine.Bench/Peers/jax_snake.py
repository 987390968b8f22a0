"""Learning to play Snake while meta-learning how to learn, in JAX: game, network, A2C, Adam, meta-gradients and training.

The same maths and defaults as `engine snake`. Sections and equations are those of "One Step at a Time: Pros and Cons of Multi-Step
Meta-Gradient Reinforcement Learning" (Bonnet et al., 2022). A network's parameters are a flat list: weight, bias, weight, bias, ...
"""
import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax, random

# The game: one board. Whole batches are played through vmap.

ROWS, COLUMNS, PLANES, STEP_LIMIT = 12, 12, 5, 5000
CELLS = ROWS * COLUMNS
MOVES = (-1, 0, 1, 0), (0, 1, 0, -1)  # rows and columns of: up, right, down, left


class Board(NamedTuple):
    """A game. Each cell is stamped with the time at which the head last came to it, and the clock counts moves: a snake of length L
    fills the cells of the last L moments, so that nothing need be searched or shifted."""

    clock: jax.Array
    head: jax.Array
    length: jax.Array
    fruit: jax.Array  # CELLS where there is none
    stamps: jax.Array  # [CELLS]


class Outcome(NamedTuple):
    """What a move led to."""

    reward: jax.Array
    live: jax.Array  # 0 where it ended the episode, else 1
    score: jax.Array  # fruits eaten in the episode so far


def choose(condition, yes, no):
    """One of two trees of arrays."""
    return jax.tree.map(partial(jnp.where, condition), yes, no)


def begin(key):
    """A snake of length 1 at a uniform cell, a fruit at a uniform other one."""
    head_key, fruit_key = random.split(key)
    head, other = random.randint(head_key, (), 0, CELLS), random.randint(fruit_key, (), 0, CELLS - 1)
    one = jnp.ones((), jnp.int32)
    return Board(one, head, one, other + (other >= head), (jnp.arange(CELLS) == head).astype(jnp.int32))


def free_cell(board, key):
    """A uniform free cell; CELLS if there is none."""
    free = board.stamps <= board.clock - board.length
    return jnp.sum(jnp.cumsum(free) <= random.randint(key, (), 0, jnp.sum(free)))


def move(board, action, key):
    """Moves the snake, and says whether that ends the episode. A snake that would die stays where it is."""
    row = board.head // COLUMNS + jnp.array(MOVES[0])[action]
    column = board.head % COLUMNS + jnp.array(MOVES[1])[action]
    inside = (row >= 0) & (row < ROWS) & (column >= 0) & (column < COLUMNS)
    cell = jnp.where(inside, row * COLUMNS + column, 0)

    # The tail has left its cell by the time the head arrives, unless a fruit is eaten; but a fruit's cell is free.
    clock = board.clock + 1
    dies = ~inside | (board.stamps[cell] + board.length > clock)
    eats = ~dies & (cell == board.fruit)
    moved = Board(clock, cell, board.length + eats, board.fruit, jnp.where(jnp.arange(CELLS) == cell, clock, board.stamps))
    moved = choose(dies, board, moved._replace(fruit=jnp.where(eats, free_cell(moved, key), board.fruit)))
    ended = dies | (moved.length == CELLS) | (moved.clock > STEP_LIMIT)
    return moved, Outcome(eats.astype(jnp.float32), 1 - ended.astype(jnp.float32), moved.length - 1)


def step(board, action, key):
    """A move; where it ends the episode, the next one begins at once."""
    move_key, begin_key = random.split(key)
    moved, outcome = move(board, action, move_key)
    return choose(outcome.live > 0, moved, begin(begin_key)), outcome


def observe(board):
    """Planes [ROWS, COLUMNS, 5]: body, head, tail, fruit, and order, which falls from 1 at the head to 1 / length at the tail."""
    cells = jnp.arange(CELLS)
    order = jnp.maximum(board.stamps - (board.clock - board.length), 0)
    planes = order > 0, cells == board.head, order == 1, cells == board.fruit, order / board.length
    return jnp.stack([plane.astype(jnp.float32) for plane in planes], -1).reshape(ROWS, COLUMNS, PLANES)


# The network (appendix C.3).


def convolve(images, weights):
    """A 3 x 3 convolution that keeps height and width."""
    return lax.conv_general_dilated(images, weights, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def convolve_by_product(images, weights):
    """The same as a matrix product. Under vmap over agents it becomes a batched product, where `convolve` becomes grouped."""
    height, width = images.shape[1:3]
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = [padded[:, i:i + height, j:j + width] for i in range(3) for j in range(3)]
    return jnp.concatenate(patches, -1) @ weights.reshape(-1, weights.shape[-1])


CONVOLUTIONS = {"native": convolve, "product": convolve_by_product}


def conv_relu_pool(images, weights, bias, convolution=convolve):
    """A convolution, ReLU, and the largest of each 2 x 2; odd sizes lose their last row and column."""
    x = jax.nn.relu(convolution(images, weights) + bias)
    count, height, width, channels = x.shape
    x = x[:, :height // 2 * 2, :width // 2 * 2]
    return jnp.max(x.reshape(count, height // 2, 2, width // 2, 2, channels), (2, 4))


def actor_critic(parameters, observations, convolution=convolve):
    """Logits [n, 4] and values [n] of observations [n, rows, columns, planes]."""
    conv0, conv1, dense, policy0, policy1, value0, value1 = zip(parameters[::2], parameters[1::2])

    def affine(inputs, layer):
        return inputs @ layer[0] + layer[1]

    x = conv_relu_pool(observations, *conv0, convolution)
    x = conv_relu_pool(x, *conv1, convolution)
    x = jax.nn.relu(affine(x.reshape(x.shape[0], -1), dense))
    logits = affine(jax.nn.relu(affine(x, policy0)), policy1)
    values = affine(jax.nn.relu(affine(x, value0)), value1)
    return logits, values.reshape(-1)


SHAPES = ((3, 3, PLANES, 32), (3, 3, 32, 32), (ROWS // 4 * (COLUMNS // 4) * 32, 40), (40, 30), (30, 4), (40, 30), (30, 1))


def initial_parameters(key):
    """Truncated normal weights of deviation 1 / sqrt(fan in), biases of zero."""
    parameters = []
    for shape, layer_key in zip(SHAPES, random.split(key, len(SHAPES))):
        fan_in = shape[-2] * (9 if len(shape) == 4 else 1)
        parameters += [random.truncated_normal(layer_key, -2, 2, shape) * fan_in ** -0.5, jnp.zeros(shape[-1])]
    return parameters


# A2C (section 2.2 and appendix C.2).


class Rollout(NamedTuple):
    """What T steps of n games looked like."""

    observations: jax.Array  # [T + 1, n, rows, columns, planes]
    actions: jax.Array  # [T, n]
    rewards: jax.Array  # [T, n]
    live: jax.Array  # [T, n], 0 where an episode ended
    scores: jax.Array | None = None  # [T, n], fruits eaten so far in the episode


def evaluate(network, parameters, rollout):
    """Logits [T, n, 4] of the states acted in, and values [T + 1, n] of those and the last."""
    steps, count = rollout.actions.shape
    logits, values = network(parameters, rollout.observations.reshape(-1, *rollout.observations.shape[2:]))
    return logits[:steps * count].reshape(steps, count, -1), values.reshape(steps + 1, count)


def lambda_returns(rewards, live, values, gamma, reach):
    """g[t] = r[t] + gamma live[t] ((1 - lambda) v[t + 1] + lambda g[t + 1]), from g[T] = v[T]."""

    def back(following, moment):
        reward, alive, value = moment
        g = reward + gamma * alive * ((1 - reach) * value + reach * following)
        return g, g

    return lax.scan(back, values[-1], (rewards, live, values[1:]), reverse=True, unroll=True)[1]


def log_probability(log_policy, actions):
    """Of the actions taken. Sums over four, since a gather's derivative is a scatter."""
    return jnp.sum(log_policy * jax.nn.one_hot(actions, log_policy.shape[-1], dtype=log_policy.dtype), -1)


def a2c_loss(logits, values, rollout, eta):
    """The inner loss (equation 3). Values are constants in targets and advantages; the meta-parameters never are."""
    gamma, reach, critic, entropy = eta
    constant = lax.stop_gradient(values)
    returns = lambda_returns(rollout.rewards, rollout.live, constant, gamma, reach)
    log_policy = jax.nn.log_softmax(logits)
    actor = -(returns - constant[:-1]) * log_probability(log_policy, rollout.actions)
    error = returns - values[:-1]
    disorder = -jnp.sum(jnp.exp(log_policy) * log_policy, -1)
    return jnp.mean(actor + critic * 0.5 * error * error - entropy * disorder)


def policy_loss(logits, values, rollout):
    """The outer loss (equation 4), with gamma' = lambda' = 0.99."""
    constant = lax.stop_gradient(values)
    advantage = lambda_returns(rollout.rewards, rollout.live, constant, 0.99, 0.99) - constant[:-1]
    return -jnp.mean(advantage * log_probability(jax.nn.log_softmax(logits), rollout.actions))


# Optimisers through which gradients flow.


def clip_by_global_norm(gradients, limit):
    """Scales gradients so that the norm of all of them is at most the limit. Within it, no root is ever differentiated at 0."""
    squared = sum(jnp.sum(g * g) for g in gradients)
    over = squared > limit * limit
    factor = jnp.where(over, limit / jnp.sqrt(jnp.where(over, squared, 1)), 1)
    return [g * factor for g in gradients]


class AdamState(NamedTuple):
    """Updates made, and averages of gradients and of their squares."""

    count: jax.Array
    first: list
    second: list


def adam_start(parameters):
    """The state before the first update."""
    zeros = [jnp.zeros_like(p) for p in parameters]
    return AdamState(jnp.zeros((), jnp.int32), zeros, zeros)


def adam(parameters, gradients, state, rate, root=1e-8):
    """Adam; without a term under the root the second derivative at 0 is infinite."""
    count = state.count + 1
    first = [0.9 * m + 0.1 * g for m, g in zip(state.first, gradients)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(state.second, gradients)]

    # 1 - beta ** count, exact for small counts in float32 too.
    scale_first, scale_second = -jnp.expm1(count * math.log(0.9)), -jnp.expm1(count * math.log(0.999))
    updated = [p - rate * (m / scale_first) / (jnp.sqrt(v / scale_second + root) + 1e-8)
               for p, m, v in zip(parameters, first, second)]
    return updated, AdamState(count, first, second)


# Meta-gradients (section 2.3).


class Method(NamedTuple):
    """How meta-gradients are taken: through so many inner steps, of the last outer loss or of a mix of all."""

    steps: int
    mixes: bool

    @classmethod
    def parse(cls, name):
        """The method of a name such as 3 or 3-mix."""
        return cls(int(name.removesuffix("-mix")), name.endswith("-mix"))

    def loss(self, outer_losses):
        """The loss whose gradient it is."""
        if not self.mixes:
            return outer_losses[-1]
        return sum(weight * loss for weight, loss in zip(mixing_weights(self.steps), outer_losses))


def mixing_weights(steps):
    """kappa ** (i - 1) for i = 1..n, normalised, with kappa = 1 - 1 / n (equation 10)."""
    weights = [(1 - 1 / steps) ** i for i in range(steps)]
    return [weight / sum(weights) for weight in weights]


class Point(NamedTuple):
    """A point of a branch, with the rollout of the update that led to it and where the games were after that rollout."""

    parameters: list
    optimiser: NamedTuple
    outer_loss: jax.Array
    rollout: NamedTuple
    games: NamedTuple


class Problem(NamedTuple):
    """What is learned and how it is judged."""

    sample: object  # parameters, games, step -> rollout, games after it
    inner_loss: object  # parameters, rollout -> number
    outer_loss: object  # parameters, rollout -> number
    update: object  # parameters, gradients, optimiser state -> parameters, optimiser state


def look_ahead(problem, parameters, optimiser, games, steps):
    """The points after 1, ..., n inner updates (equation 5). The rollout that judges a point is used by the update after it."""
    points = []
    rollout, games = problem.sample(parameters, games, 0)
    for number in range(1, steps + 1):
        gradients = jax.grad(problem.inner_loss)(parameters, rollout)
        parameters, optimiser = problem.update(parameters, gradients, optimiser)
        following, games_after = problem.sample(parameters, games, number)
        points.append(Point(parameters, optimiser, problem.outer_loss(parameters, following), rollout, games))
        rollout, games = following, games_after
    return points


def a2c_problem(network, eta, sample, update):
    """Learning with A2C at some meta-parameters: gamma, lambda, and the weights of critic and entropy."""
    return Problem(
        sample,
        lambda parameters, rollout: a2c_loss(*evaluate(network, parameters, rollout), rollout, eta),
        lambda parameters, rollout: policy_loss(*evaluate(network, parameters, rollout), rollout),
        update)


# Training (table 2).

ENVIRONMENTS, STEPS = 32, 20
FRAMES_PER_UPDATE = ENVIRONMENTS * STEPS
UPDATES = -(-5_000_000 // FRAMES_PER_UPDATE)
UPDATES_PER_CALL = 10
ETA_START = 0.99, 0.99, 0.5, 0.01


class Learner(NamedTuple):
    """Everything that an update changes."""

    raw: jax.Array  # logits of the meta-parameters
    meta: AdamState
    parameters: list
    optimiser: AdamState
    games: Board
    key: jax.Array


def initial_learner(key):
    """An agent before its first update."""
    network_key, games_key, key = random.split(key, 3)
    eta = jnp.array(ETA_START, jnp.float32)
    raw = jnp.log(eta / (1 - eta))
    parameters = initial_parameters(network_key)
    games = jax.vmap(begin)(random.split(games_key, ENVIRONMENTS))
    return Learner(raw, adam_start([raw]), parameters, adam_start(parameters), games, key)


def collect(network, parameters, games, key):
    """Acts for STEPS steps; returns the rollout and the games after it."""
    parameters = lax.stop_gradient(parameters)

    def act(games, key):
        policy_key, games_key = random.split(key)
        seen = jax.vmap(observe)(games)
        actions = random.categorical(policy_key, network(parameters, seen)[0])
        games, outcome = jax.vmap(step)(games, actions, random.split(games_key, ENVIRONMENTS))
        return games, (seen, actions, outcome)

    games, (seen, actions, outcome) = lax.scan(act, games, random.split(key, STEPS))
    seen = jnp.concatenate([seen, jax.vmap(observe)(games)[None]])
    return Rollout(seen, actions, outcome.reward, outcome.live, outcome.score), games


def annealed_update(parameters, gradients, optimiser):
    """Clipped Adam with a step size that falls to 0 over the run."""
    rate = 6e-4 * jnp.clip(1 - optimiser.count / UPDATES, 0, 1)
    return adam(parameters, clip_by_global_norm(gradients, 10), optimiser, rate)


def meta_update(learner, gradient):
    """Raw meta-parameters after a step of their own clipped Adam."""
    [raw], meta = adam([learner.raw], clip_by_global_norm([gradient], 0.1), learner.meta, 1e-3, root=0)
    return raw, meta


class Episodes(NamedTuple):
    """How many episodes ended, and the sum of their returns."""

    count: jax.Array
    returns: jax.Array


def update(method, network, learner):
    """One update of the agent and, unless the method looks no step ahead, of the meta-parameters."""
    key, sampling_key = random.split(learner.key)

    def sample(parameters, games, number):
        return collect(network, parameters, games, random.fold_in(sampling_key, number))

    def branch(raw):
        problem = a2c_problem(network, jax.nn.sigmoid(raw), sample, annealed_update)
        points = look_ahead(problem, learner.parameters, learner.optimiser, learner.games, max(method.steps, 1))
        return method.loss([point.outer_loss for point in points]), points[0]

    # Everything after the first inner update is discarded but for the meta-gradient; of method 0 the compiler drops it all.
    gradient, kept = jax.grad(branch, has_aux=True)(learner.raw)
    raw, meta = (learner.raw, learner.meta) if method.steps == 0 else meta_update(learner, gradient)
    ended = 1 - kept.rollout.live
    learner = Learner(raw, meta, kept.parameters, kept.optimiser, kept.games, key)
    return learner, Episodes(jnp.sum(ended), jnp.sum(ended * kept.rollout.scores))


def train(method, network, learner):
    """UPDATES_PER_CALL updates, and the episodes that ended in them."""
    learner, episodes = lax.scan(lambda learner, _: update(method, network, learner), learner, length=UPDATES_PER_CALL)
    return learner, Episodes(jnp.sum(episodes.count), jnp.sum(episodes.returns))
