using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>How much meta-gradients vary at points of the training of some agents, each with its method, and of 1-step ones.</summary>
internal sealed class MetaGradientDeviations : IDisposable
{
    private readonly IReadOnlyList<AgentRun> _runs;
    private readonly Dictionary<string, MetaGradientSampler> _samplers;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="runs">The agents.</param>
    /// <param name="update">What their updates are.</param>
    /// <param name="device">Where to run.</param>
    public MetaGradientDeviations(IReadOnlyList<AgentRun> runs, Update update, Device device)
    {
        _runs = runs;
        _samplers = runs
            .Where(run => run is { Points: > 0, Replicates: > 0 })
            .Select(run => MetaGradientMethod.Parse(run.Method))
            .Where(method => method.Steps > 0)
            .Distinct()
            .ToDictionary(
                method => method.Name,
                method => new MetaGradientSampler(update, [method, new(MetaGradientKind.Classic, 1)], device));
    }

    /// <summary>Those of an agent where it is now; null if they are not asked for, or its method takes none.</summary>
    public MetaGradientDeviation? Of(Trainer trainer, int agent)
    {
        var run = _runs[agent];
        if (!_samplers.TryGetValue(run.Method, out var sampler))
            return null;
        using var scope = new TensorScope();
        double[][] std =
            [.. sampler.Sample(trainer.Agent(agent), run.Seed, trainer.Updates, run.Replicates).Select(samples => samples.Std())];
        return new(trainer.Updates, std[0], std[1]);
    }

    /// <summary>Bytes that the estimates would work in.</summary>
    public long Plan(Trainer trainer)
    {
        using var scope = new TensorScope();
        return _samplers.Values.Sum(sampler => sampler.Plan(trainer.Agent(0), _runs[0].Replicates));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var sampler in _samplers.Values)
            sampler.Dispose();
    }
}
