using Engine.RL.Experiments;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>Keeps what an experiment tells, and calls back at checkpoints.</summary>
internal sealed class Watcher : IExperimentObserver
{
    public List<MetricRow> Rows { get; } = [];

    public List<ExperimentSnapshot> Snapshots { get; } = [];

    public List<(string Part, int Done, int Total)> Reports { get; } = [];

    public List<(string Part, int Done, int Total)> Expected { get; } = [];

    /// <summary>Checkpoints offered.</summary>
    public int Offered { get; private set; }

    /// <summary>Whether the latest of them was the last.</summary>
    public bool Ended { get; private set; }

    /// <summary>Whether to take a snapshot at every checkpoint, or at the last one only.</summary>
    public bool TakesAll { get; init; }

    /// <summary>Called at a checkpoint with its number, from 1.</summary>
    public Action<int>? AtCheckpoint { get; init; }

    public void Expect(string part, int done, int total, double cost) => Expected.Add((part, done, total));

    public void Progress(string part, int done, int total) => Reports.Add((part, done, total));

    public void Row(MetricRow row) => Rows.Add(row);

    public void Checkpoint(Func<ExperimentSnapshot> capture, bool last)
    {
        Assert.False(Ended, "a checkpoint after the last one");
        Offered++;
        Ended = last;
        if (TakesAll || last)
            Snapshots.Add(capture());
        AtCheckpoint?.Invoke(Offered);
    }

    /// <summary>Fails if rows differ in a single bit.</summary>
    public static void Same(IReadOnlyList<MetricRow> expected, IReadOnlyList<MetricRow> actual)
    {
        Assert.Equal(expected.Select(Key), actual.Select(Key));
        foreach (var (e, a) in expected.Zip(actual))
            Assert.Equal(e.Values.Select(BitConverter.DoubleToInt64Bits), a.Values.Select(BitConverter.DoubleToInt64Bits));

        static (string, int, int) Key(MetricRow row) => (row.Method, row.Seed, row.Iteration);
    }
}
