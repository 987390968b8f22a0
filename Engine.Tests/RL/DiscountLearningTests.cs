using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class DiscountLearningTests : MrpExperimentTests<DiscountLearningSettings>
{
    private static readonly DiscountLearningSettings s_small = new()
    {
        LookAhead = ["1", "3", "2-mix", "trace-2", "0"],
        Seeds = 2,
        Iterations = 8,
        MonteCarlo = 5,
        Batch = 3,
        LogEvery = 3,
        LearningRate = 0.01,
    };

    // One before each iteration of each method, and one at the end.
    public DiscountLearningTests()
        : base(s_small, checkpoints: (5 * 8) + 1)
    {
    }

    [Fact]
    public void RowsAreThoseOfTheSettings()
    {
        var watcher = new Watcher();
        var rows = Run(s_small, observer: watcher);
        var expected = from method in s_small.LookAhead
                       from iteration in (int[])[0, 3, 6, 7]
                       from seed in (int[])[0, 1]
                       select (method, seed, iteration);
        Assert.Equal(expected, rows.Select(row => (row.Method, row.Seed, row.Iteration)));
        Assert.All(rows, row => Assert.Equal(DiscountLearning.Columns.Count, row.Values.Length));
        Assert.All(rows.SelectMany(row => row.Values), value => Assert.True(double.IsFinite(value)));
        Assert.All(rows.Where(row => row.Iteration == 0).SelectMany(row => row.Values[2..]), gamma => Assert.Equal(0.5, gamma));
        Watcher.Same(rows, watcher.Rows);
        Assert.Equal(s_small.LookAhead.Select(method => (method, 0, 8)), watcher.Expected);
        Assert.All(watcher.Reports, report => Assert.Equal(8, report.Total));
        Assert.Equal(s_small.LookAhead, watcher.Reports.Where(report => report.Done == 8).Select(report => report.Part));
        Assert.True(watcher.Ended);
    }

    [Fact]
    public void OneExperimentCanRunTwice()
    {
        using var device = new CpuDevice(1);
        var learning = new DiscountLearning(s_small with { Iterations = 2 }, device);
        var first = learning.Run(new SilentObserver());
        Assert.Equal(20, first.Count);
        var second = learning.Run(new SilentObserver());
        Assert.NotSame(first, second);
        Watcher.Same(first, second);
        Assert.Equal(20, first.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(23)]
    public void InterruptedRunsGoOn(int at)
    {
        // Cancelled while a checkpoint is being made: the run still gets its last one.
        using var cancel = new CancellationTokenSource();
        var watcher = new Watcher { AtCheckpoint = number => Cancel(cancel, number == at) };
        Assert.Throws<OperationCanceledException>(() => Run(s_small, observer: watcher, cancel: cancel.Token));
        Assert.True(watcher.Ended);
        Assert.Equal(at + 1, watcher.Offered);
        var rest = new Watcher();
        Watcher.Same(Run(s_small), Run(s_small, start: watcher.Snapshots.Single(), observer: rest));

        // What is done is known before anything begins.
        Assert.Equal(s_small.LookAhead, rest.Expected.Select(part => part.Part));
        Assert.Equal(at, rest.Expected.Sum(part => part.Done));

        // Each row is told once, before the interruption or after it.
        Watcher.Same(Run(s_small), [.. watcher.Rows, .. rest.Rows]);

        static void Cancel(CancellationTokenSource cancel, bool now)
        {
            if (now)
                cancel.Cancel();
        }
    }

    [Fact]
    public void MethodZeroKeepsDiscountsAndLearnsValues()
    {
        var rows = Run(s_small with { LookAhead = ["0"], Iterations = 60, LearningRate = 0.01, Batch = 32, Input = StateInput.Scaled });
        Assert.All(rows.SelectMany(row => row.Values[2..]), gamma => Assert.Equal(0.5, gamma));
        Assert.True(rows[^1].Values[0] < rows[1].Values[0]);
    }

    [Fact]
    public void KappaIsTheDiscountOfMixes()
    {
        double[] plain = Last("3-mix", null), zero = Last("3-mix", 0);
        Assert.Equal(Last("1", null), zero);
        Close.All(plain, Last("3-mix", 2 / 3.0), 1e-6);
        Assert.NotEqual(plain, Last("3-mix", 1));
        Assert.NotEqual(plain, zero);

        double[] Last(string method, double? kappa) => Run(s_small with { LookAhead = [method], Kappa = kappa })[^1].Values;
    }

    [Fact]
    public void TraceDecayIsAFactorOfTraces()
    {
        // With one update there is nothing before it to carry on.
        Assert.NotEqual(Last("trace-2", 0.9), Last("trace-2", 0));
        Assert.Equal(Last("trace-1", 0.9), Last("trace-1", 0));
        Assert.Equal(Last("2", 0.9), Last("2", 0));

        double[] Last(string method, double decay) => Run(s_small with { LookAhead = [method], TraceDecay = decay })[^1].Values;
    }

    [Fact]
    public void EachOptionMatters()
    {
        var some = s_small with { LookAhead = ["3"], Iterations = 3 };
        DiscountLearningSettings[] others =
        [
            some,
            some with { InnerOptimiser = InnerOptimiser.Sgd },
            some with { InnerOptimiser = InnerOptimiser.Rmsprop },
            some with { Parameterisation = Parameterisation.Clip },
            some with { Discounting = Engine.RL.Environments.Discounting.Product },
            some with { Input = StateInput.Scaled },
            some with { Activation = Activation.Tanh },
            some with { DetachDenominator = true, MetaLearningRate = 0.1 },
            some with { MetaLearningRate = 0.1 },
            some with { GammaStart = 0.6 },
            some with { MonteCarlo = 1 },
            some with { Batch = 4 },
            some with { EpsilonRoot = 1e-2 },
            some with { Seed = 7 },
        ];
        string[] results = [.. others.Select(settings => string.Join(' ', Run(settings)[^1].Values))];
        Assert.Equal(results.Length, results.Distinct().Count());
    }

    [Fact]
    public void ClippedDiscountsReturnFromTheirBounds()
    {
        // One update of this size reaches a bound; the next ones go either way.
        var rows = Run(s_small with
        {
            LookAhead = ["1"],
            Parameterisation = Parameterisation.Clip,
            MetaLearningRate = 0.5,
            MonteCarlo = 1,
            Iterations = 60,
            LogEvery = 1,
        });
        double[][] gammas = [.. rows.Where(row => row.Seed == 0).Select(row => row.Values[2..])];
        Assert.All(gammas.SelectMany(gamma => gamma), gamma => Assert.InRange(gamma, 0, 1));
        for (int j = 0; j < 10; j++)
        {
            int hit = Array.FindIndex(gammas, gamma => gamma[j] is 0 or 1);
            Assert.InRange(hit, 1, 40);
            Assert.Contains(gammas[hit..], gamma => gamma[j] is > 0 and < 1);
        }
    }

    [Fact]
    public void KeptUpdateIsTheFirstOfReplicateZero()
    {
        var settings = s_small with { LookAhead = ["3"] };
        var watcher = new Watcher { TakesAll = true };
        Run(settings, observer: watcher);
        using var scope = new TensorScope();
        using var like = new MrpLearners(settings, Device.Cpu);
        var task = new ValuePrediction(new Adam(settings.LearningRate, EpsilonRoot: 1e-8), Batch: settings.Batch);
        for (int iteration = 0; iteration < settings.Iterations; iteration++)
        {
            MrpLearner before = Restored(iteration), after = Restored(iteration + 1);
            var keys = SeedKeys.Several(0, 2, seed => SeedKeys.Update(seed, iteration)).Fold(0);
            var kept = Batch.Map(
                x => InnerLoop.Unroll(task.With(x.Learner.Eta.Sigmoid()), x.Learner.Inner, x.Key, 3)[0].State,
                (Learner: before, Key: keys));
            Assert.Equal(Stored(kept), Stored(after.Inner));
            Assert.NotEqual(before.Inner.Parameters.ToStored(), after.Inner.Parameters.ToStored());
            Assert.NotEqual(before.Eta.ToStored(), after.Eta.ToStored());
        }

        MrpLearner Restored(int iteration) => SafeTensors.Restored(watcher.Snapshots[iteration].Tensors, like.State);

        static IEnumerable<StoredTensor> Stored<T>(T tree) => Tree.Leaves(tree).Select(leaf => leaf.ToStored());
    }

    [Fact]
    public void NothingIsLeftInMemory()
    {
        using var device = new CpuDevice(2);
        int before = device.Pool.LiveBlocks;
        var watcher = new Watcher { TakesAll = true };
        var learning = new DiscountLearning(s_small, device);
        learning.Run(watcher);
        Assert.Equal(before, device.Pool.LiveBlocks);
        learning.Resume(watcher.Snapshots[12]);
        learning.Run(new SilentObserver());
        Assert.Equal(before, device.Pool.LiveBlocks);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => learning.Run(new SilentObserver(), cancel.Token));
        Assert.Equal(before, device.Pool.LiveBlocks);
    }

    // From everywhere in a shorter run, and from everywhere in what makes it longer.
    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void ARunThatIsMadeLongerIsTheLongRun(int iterations)
    {
        Watcher whole = new(), shorter = new() { TakesAll = true };
        var longer = s_small with { LookAhead = ["1", "0", "2-mix"] };
        var expected = Run(longer, observer: whole);
        Run(longer with { Iterations = iterations }, observer: shorter);
        foreach (int first in (int[])[1, iterations + 2, shorter.Snapshots.Count - 1])
        {
            var rest = new Watcher { TakesAll = true };
            Same(Run(longer, start: shorter.Snapshots[first], observer: rest), rest);
            foreach (int second in (int[])[1, rest.Snapshots.Count / 2, rest.Snapshots.Count - 1])
            {
                var end = new Watcher();
                Same(Run(longer, start: rest.Snapshots[second], observer: end), end);
            }
        }

        void Same(IReadOnlyList<MetricRow> rows, Watcher watcher)
        {
            Watcher.Same(expected, rows);
            ExperimentSnapshot one = whole.Snapshots[^1], other = watcher.Snapshots[^1];
            Assert.Equal((one.Part, one.Iteration), (other.Part, other.Iteration));
            Watcher.Same(one.Rows, other.Rows);
            Assert.Equal(one.Tensors.Keys, other.Tensors.Keys);
            Assert.All(one.Tensors, tensor => Assert.True(tensor.Value == other.Tensors[tensor.Key], tensor.Key));
        }
    }

    // Earlier versions kept the learners of the part under way alone.
    [Fact]
    public void PartsThatHaveNoLearnersAreNotMadeLonger()
    {
        var watcher = new Watcher();
        Run(s_small, observer: watcher);
        var end = watcher.Snapshots.Single();
        var alone = end with { Tensors = end.Tensors.Where(tensor => !char.IsDigit(tensor.Key[0])).ToDictionary() };
        Watcher.Same(Run(s_small), Run(s_small, start: alone));
        var longer = new DiscountLearning(s_small with { Iterations = 9 }, Device.Cpu);
        var e = Assert.Throws<InvalidDataException>(() => longer.Resume(alone));
        Assert.Equal("The checkpoint has no learners of method 1 that could go on: begin anew.", e.Message);
    }

    [Theory]
    [InlineData(InnerOptimiser.Adam, 0.005, "5")]
    [InlineData(InnerOptimiser.Sgd, 0.05, "3-mix")]
    public void EvenDiscountsRiseAndOddOnesFall(InnerOptimiser optimiser, double rate, string method)
    {
        var rows = Run(s_small with
        {
            LookAhead = [method],
            InnerOptimiser = optimiser,
            LearningRate = rate,
            MetaLearningRate = 0.02,
            Input = StateInput.Scaled,
            Iterations = 300,
            MonteCarlo = 64,
            Batch = 8,
            LogEvery = 1000,
        });
        foreach (var end in rows.Where(row => row.Iteration > 0))
        {
            Assert.InRange(DiscountLearningReport.EvenGamma(end), 0.6, 1);
            Assert.InRange(DiscountLearningReport.OddGamma(end), 0, 0.45);
        }
    }

    private protected override IReadOnlyList<MetricRow> Run(
        Device device, DiscountLearningSettings settings, ExperimentSnapshot? start, IExperimentObserver observer, CancellationToken cancel)
    {
        var learning = new DiscountLearning(settings, device);
        if (start is not null)
            learning.Resume(start);
        return learning.Run(observer, cancel);
    }
}
