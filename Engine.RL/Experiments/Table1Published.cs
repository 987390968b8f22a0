using Engine.RL.Statistics;

namespace Engine.RL.Experiments;

/// <summary>What the paper found.</summary>
/// <param name="Method">The method.</param>
/// <param name="Return">The final return: mean and standard deviation over 3 seeds.</param>
/// <param name="Deviation">The standard deviation of its meta-gradients over that of 1-step ones; null where there is none.</param>
public sealed record Table1Published(string Method, Spread Return, Spread? Deviation)
{
    /// <summary>Table 1 of the paper.</summary>
    public static IReadOnlyList<Table1Published> All { get; } =
    [
        new("0", new(67, 3), null),
        new("1", new(85, 28), new(1, 0)),
        new("3", new(114, 15), new(4.6, 0.5)),
        new("5", new(97, 7), new(8.6, 2.1)),
        new("10", new(86, 9), new(23.5, 8.4)),
        new("3-mix", new(115, 2), new(1.7, 0.4)),
        new("5-mix", new(113, 12), new(2.6, 0.8)),
    ];
}
