using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Environments;

namespace Engine.RL.Agents;

/// <summary>Episodes that nobody learns from: episode i of a seed is the same wherever it is played.</summary>
public static class Episodes
{
    /// <summary>
    /// The keys of episodes, [count]. An episode is reset with its key folded with 0. Step t, counted from 1, has the key folded with t:
    /// that folded with 0 draws the action, folded with 1 it is the environment's.
    /// </summary>
    /// <param name="seed">The seed.</param>
    /// <param name="first">The number of the first episode.</param>
    /// <param name="count">How many episodes.</param>
    /// <param name="device">Where they are played.</param>
    public static Key Keys(int seed, int first, int count, Device device)
        => SeedKeys.Replicates(SeedKeys.Episodes(seed, device), count, first);

    /// <summary>Begins an episode.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="episode">The episode's key.</param>
    public static TState Begin<TState>(IEnvironment<TState> environment, Key episode) => environment.Reset(episode.Fold(0));

    /// <summary>Takes a step of an episode.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="policy">From an observation to logits, [actions].</param>
    /// <param name="kind">How actions are chosen.</param>
    /// <param name="state">The environment's state.</param>
    /// <param name="episode">The episode's key.</param>
    /// <param name="time">The number of the step, counted from 1, an Int32 scalar.</param>
    /// <returns>The action, and the step.</returns>
    public static (Tensor Action, EnvironmentStep<TState> Step) Step<TState>(
        IEnvironment<TState> environment, Func<Tensor, Tensor> policy, PolicyKind kind, TState state, Key episode, Tensor time)
    {
        var key = episode.Fold(time);
        var action = Choose(environment, policy, kind, environment.Observe(state), key.Fold(0));
        return (action, environment.Step(state, action, key.Fold(1)));
    }

    /// <summary>
    /// Plays episodes, all at once, each to its end. Every episode counts once, so that short ones weigh no more than long ones.
    /// </summary>
    /// <param name="environment">The environment. Its episodes must end, at a step limit at the latest.</param>
    /// <param name="policy">From an observation to logits, [actions]; tensors it captures must stay.</param>
    /// <param name="kind">How actions are chosen.</param>
    /// <param name="episodes">How many episodes, at least 1.</param>
    /// <param name="seed">The same seed gives the same episodes; the first ones of more are those of fewer.</param>
    /// <param name="chunk">Steps from one look at what is still going on to the next; it changes no result.</param>
    /// <param name="device">Where to play: the device of the policy's tensors; the processor if null.</param>
    /// <param name="progress">Told the number of ended episodes after every chunk.</param>
    /// <param name="cancel">Asks it to stop.</param>
    public static EpisodeStatistics Play<TState>(
        IEnvironment<TState> environment,
        Func<Tensor, Tensor> policy,
        PolicyKind kind,
        int episodes,
        int seed,
        int chunk = 32,
        Device? device = null,
        Action<int>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        device ??= Device.Cpu;
        using var scope = new TensorScope();
        var keys = Keys(seed, 0, episodes, device);
        var nothing = Tensor.Zeros([episodes], ElementType.Float64, device);
        var states = Batch.Map(key => Begin(environment, key), keys);
        var start = new Going<TState>(nothing + 1, nothing, nothing, states, Batch.Map(environment.Observe, states));
        using var loop = new TensorLoop<(Tensor Time, Going<TState> Games), ValueTuple, ValueTuple>(
            (old, _) =>
            {
                var time = old.Time + 1;
                return ((time, Batch.Map(game => Advance(game.Before, game.Key, time), (Before: old.Games, Key: keys))), default);
            },
            (Tensor.Scalar(0, ElementType.Int32, device), start));
        while (true)
        {
            for (int i = 0; i < chunk; i++)
            {
                cancel.ThrowIfCancellationRequested();
                loop.Run(default);
            }

            var games = loop.State.Games;
            int ended = games.Live.ToArray<double>().Count(live => live == 0);
            progress?.Invoke(ended);
            if (ended == episodes)
                return new EpisodeStatistics(games.Returns.ToArray<double>(), [.. games.Lengths.ToArray<double>().Select(x => (int)x)]);
        }

        // Games go on after their end; what they do then does not count. Sums are kept in double precision: lengths and returns of any size
        // are exact.
        Going<TState> Advance(Going<TState> before, Key episode, Tensor time)
        {
            var key = episode.Fold(time);
            var action = Choose(environment, policy, kind, before.Observation, key.Fold(0));
            var (step, next, observation) = environment.StepAndReset(before.State, action, key.Fold(1));
            return new(
                before.Live * (1 - step.Ended().Cast(ElementType.Float64)),
                before.Returns + (before.Live * step.Reward.Cast(ElementType.Float64)),
                before.Lengths + before.Live,
                next,
                observation);
        }
    }

    private static Tensor Choose<TState>(
        IEnvironment<TState> environment, Func<Tensor, Tensor> policy, PolicyKind kind, Tensor observation, Key key)
    {
        int actions = environment.ActionCount;
        return kind switch
        {
            PolicyKind.Greedy => Logits().ArgMax(-1),
            PolicyKind.Sampled => Categorical.Sample(key, Logits()),
            PolicyKind.Random => Categorical.Sample(key, Tensor.Zeros([actions], device: key.Device)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of policy."),
        };

        Tensor Logits()
        {
            var logits = policy(observation);
            return logits.Shape == [actions]
                ? logits
                : throw new ArgumentException($"The logits of {actions} actions are [{actions}], got {logits.Shape}.");
        }
    }

    // Whether an episode goes on, its sums so far, and where it stands.
    private sealed record Going<TState>(Tensor Live, Tensor Returns, Tensor Lengths, TState State, Tensor Observation);
}
