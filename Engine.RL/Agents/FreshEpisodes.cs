using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;

namespace Engine.RL.Agents;

/// <summary>How episodes that judge an agent draw their random numbers: episode i of a seed is the same wherever it is played.</summary>
public static class FreshEpisodes
{
    /// <summary>
    /// The step number that the reset and all steps have: they differ in their iteration. No training gets so far within an iteration, so
    /// that none has seen these numbers, not even with the same seed.
    /// </summary>
    public const int Step = 1 << 30;

    /// <summary>The streams of the resets: iteration 0. Step t has iteration t, so that one recorded step serves them all.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="first">The number of the first episode.</param>
    /// <param name="count">How many episodes.</param>
    /// <param name="device">Where they are played.</param>
    public static Tensor Streams(int seed, int first, int count, Device device)
        => Core.Streams.Of(seed, replicates: count, device: device, firstReplicate: first);

    /// <summary>What leads from the streams of a step to those of the next.</summary>
    public static Tensor Advance(Device device) => Tensor.From([0, 1, 0], [1, 3], device);

    /// <summary>Chooses actions.</summary>
    /// <param name="kind">How.</param>
    /// <param name="logits">Makes the policy's logits, [n, actions].</param>
    /// <param name="actions">The number of actions.</param>
    /// <param name="streams">The streams of the step, Int32 [n, 3].</param>
    /// <returns>Int32 [n].</returns>
    public static Tensor Choose(PolicyKind kind, Func<Tensor> logits, int actions, Tensor streams) => kind switch
    {
        PolicyKind.Greedy => Checked(logits(), actions, streams).ArgMax(-1),
        PolicyKind.Sampled => Categorical.Sample(streams, Checked(logits(), actions, streams), step: Step),
        PolicyKind.Random => Categorical.Sample(
            streams, Tensor.Zeros([streams.Shape[0], actions], device: streams.Device), step: Step),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of policy."),
    };

    private static Tensor Checked(Tensor logits, int actions, Tensor streams)
        => logits.Rank == 2 && logits.Shape[0] == streams.Shape[0] && logits.Shape[1] == actions
            ? logits
            : throw new ArgumentException(
                $"The logits of {streams.Shape[0]} environments with {actions} actions are [{streams.Shape[0]}, {actions}], "
                + $"got {logits.Shape}.");
}
