using Engine.Bench.Workloads;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.Bench.Scaling;

/// <summary>Something that grows while all else stays: values in geometric steps, and the work at each.</summary>
/// <param name="Axis">What grows.</param>
/// <param name="Label">Its name, for people.</param>
/// <param name="Values">How far it grows, from the least.</param>
/// <param name="Seconds">What a call takes where it is 1, roughly, on two cores of a processor: for the time left alone.</param>
/// <param name="Create">Makes the work at a value, and says how many frames a call of it learns from.</param>
internal sealed record ScalingLadder(
    ScalingAxis Axis, string Label, int[] Values, double Seconds, Func<ScalingSettings, int, Device, (IWork Work, long Frames)> Create)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ScalingLadder> All { get; } =
    [
        new(ScalingAxis.Agents, "agents in one batch", Doubled(1, 64), 0.07, (settings, agents, device)
            => Update(settings.Agent, settings.MetaGradient, agents, device)),
        new(ScalingAxis.Envs, "environments", Doubled(32, 4096), 0.002, (settings, games, device)
            => Update(settings.Agent with { Envs = games }, settings.MetaGradient, 1, device)),
        new(ScalingAxis.N, "inner steps n", [1, 2, 5, 10, 20, 40], 0.07, (settings, steps, device)
            => Update(settings.Agent, settings.MetaGradient with { Steps = steps }, 1, device)),
        new(ScalingAxis.Replicates, "replicates", Doubled(1, 4096), 1e-5, Replicates),
        new(ScalingAxis.Width, "times the paper's width", Doubled(1, 8), 0.05, (settings, width, device)
            => Update(settings.Agent with { Width = width }, settings.MetaGradient, 1, device))
        {
            Growth = 2,
        },
    ];

    /// <summary>
    /// The power of the value that time and memory grow with at the most. Of a network that is twice as wide, weights between two hidden
    /// layers are four times as many.
    /// </summary>
    public double Growth { get; init; } = 1;

    /// <summary>The values up to a largest one; the first at least.</summary>
    public IEnumerable<int> UpTo(int max) => Values.Where(value => value <= max || value == Values[0]);

    /// <summary>How many times as much a value takes as another one, at the most.</summary>
    public double Times(int value, int before) => Math.Pow((double)value / before, Growth);

    private static int[] Doubled(int first, int last)
        => [.. Enumerable.Range(0, int.Log2(last / first) + 1).Select(power => first << power)];

    private static (IWork Work, long Frames) Update(LearningSettings agent, MetaGradientMethod method, int agents, Device device)
        => (UpdateWork.Of(agent, method, agents, device), agents * agent.FramesPerUpdate);

    // As of Snake, the rollout counts that an update learns from, and not those of look-ahead.
    private static (IWork Work, long Frames) Replicates(ScalingSettings settings, int replicates, Device device)
        => (
            new MrpMetaWorkload(replicates, settings.MetaGradient, device),
            (long)replicates * MrpMetaWorkload.Settings.Batch * MarkovRewardProcess.States);
}
