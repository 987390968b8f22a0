using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;

namespace Engine.RL.Agents;

/// <summary>How episodes that judge an agent draw their random numbers: episode i of a seed is the same wherever it is played.</summary>
public static class FreshEpisodes
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

    /// <summary>Chooses actions.</summary>
    /// <param name="kind">How.</param>
    /// <param name="logits">Makes the policy's logits, [n, actions].</param>
    /// <param name="actions">The number of actions.</param>
    /// <param name="key">What they are drawn from, [n].</param>
    /// <returns>Int32 [n].</returns>
    public static Tensor Choose(PolicyKind kind, Func<Tensor> logits, int actions, Key key) => kind switch
    {
        PolicyKind.Greedy => Checked(logits(), actions, key).ArgMax(-1),
        PolicyKind.Sampled => Categorical.Sample(key, Checked(logits(), actions, key)),
        PolicyKind.Random => Categorical.Sample(key, Tensor.Zeros([.. key.Shape, actions], device: key.Device)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of policy."),
    };

    private static Tensor Checked(Tensor logits, int actions, Key key)
        => logits.Rank == 2 && logits.Shape[0] == key.Shape[0] && logits.Shape[1] == actions
            ? logits
            : throw new ArgumentException(
                $"The logits of {key.Shape[0]} environments with {actions} actions are [{key.Shape[0]}, {actions}], "
                + $"got {logits.Shape}.");
}
