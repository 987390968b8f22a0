using System.Collections.Concurrent;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Kernels.Gpu;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>Several agents: by threads, each for itself, or as a batch, step by step together.</summary>
public class AgentsTogetherTests
{
    private static readonly AgentRun[] s_runs
        = [.. Enumerable.Range(3, 3).Select(seed => new AgentRun("2-mix", seed, SmallSnake.Settings))];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 2)]
    public void AnAgentTrainedBesideOthersIsTheOneTrainedAlone(int threads, int parallel)
    {
        AgentRun[] runs = [.. s_runs, new("trace-2", 3, SmallSnake.Settings with { LogEvery = 2 })];
        using TemporaryFolder several = new(), alone = new();
        Train(several, runs, threads, parallel);
        foreach (var run in runs)
        {
            Train(alone, [run], threads: 1, parallel: 1);
            Assert.Equal(Metrics(alone, run), Metrics(several, run));
            SmallSnake.Same(Checkpoint(alone, run), Checkpoint(several, run));
        }

        Assert.NotEqual(Metrics(several, runs[0]), Metrics(several, runs[1]));
    }

    // They go another way through the same operations: sums are taken in another order.
    [Theory]
    [InlineData("0")]
    [InlineData("2-mix")]
    [InlineData("trace-2")]
    [InlineData("reuse-2")]
    [InlineData("back-trace-2")]
    public void AnAgentOfABatchIsTheOneTrainedAlone(string method)
    {
        var settings = SmallSnake.Settings with { Frames = 36, LogEvery = 1 };
        AgentRun[] runs = [.. s_runs.Select(run => run with { Method = method, Settings = settings })];
        var (results, ends) = Batch(runs);
        for (int agent = 0; agent < runs.Length; agent++)
        {
            var watcher = new Watcher();
            var alone = SmallSnake.Train(runs[agent], watcher);
            Assert.Equal(Keys(alone.Rows), Keys(results[agent].Rows));
            foreach (string column in Columns<TrainingRow>.Names.SkipLast(1))
            {
                var pairs = SmallSnake.Column(alone.Rows, column).Zip(SmallSnake.Column(results[agent].Rows, column));
                foreach (var (expected, actual) in pairs)
                    Assert.True(Near(expected, actual), $"{column} is {actual}, but {expected} alone");
            }

            AssertClose(watcher.Snapshots.Single(), ends[agent]);
        }

        static IEnumerable<(string, int, int)> Keys(IReadOnlyList<MetricRow> rows)
            => rows.Select(row => (row.Method, row.Seed, row.Iteration));

        static bool Near(double expected, double actual)
            => double.IsNaN(expected) ? double.IsNaN(actual) : Math.Abs(actual - expected) <= 1e-5 * Math.Max(1e-3, Math.Abs(expected));
    }

    // Weights of points are numbers of each agent's own then: to the last bit its numbers are those that it has among its like.
    [Theory]
    [InlineData("2", Differentiation.Reverse, null)]
    [InlineData("2", Differentiation.Forward, null)]
    [InlineData("3", Differentiation.Reverse, null)]
    [InlineData("3", Differentiation.Reverse, 0.0)]
    public void AgentsOfSeveralMethodsAreOneBatch(string steps, Differentiation differentiation, double? kappa)
    {
        var settings = SmallSnake.Settings with { Differentiation = differentiation, Kappa = kappa };
        AgentRun[] classic = [.. s_runs.Select(run => run with { Method = steps, Settings = settings, Points = 2, Replicates = 2 })];
        AgentRun[] mixed = [.. classic.Select(run => run with { Method = $"{steps}-mix" })];
        var (results, ends) = Batch([classic[0], mixed[0], mixed[1], classic[1], classic[2], mixed[2]]);
        foreach (var (runs, places) in (ReadOnlySpan<(AgentRun[], int[])>)[(classic, [0, 3, 4]), (mixed, [1, 2, 5])])
        {
            var alike = Batch(runs);
            foreach (var (agent, place) in places.Index())
                SmallSnake.Same((alike.Results[agent], alike.Ends[agent]), (results[place], ends[place]));
        }

        Assert.NotEqual(ends[0].Tensors["Eta"], ends[1].Tensors["Eta"]);
    }

    [Theory]
    [InlineData("3", Differentiation.Reverse)]
    [InlineData("3-mix", Differentiation.Reverse)]
    [InlineData("3-mix", Differentiation.Forward)]
    [InlineData("trace-3", Differentiation.Reverse)]
    public void WeightsOfPointsAsTensorsMakeTheSameUpdate(string name, Differentiation differentiation)
    {
        using var scope = new TensorScope();
        var settings = SmallSnake.Settings with { Differentiation = differentiation };
        var update = SmallSnake.UpdateOf(s_runs[0] with { Method = name, Settings = settings });
        var start = update.Initial(3, Device.Cpu);
        double[] weights = MetaGradientMethod.Parse(name).Weights();
        var expected = Numbers(update.Apply(start));
        Assert.Equal(expected, Numbers(update.Apply(start, [.. weights.Select(weight => Tensor.From((float)weight))])));
        Assert.NotEqual(expected, Numbers(update.Apply(start, [.. weights.Reverse().Select(weight => Tensor.From((float)weight))])));

        static double[] Numbers((Learner Next, UpdateMetrics<Tensor> Metrics) made)
            => [.. Tree.Leaves(made).SelectMany(leaf => leaf.ToDoubles())];
    }

    [Theory]
    [InlineData("2", "3")]
    [InlineData("2", "trace-2")]
    [InlineData("2", "back-2")]
    [InlineData("back-3", "back-2")]
    [InlineData("back-trace-2", "back-2")]
    [InlineData("2", "reuse-2")]
    [InlineData("0", "1")]
    public void AgentsWithoutOneInnerLoopAreNoBatch(string method, string other)
    {
        AgentRun[] runs = [s_runs[0] with { Method = method }, s_runs[1] with { Method = other }];
        string message = Assert.Throws<ArgumentException>(() => Batch(runs)).Message;
        Assert.StartsWith($"Methods '{method}' and '{other}' have different inner loops", message);
    }

    // Each batch waits with its first update until all are there: they train at the same time. Nothing is computed.
    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void WhereBatchesArePreferredAgentsOfOneInnerLoopAreOneAndAllBatchesTrainAtOnce(int parallel)
    {
        AgentRun[] runs =
        [
            .. from method in (string[])["0", "2", "2-mix", "trace-2", "back-2", "3-mix"]
               from seed in (int[])[3, 4]
               select new AgentRun(method, seed, SmallSnake.Settings),
            new("2", 5, SmallSnake.Settings with { Kappa = 0.1 }),
        ];
        using var device = IlgpuDevice.OpenDry();
        using var folder = new TemporaryFolder();
        using var progress = new Meeting(6);
        using var all = RunFolder.OpenGroup(folder.At("all"), RunMode.Overwrite);
        using var training = new AgentRuns(runs, all.Location, RunMode.Overwrite, []);
        training.Train(device, 1, parallel, progress, CancellationToken.None);
        Assert.Equal(
            ["0-3 0-4", "2-3 2-4 2-mix-3 2-mix-4", "2-5", "3-mix-3 3-mix-4", "back-2-3 back-2-4", "trace-2-3 trace-2-4"],
            progress.Batches.Order());
    }

    // A device that takes all replicates at once takes as much as was planned.
    [Theory]
    [InlineData("1", 0)]
    [InlineData("2,2-mix", 0)]
    [InlineData("1", 6)]
    [InlineData("2,2-mix", 6)]
    public void TheMemoryOfTrainingIsPlanned(string methods, int replicates)
    {
        AgentRun[] runs =
        [
            .. from method in methods.Split(',')
               from run in s_runs
               select run with { Method = method, Points = 2, Replicates = replicates },
        ];
        using var device = IlgpuDevice.OpenDry();
        var training = new AgentTraining(runs, device);
        long planned = training.Plan();
        Assert.Equal(0, device.Pool.LiveBlocks);
        long agents = device.Pool.PeakBytes;
        training.Run([.. runs.Select(_ => new SilentObserver())]);
        Assert.InRange(device.Pool.PeakBytes, planned, (1.25 * planned) + (3 * agents));
    }

    [Fact]
    public void EveryCheckpointOfABatchLeadsToTheSameEnd()
    {
        AgentRun[] runs = [.. s_runs.Take(2).Select(run => run with { Points = 3, Replicates = 2 })];
        Watcher[] watchers = [.. runs.Select(_ => new Watcher { TakesAll = true })];
        var expected = Batch(runs, observers: watchers);
        Assert.All(watchers, watcher => Assert.Equal(8, watcher.Snapshots.Count));
        Assert.All(expected.Results, result => Assert.Equal([1, 3, 5], result.Deviations.Select(point => point.Update)));
        Assert.Equal([("2-mix-3", 1, 7), ("2-mix-4", 1, 7)], watchers.Select(watcher => watcher.Reports[0]));
        foreach (int update in (int[])[0, 2, 3, 7])
        {
            var actual = Batch(runs, [.. watchers.Select(watcher => watcher.Snapshots[update])]);
            for (int agent = 0; agent < runs.Length; agent++)
                SmallSnake.Same((expected.Results[agent], expected.Ends[agent]), (actual.Results[agent], actual.Ends[agent]));
        }
    }

    [Fact]
    public void PointsOfABatchAreThoseOfEachAgent()
    {
        AgentRun[] runs = [.. s_runs.Take(2).Select(run => run with { Points = 2 })];
        Watcher[] watchers = [.. runs.Select(_ => new Watcher { TakesAll = true })];
        var kept = new List<(int Agent, int Point, ExperimentSnapshot Snapshot)>();
        using var device = new CpuDevice(1);
        new AgentTraining(runs, device).Run(watchers, (agent, point, capture) => kept.Add((agent, point, capture())));
        Assert.Equal([(0, 0, 1), (1, 0, 1), (0, 1, 5), (1, 1, 5)], kept.Select(x => (x.Agent, x.Point, x.Snapshot.Iteration)));
        foreach (var (agent, _, snapshot) in kept)
            SmallSnake.Same(watchers[agent].Snapshots[snapshot.Iteration], snapshot);
        Assert.NotEqual(kept[0].Snapshot.Tensors["Eta"], kept[1].Snapshot.Tensors["Eta"]);
    }

    // On a device that prefers batches the agents of one inner loop are one; on others each is alone.
    [Fact]
    public void AnAgentOfABatchGoesOnAlone()
    {
        AgentRun[] runs = [.. s_runs.Select(run => run with { Settings = run.Settings with { Frames = 48 } })];
        Watcher[] watchers = [.. runs.Select(_ => new Watcher { TakesAll = true })];
        var expected = Batch(runs, observers: watchers);
        var rest = new Watcher();
        SmallSnake.Train(runs[1], rest, watchers[1].Snapshots[2]);
        AssertClose(expected.Ends[1], rest.Snapshots.Single());
    }

    [Fact]
    public void ABatchLeavesNothingInMemory()
    {
        using var device = new CpuDevice(2);
        Watcher[] watchers = [.. s_runs.Select(_ => new Watcher { TakesAll = true })];
        var training = new AgentTraining([.. s_runs.Select(run => run with { Points = 2, Replicates = 2 })], device);
        training.Run(watchers);
        Assert.Equal(0, device.Pool.LiveBlocks);
        training.Resume([.. watchers.Select(watcher => watcher.Snapshots[5])]);
        training.Run([.. s_runs.Select(_ => new SilentObserver())], (_, _, capture) => capture());
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    private static (IReadOnlyList<TrainingResult> Results, ExperimentSnapshot[] Ends) Batch(
        AgentRun[] runs, IReadOnlyList<ExperimentSnapshot>? starts = null, Watcher[]? observers = null)
    {
        observers ??= [.. runs.Select(_ => new Watcher())];
        using var device = new CpuDevice(2);
        var training = new AgentTraining(runs, device);
        if (starts is not null)
            training.Resume(starts);
        var results = training.Run(observers);
        return (results, [.. observers.Select(observer => observer.Snapshots[^1])]);
    }

    private static void AssertClose(ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        Assert.Equal(expected.Iteration, actual.Iteration);
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        foreach (var (name, stored) in expected.Tensors.Where(tensor => tensor.Key is not ("pending" or "deviations")))
        {
            Assert.Equal(stored.Shape, actual.Tensors[name].Shape);
            if (stored.Type == ElementType.Int32)
                Assert.True(stored == actual.Tensors[name], name);
            else
                Close.All(SmallSnake.Numbers(expected, name), SmallSnake.Numbers(actual, name), 1e-5);
        }
    }

    private static void Train(TemporaryFolder folder, AgentRun[] runs, int threads, int parallel)
    {
        using var device = new CpuDevice(threads);
        using var all = RunFolder.OpenGroup(folder.At("all"), RunMode.Overwrite);
        using var progress = Progress.Start(TextWriter.Null, quiet: true);
        using var training = new AgentRuns(runs, all.Location, RunMode.Overwrite, []);
        training.Train(device, threads, parallel, progress, CancellationToken.None);
    }

    // All columns but the pace, which is the last.
    private static string[] Metrics(TemporaryFolder folder, AgentRun run)
        => [.. File.ReadLines(folder.At(Path.Combine("all", run.Name, RunFolder.Table))).Select(line => line[..line.LastIndexOf(',')])];

    // Lets a part come beyond its first update when so many threads have come there, and knows which parts came by one thread.
    private sealed class Meeting(int threads) : IProgressDisplay
    {
        private readonly Barrier _barrier = new(threads);
        private readonly ConcurrentDictionary<int, ConcurrentQueue<string>> _parts = [];

        public IEnumerable<string> Batches => _parts.Values.Select(parts => string.Join(' ', parts));

        public void Expect(string part, int done, int total, double cost = 1)
        {
        }

        public void Report(string part, int done, int total, IReadOnlyList<(string Name, double Value)> values)
        {
            var parts = _parts.GetOrAdd(Environment.CurrentManagedThreadId, _ => []);
            if (parts.Contains(part))
                return;
            parts.Enqueue(part);
            if (parts.Count == 1)
                Assert.True(_barrier.SignalAndWait(TimeSpan.FromMinutes(1)), $"{part} is without others");
        }

        public void Dispose() => _barrier.Dispose();
    }

    private static ExperimentSnapshot Checkpoint(TemporaryFolder folder, AgentRun run)
        => AgentFolder.Load(folder.At(Path.Combine("all", run.Name, RunFolder.Checkpoint))).Snapshot;
}
