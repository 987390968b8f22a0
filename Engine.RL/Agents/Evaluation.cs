using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;

namespace Engine.RL.Agents;

/// <summary>Judges a policy by episodes that nobody learns from.</summary>
public static class Evaluation
{
    /// <summary>
    /// Plays episodes, all at once. Every environment plays until its first episode has ended, and only that one counts: what an
    /// environment plays while others are still at theirs does not, so that short episodes weigh no more than long ones.
    /// </summary>
    /// <param name="environment">The environments. Their episodes must end, at a step limit at the latest.</param>
    /// <param name="policy">From observations, Float32 [n, ...], to logits, [n, actions]; tensors it captures must stay.</param>
    /// <param name="kind">How actions are chosen.</param>
    /// <param name="episodes">How many episodes, at least 1.</param>
    /// <param name="seed">The same seed gives the same episodes; the first ones of more are those of fewer.</param>
    /// <param name="chunk">Steps from one look at what is still going on to the next; it changes no result.</param>
    /// <param name="device">Where to play: the device of the policy's tensors; the processor if null.</param>
    /// <param name="progress">Told the number of ended episodes after every chunk.</param>
    /// <param name="cancel">Asks it to stop.</param>
    public static EpisodeStatistics Play(
        IEnvironment environment,
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
        var episode = FreshEpisodes.Keys(seed, 0, episodes, device);
        var nothing = Tensor.Zeros([episodes], ElementType.Float64, device);
        var start = new Moment(
            Tensor.Scalar(0, ElementType.Int32, device), nothing + 1, nothing, nothing, environment.Reset(episode.Fold(0)));
        using var loop = new TensorLoop<Moment, ValueTuple, ValueTuple>((moment, _) => (Step(moment), default), start);
        while (true)
        {
            for (int i = 0; i < chunk; i++)
            {
                cancel.ThrowIfCancellationRequested();
                loop.Run(default);
            }

            int ended = loop.State.Live.ToArray<double>().Count(live => live == 0);
            progress?.Invoke(ended);
            if (ended == episodes)
            {
                return new EpisodeStatistics(
                    loop.State.Returns.ToArray<double>(), [.. loop.State.Lengths.ToArray<double>().Select(x => (int)x)]);
            }
        }

        // Sums are kept in double precision: lengths and returns of any size are exact.
        Moment Step(Moment before)
        {
            var (time, live, returns, lengths, state) = before with { Time = before.Time + 1 };
            var key = episode.Fold(time);
            var actions = FreshEpisodes.Choose(kind, () => policy(environment.Observe(state)), environment.ActionCount, key.Fold(0));
            var step = environment.Step(state, actions, key.Fold(1));
            var ends = step.Terminated.Cast(ElementType.Float64);
            var paid = step.Reward.Cast(ElementType.Float64);
            return new Moment(time, live * (1 - ends), returns + (live * paid), lengths + live, step.State);
        }
    }

    // Whether episodes go on, and the sums of them so far.
    private sealed record Moment(Tensor Time, Tensor Live, Tensor Returns, Tensor Lengths, Tensor[] State);
}
