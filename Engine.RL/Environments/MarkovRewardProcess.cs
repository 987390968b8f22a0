using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>How a state's discounts weigh the rewards that follow it.</summary>
public enum Discounting
{
    /// <summary>Reward j counts gamma_j^(j - i + 1) in state i, as printed in appendix C.1 of the paper.</summary>
    Power,

    /// <summary>Reward j counts gamma_i gamma_(i+1) ... gamma_j in state i, as in Xu et al. (2018).</summary>
    Product,
}

/// <summary>
/// Ten states visited from left to right (section 3.1 and appendix B.1 of the paper). Leaving an even state pays 0.1, leaving an odd
/// one a standard normal number. Nothing is decided; the task is to predict the undiscounted sum of rewards from each state.
/// </summary>
public static class MarkovRewardProcess
{
    /// <summary>The number of states.</summary>
    public const int States = 10;

    /// <summary>What leaving an even state pays.</summary>
    public const double EvenReward = 0.1;

    /// <summary>The expected sum of rewards from each state.</summary>
    public static double[] TrueValues { get; } = [0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1, 0.0];

    /// <summary>Draws trajectories.</summary>
    /// <param name="key">What to draw from.</param>
    /// <param name="batch">How many.</param>
    /// <param name="type">The element type.</param>
    public static Trajectories Draw(Key key, int batch, ElementType type)
        => new(Tensor.Normal(key, [batch, States / 2], type: type));

    /// <summary>What reward j counts in the target of state i.</summary>
    /// <param name="gamma">Discounts, [..., 10].</param>
    /// <param name="discounting">How they weigh rewards.</param>
    /// <returns>[..., 10, 10], state i by reward j; zero below the diagonal.</returns>
    public static Tensor Weights(Tensor gamma, Discounting discounting)
    {
        if (discounting == Discounting.Power)
        {
            var exponents = Table((i, j) => Math.Max(0, j - i + 1), gamma);
            return gamma.Unsqueeze(-2).Pow(exponents) * Undiscounted(gamma.Type, gamma.Device);
        }

        // Row i is gamma_i times (1 at i, and row i + 1 behind it).
        var rows = new Tensor[States];
        for (int i = States - 1; i >= 0; i--)
        {
            var one = Tensor.From([.. Enumerable.Range(0, States).Select(j => j == i ? 1.0 : 0.0)], [States], gamma.Type, gamma.Device);
            rows[i] = gamma.Narrow(-1, i, 1) * (i + 1 < States ? rows[i + 1] + one : one);
        }

        return Tensor.Stack(-1 + gamma.Rank, rows);
    }

    /// <summary>The weights of the outer target: each reward that follows counts 1. [10, 10].</summary>
    public static Tensor Undiscounted(ElementType type, Device device)
        => Table((i, j) => j >= i ? 1 : 0, type, device);

    private static Tensor Table(Func<int, int, double> entry, Tensor like) => Table(entry, like.Type, like.Device);

    private static Tensor Table(Func<int, int, double> entry, ElementType type, Device device)
        => Tensor.From(
            [.. from i in Enumerable.Range(0, States) from j in Enumerable.Range(0, States) select entry(i, j)],
            [States, States],
            type,
            device);
}

/// <summary>Rewards of a batch of trajectories: a tree.</summary>
/// <param name="Rewards">Rewards of all states, [..., batch, 10].</param>
/// <param name="MeanRewards">
/// Their mean over the batch, [..., 10]: all that the gradient of a squared error depends on.
/// </param>
public sealed record Trajectories(Tensor Rewards, Tensor MeanRewards)
{
    /// <summary>Trajectories from what the odd states pay, [..., batch, 5].</summary>
    public Trajectories(Tensor oddRewards)
        : this(WithEvenRewards(oddRewards), WithEvenRewards(oddRewards.Mean(-2)))
    {
    }

    /// <summary>Trajectories from rewards of all states, [..., batch, 10].</summary>
    public static Trajectories From(Tensor rewards) => new(rewards, rewards.Mean(-2));

    // Even and odd states take turns.
    private static Tensor WithEvenRewards(Tensor odd)
    {
        double[] even = [.. Enumerable.Range(0, MarkovRewardProcess.States).Select(i => i % 2 == 0 ? MarkovRewardProcess.EvenReward : 0)];
        int[] before = [.. Enumerable.Repeat(0, odd.Rank), 1], after = new int[odd.Rank + 1];
        var apart = odd.Unsqueeze(-1).Pad(before, after).ReshapeTo([.. odd.Shape.Sizes[..^1], even.Length]);
        return apart + Tensor.From(even, [even.Length], odd.Type, odd.Device);
    }
}
