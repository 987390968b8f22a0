using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL.Experiments;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>What every experiment on the Markov reward process keeps to.</summary>
/// <param name="small">Settings of a short run with two seeds.</param>
/// <param name="checkpoints">How many checkpoints it offers.</param>
public abstract class MrpExperimentTests<TSettings>(TSettings small, int checkpoints)
    where TSettings : MrpSettings
{
    [Fact]
    public void RunsAreDeterministicAndIndependentOfThreads()
    {
        var expected = Run(small);
        Watcher.Same(expected, Run(small));
        foreach (int threads in (int[])[2, 3])
            Watcher.Same(expected, Run(small, threads));
    }

    [Fact]
    public void RowsOfASeedDoNotDependOnOtherSeeds()
    {
        var all = Run(Seeds(0, 5));
        Watcher.Same([.. all.Where(row => row.Seed == 3)], Run(Seeds(3, 1)));
        Assert.NotEqual(all.First(row => row.Seed == 0).Values, all.First(row => row.Seed == 1).Values);

        TSettings Seeds(int first, int count) => (TSettings)(small with { Seed = first, Seeds = count });
    }

    [Fact]
    public void EveryCheckpointLeadsToTheSameRows()
    {
        var watcher = new Watcher { TakesAll = true };
        var expected = Run(small, observer: watcher);
        Assert.Equal(checkpoints, watcher.Snapshots.Count);
        foreach (var snapshot in watcher.Snapshots)
            Watcher.Same(expected, Run(small, start: snapshot));
    }

    /// <summary>The rows of a run.</summary>
    private protected IReadOnlyList<MetricRow> Run(
        TSettings settings,
        int threads = 1,
        ExperimentSnapshot? start = null,
        IExperimentObserver? observer = null,
        CancellationToken cancel = default)
    {
        using var device = new CpuDevice(threads);
        return Run(device, settings, start, observer ?? new SilentObserver(), cancel);
    }

    /// <summary>The rows of a run on a device, from a snapshot if there is one.</summary>
    private protected abstract IReadOnlyList<MetricRow> Run(
        Device device, TSettings settings, ExperimentSnapshot? start, IExperimentObserver observer, CancellationToken cancel);
}
