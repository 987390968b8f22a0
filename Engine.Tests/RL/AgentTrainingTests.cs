using Engine.Core;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>Rows, checkpoints, points of training and memory.</summary>
public sealed partial class AgentTrainingTests
{
    private static readonly AgentRun s_run = new("2-mix", 3, SmallSnake.Settings);

    [Theory]
    [InlineData("2-mix", 3, "3 6 7")]
    [InlineData("0", 7, "7")]
    [InlineData("1", 100, "7")]
    [InlineData("trace-2", 1, "1 2 3 4 5 6 7")]
    public void RowsAreThoseOfTheSettings(string method, int logEvery, string updates)
    {
        var watcher = new Watcher();
        var run = new AgentRun(method, 3, SmallSnake.Settings with { LogEvery = logEvery });
        var result = SmallSnake.Train(run, watcher);
        Assert.Equal(updates, string.Join(' ', result.Rows.Select(row => row.Iteration)));
        int columns = Columns<TrainingRow>.Names.Count;
        Assert.All(result.Rows, row => Assert.Equal((method, 3, columns), (row.Method, row.Seed, row.Values.Length)));

        // Rollouts are whole: the last one exceeds the frames asked for.
        Assert.Equal(result.Rows.Select(row => 12.0 * row.Iteration), SmallSnake.Column(result.Rows, "frames"));
        double[] episodes = SmallSnake.Column(result.Rows, "episodes");
        Assert.All(episodes, count => Assert.Equal(Math.Round(count), count));
        Assert.Equal(episodes.Order(), episodes);
        Assert.All(SmallSnake.Column(result.Rows, "frames_per_second"), pace => Assert.True(pace > 0));
        foreach (string column in (string[])["outer_loss", "meta_grad_norm"])
            Assert.All(SmallSnake.Column(result.Rows, column), value => Assert.Equal(method == "0", double.IsNaN(value)));
        Assert.All(result.Rows.SelectMany(SmallSnake.Eta), value => Assert.True(double.IsFinite(value)));
        foreach (string column in (string[])["entropy", "actor_loss", "critic_loss", "inner_loss", "grad_norm"])
            Assert.All(SmallSnake.Column(result.Rows, column), value => Assert.True(double.IsFinite(value), column));
        Assert.Empty(result.Deviations);
        Watcher.Same(result.Rows, watcher.Rows);
        Assert.Equal(Enumerable.Range(1, 7).Select(done => ($"{method}-3", done, 7)), watcher.Reports);
        Assert.True(watcher.Ended);
        Assert.Equal(8, watcher.Offered);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 2)]
    [InlineData(3, 2)]
    public void WhatTrainingTakesIsKnownBefore(int points, int replicates)
    {
        var run = s_run with { Points = points, Replicates = replicates };
        using var device = new CpuDevice(1);
        long need = new AgentTraining([run], device).Plan();
        Assert.InRange(device.Pool.PeakBytes, 1, need / 2);
        Assert.Equal(0, device.Pool.LiveBlocks);
        new AgentTraining([run], device).Run([new Watcher()]);
        Assert.InRange(device.Pool.PeakBytes, need, 2 * need);
    }

    [Fact]
    public void MetaParametersOfARowAreThoseItsLastUpdateUsed()
    {
        var snapshots = SmallSnake.Snapshots(s_run);
        using var scope = new TensorScope();
        foreach (var row in snapshots[^1].Rows)
        {
            var eta = Tensor.From(snapshots[row.Iteration - 1].Tensors["Eta"]);
            Assert.Equal([.. eta[..4].Sigmoid().ToDoubles(), .. eta[4..].Exp().ToDoubles()], SmallSnake.Eta(row));
        }

        Assert.Equal(SmallSnake.Settings.Updates, snapshots[^1].Iteration);
    }

    [Fact]
    public void RunsAreDeterministicAndIndependentOfThreads()
    {
        var run = s_run with { Points = 2, Replicates = 3 };
        var expected = RunToEnd(run);
        SmallSnake.Same(expected, RunToEnd(run));
        foreach (int threads in (int[])[2, 3])
            SmallSnake.Same(expected, RunToEnd(run, threads: threads));
        Assert.NotEqual(expected.Result.Rows[0].Values[..^1], RunToEnd(run with { Seed = 4 }).Result.Rows[0].Values[..^1]);
    }

    [Fact]
    public void OneTrainingCanRunTwice()
    {
        using var device = new CpuDevice(1);
        var training = new AgentTraining([s_run with { Points = 2, Replicates = 2 }], device);
        var first = training.Run([new SilentObserver()])[0];
        var second = training.Run([new SilentObserver()])[0];
        SmallSnake.Same(first.Rows, second.Rows);
        SmallSnake.Same(first.Deviations, second.Deviations);
        Assert.Equal((3, 2), (first.Rows.Count, first.Deviations.Count));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("2", 0)]
    [InlineData("2-mix", 3)]
    [InlineData("trace-2", 2)]
    public void EveryCheckpointLeadsToTheSameEnd(string method, int replicates)
    {
        var run = new AgentRun(method, 1, SmallSnake.Settings, Points: 3, replicates);
        var watcher = new Watcher { TakesAll = true };
        var expected = (SmallSnake.Train(run, watcher), watcher.Snapshots[^1]);
        Assert.Equal(Enumerable.Range(0, 8), watcher.Snapshots.Select(snapshot => snapshot.Iteration));
        Assert.Equal(replicates > 0 ? [1, 3, 5] : [], expected.Item1.Deviations.Select(point => point.Update));
        foreach (var snapshot in watcher.Snapshots)
            SmallSnake.Same(expected, RunToEnd(run, snapshot));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    public void InterruptedRunsGoOn(int at)
    {
        // Cancelled while a checkpoint is being made: the run still gets its last one.
        using var cancel = new CancellationTokenSource();
        var watcher = new Watcher { AtCheckpoint = number => CancelIf(number == at) };
        Assert.Throws<OperationCanceledException>(() => SmallSnake.Train(s_run, watcher, cancel: cancel.Token));
        Assert.True(watcher.Ended);
        Assert.Equal(at, watcher.Snapshots.Single().Iteration);
        var rest = new Watcher();
        var expected = SmallSnake.Train(s_run);
        SmallSnake.Same(expected.Rows, SmallSnake.Train(s_run, rest, watcher.Snapshots.Single()).Rows);

        // Each row is told once, before the interruption or after it.
        SmallSnake.Same(expected.Rows, [.. watcher.Rows, .. rest.Rows]);

        void CancelIf(bool now)
        {
            if (now)
                cancel.Cancel();
        }
    }

    [Theory]
    [InlineData(7, 3, "1 3 5")]
    [InlineData(7, 7, "0 1 2 3 4 5 6")]
    [InlineData(2, 5, "0 1")]
    [InlineData(100, 4, "12 37 62 87")]
    [InlineData(1, 1, "0")]
    [InlineData(7, 0, "")]
    [InlineData(2147483647, 2, "536870911 1610612735")]
    public void PointsAreTheMiddlesOfEqualParts(int updates, int points, string expected)
        => Assert.Equal(expected, string.Join(' ', AgentTraining.PointUpdates(updates, points)));

    [Theory]
    [InlineData(3, "1 3 5")]
    [InlineData(20, "0 1 2 3 4 5 6")]
    [InlineData(0, "")]
    public void PointsAreKept(int points, string updates)
    {
        var run = s_run with { Points = points };
        var snapshots = SmallSnake.Snapshots(run);
        var kept = Keep(run);
        Assert.Equal(updates, string.Join(' ', kept.Select(point => point.Snapshot.Iteration)));
        Assert.Equal(Enumerable.Range(0, kept.Count), kept.Select(point => point.Number));
        foreach (var (_, snapshot) in kept)
            SmallSnake.Same(snapshots[snapshot.Iteration], snapshot);

        // A run that goes on keeps the points that were not reached, and one reached but not passed again.
        foreach (var start in snapshots)
        {
            var rest = Keep(run, start);
            Assert.Equal(
                kept.Where(point => point.Snapshot.Iteration >= start.Iteration).Select(point => point.Number),
                rest.Select(point => point.Number));
            foreach (var (number, snapshot) in rest)
                SmallSnake.Same(kept[number].Snapshot, snapshot);
        }

        static List<(int Number, ExperimentSnapshot Snapshot)> Keep(AgentRun run, ExperimentSnapshot? start = null)
        {
            var points = new List<(int, ExperimentSnapshot)>();
            SmallSnake.Train(run, start: start, keep: (number, capture) => points.Add((number, capture())));
            return points;
        }
    }

    [Fact]
    public void JudgingChangesNothingElse()
    {
        var (plain, judged) = (RunToEnd(s_run), RunToEnd(s_run with { Points = 3, Replicates = 2 }));
        SmallSnake.Same(plain.Result.Rows, judged.Result.Rows);
        Assert.Equal(3, judged.Result.Deviations.Count);
        AssertChanges("", plain.End, judged.End);
        Assert.Empty(RunToEnd(s_run with { Method = "0", Points = 3, Replicates = 2 }).Result.Deviations);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void EpisodesAreThoseOfPlainBookkeeping(int logEvery)
    {
        var settings = new LearningSettings
        {
            Grid = new(4, 4),
            StepLimit = 40,
            Envs = 2,
            Rollout = 5,
            Frames = 80 * 10,
            LearningRate = 0.01,
            LogEvery = logEvery,
        };
        var run = new AgentRun("1", 5, settings);
        var snapshots = SmallSnake.Snapshots(run);
        Assert.Equal(80 / logEvery, snapshots[^1].Rows.Count);
        double[] sums = new double[2];
        var ended = new List<double>();
        int episodes = 0, without = 0;
        using var scope = new TensorScope();
        foreach (var (update, before) in snapshots.SkipLast(1).Index())
        {
            var rollout = new SmallSnake.ByHand(run with { Method = "0" }, before).Points[0].Rollout;
            double[] rewards = rollout.Rewards.ToDoubles(), terminated = rollout.Terminated.ToDoubles();
            double[] truncated = rollout.Truncated.ToDoubles();
            for (int moment = 0; moment < rewards.Length; moment++)
            {
                int game = moment / settings.Rollout;
                sums[game] += rewards[moment];
                if (terminated[moment] == 0 && truncated[moment] == 0)
                    continue;
                ended.Add(sums[game]);
                sums[game] = 0;
            }

            Assert.Equal(sums, SmallSnake.Numbers(snapshots[update + 1], "Returns"));
            if ((update + 1) % logEvery != 0)
                continue;
            var row = snapshots[^1].Rows[((update + 1) / logEvery) - 1];
            episodes += ended.Count;
            without += ended.Count == 0 ? 1 : 0;
            Assert.Equal(episodes, row.Values[Columns<TrainingRow>.Of("episodes")]);
            Assert.Equal(ended.Count == 0 ? double.NaN : ended.Average(), row.Values[Columns<TrainingRow>.Of("return_mean")], 1e-6);
            Assert.Equal(ended.Count == 0 ? double.NaN : ended.Max(), row.Values[Columns<TrainingRow>.Of("return_max")]);
            ended.Clear();
        }

        // There is something to see.
        Assert.True(episodes > 20);
        Assert.InRange(SmallSnake.Column(snapshots[^1].Rows, "return_max").Max(), 2, 15);
        Assert.Equal(logEvery == 1, without > 0);
    }

    [Fact]
    public void RowsAverageLossesOverTheirUpdates()
    {
        var rows = SmallSnake.Train(s_run).Rows;
        var each = SmallSnake.Train(s_run with { Settings = SmallSnake.Settings with { LogEvery = 1 } }).Rows;
        string[] columns = ["actor_loss", "critic_loss", "entropy", "inner_loss", "outer_loss", "grad_norm", "meta_grad_norm"];
        foreach (string column in columns)
        {
            double[] values = SmallSnake.Column(each, column);
            AssertClose([values[..3].Average(), values[3..6].Average(), values[6]], SmallSnake.Column(rows, column), 1e-12);
        }
    }

    [Fact]
    public void SnapshotsOfAnotherAgentAreRefused()
    {
        var snapshot = SmallSnake.After(2, s_run);
        var head = s_run with { Settings = SmallSnake.Settings with { OuterValueHead = true } };
        const string Head = "Inner.Parameters.OuterValue.Layers[0]";
        Assert.StartsWith($"there is no tensor {Head}.Weights, {Head}.Bias, ", Refused(head, snapshot));
        Assert.Equal(
            "tensor Inner.Sampling is Int32 [3, 27], but Int32 [3, 32] is wanted.", Refused(With(new Grid(5, 5)), snapshot));
        Assert.Equal(
            "tensor Inner.Parameters.Trunk.Dense.Weights is Float32 [32, 40], but Float32 [64, 40] is wanted.",
            Refused(With(new Grid(8, 5)), snapshot));
        Assert.StartsWith("there is no tensor Eta; ", Refused(s_run, Without("Eta")));
        foreach (string name in (string[])["pending", "deviations"])
            Assert.StartsWith($"The checkpoint has no tensor '{name}'", Refused(s_run, Without(name)));

        static AgentRun With(Grid grid) => s_run with { Settings = SmallSnake.Settings with { Grid = grid } };

        ExperimentSnapshot Without(string name)
            => snapshot with { Tensors = snapshot.Tensors.Where(tensor => tensor.Key != name).ToDictionary() };

        static string Refused(AgentRun run, ExperimentSnapshot start)
        {
            using var device = new CpuDevice(1);
            var training = new AgentTraining([run], device);
            training.Resume([start]);
            string message = Assert.Throws<InvalidDataException>(() => training.Run([new SilentObserver()])).Message;
            Assert.Equal(0, device.Pool.LiveBlocks);
            return message;
        }
    }

    [Fact]
    public void SnapshotsThatAreNotAsManyOrAsFarAreRefused()
    {
        ExperimentSnapshot two = SmallSnake.After(2, s_run), three = SmallSnake.After(3, s_run);
        Assert.StartsWith("There are 2 agents, but 1 snapshots.", Refused(2, two));
        Assert.StartsWith("Agents have made 2, 3 updates, but must be as far.", Refused(2, two, three));
        Assert.StartsWith("Agents have made 9 updates, more than the 7 of their run.", Refused(1, two with { Iteration = 9 }));

        string Refused(int agents, params ExperimentSnapshot[] starts)
        {
            using var device = new CpuDevice(1);
            var training = new AgentTraining([.. Enumerable.Range(0, agents).Select(seed => s_run with { Seed = seed })], device);
            return Assert.Throws<ArgumentException>(() => training.Resume(starts)).Message;
        }
    }

    // The rows, the points and all that is learned; also after the row that came early at the end of the shorter run.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ARunThatIsMadeLongerIsTheLongRun(int updates)
    {
        var run = s_run with { Settings = s_run.Settings with { Anneal = false } };
        Watcher whole = new(), rest = new();
        var expected = SmallSnake.Train(run, whole);
        var actual = SmallSnake.Train(run, rest, SmallSnake.After(updates, run));
        SmallSnake.Same((expected, whole.Snapshots.Single()), (actual, rest.Snapshots.Single()));
    }

    // Those kept keep their numbers; the others are those of the longer run that lie ahead.
    [Fact]
    public void PointsOfALongerRunAreCountedOn()
    {
        var shorter = s_run with { Points = 2, Settings = s_run.Settings with { Frames = 4 * s_run.Settings.FramesPerUpdate } };
        var kept = new List<(int Number, int Update)>();
        Watcher first = new() { TakesAll = true }, rest = new() { TakesAll = true };
        SmallSnake.Train(shorter, first, keep: Keep);
        Assert.Equal([(0, 1), (1, 3)], kept);
        var longer = s_run with { Points = 4 };
        SmallSnake.Train(longer, rest, first.Snapshots[^1], keep: Keep);
        Assert.Equal([0, 2, 4, 6], AgentTraining.PointUpdates(longer.Settings.Updates, 4));
        Assert.Equal([(0, 1), (1, 3), (2, 4), (3, 6)], kept);

        // Again from its midst.
        SmallSnake.Train(longer, null, rest.Snapshots[1], keep: Keep);
        Assert.Equal((3, 6), kept[^1]);

        void Keep(int number, Func<ExperimentSnapshot> capture) => kept.Add((number, capture().Iteration));
    }

    [Fact]
    public void SettingsOutOfRangeAreRefusedBeforeAnythingElse()
    {
        using var device = new CpuDevice(1);
        var training = new AgentTraining([s_run with { Settings = SmallSnake.Settings with { StepLimit = 0 } }], device);
        Assert.StartsWith("step-limit is 0", Assert.Throws<ArgumentException>(() => training.Run([new SilentObserver()])).Message);
    }

    [Fact]
    public void NothingIsLeftInMemory()
    {
        using var device = new CpuDevice(2);
        var watcher = new Watcher { TakesAll = true };
        var training = new AgentTraining([s_run with { Points = 3, Replicates = 2 }], device);
        training.Run([watcher]);
        Assert.Equal(0, device.Pool.LiveBlocks);
        training.Resume([watcher.Snapshots[4]]);
        training.Run([new SilentObserver()], keep: (_, _, capture) => capture());
        Assert.Equal(0, device.Pool.LiveBlocks);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => training.Run([new SilentObserver()], cancel: cancel.Token));
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    [Theory]
    [InlineData("2-mix")]
    [InlineData("0")]
    public void MemoryDoesNotGrow(string method)
    {
        using var device = new CpuDevice(1);
        var pool = device.Pool;
        var seen = new List<(int Blocks, long Bytes, long Peak)>();
        var watcher = new Watcher { AtCheckpoint = _ => seen.Add((pool.LiveBlocks, pool.LiveBytes, pool.PeakBytes)) };
        var settings = SmallSnake.Settings with { Envs = 2, Frames = 300 * 8, LogEvery = 50 };
        var run = new AgentRun(method, 0, settings, Points: 10, Replicates: 2);
        new AgentTraining([run], device).Run([watcher], keep: (_, _, capture) => capture());
        Assert.Equal(301, seen.Count);

        // The first updates and points are run as written, then recorded: points lie after updates 15, 45, 75, ...
        Assert.NotEqual(0, seen[^1].Blocks);
        Assert.All(seen[3..15], moment => Assert.Equal(seen[3], moment));
        Assert.All(seen[80..], moment => Assert.Equal(seen[80], moment));
        if (method == "0")
            Assert.Equal(seen[3], seen[80]);
    }

    private static (TrainingResult Result, ExperimentSnapshot End) RunToEnd(AgentRun run, ExperimentSnapshot? start = null, int threads = 1)
    {
        var watcher = new Watcher();
        var result = SmallSnake.Train(run, watcher, start, threads);
        return (result, watcher.Snapshots.Single());
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual))
            Assert.InRange(a, e - (tolerance * (1 + Math.Abs(e))), e + (tolerance * (1 + Math.Abs(e))));
    }
}
