using Engine.RL.Experiments;
using Xunit;
using static System.FormattableString;

namespace Engine.Tests.RL;

public class SnakeSettingsTests
{
    [Fact]
    public void DefaultsAreThePapers()
    {
        SnakeSettings[] all = [new SnakeTrainingSettings(), new Table1Settings()];
        foreach (var some in all)
        {
            some.Validate();
            Assert.Equal((12, 12, 32, 20, 5000), (some.Rows, some.Columns, some.Envs, some.Rollout, some.StepLimit));
            Assert.Equal((6e-4, 10, 1e-3, 0.1, true), (some.LearningRate, some.Clip, some.MetaLearningRate, some.MetaClip, some.Anneal));
            Assert.Equal((0.99, 0.99, 0.5, 0.01), (some.Gamma, some.Lambda, some.Critic, some.Entropy));
            Assert.Equal((0.99, 0.99, InnerOptimiser.Adam), (some.OuterGamma, some.OuterLambda, some.InnerOptimiser));
            Assert.Equal(Enum.GetValues<MetaParameter>(), some.Learn);
        }

        var table = new Table1Settings();
        Assert.Equal(["0", "1", "3", "5", "10", "3-mix", "5-mix"], table.Methods);
        Assert.Equal(table.Methods, Table1Published.All.Select(row => row.Method));
        Assert.Equal((3, 300, 96), (table.Seeds, table.Points, table.Replicates));
        new SnakeVarianceSettings().Validate();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(12, 1)]
    [InlineData(13, 2)]
    [InlineData(24, 2)]
    [InlineData(79, 7)]
    public void FramesMakeWholeUpdates(long frames, int updates)
    {
        var settings = SmallSnake.Settings with { Frames = frames };
        settings.Validate();
        Assert.Equal((12, updates), (settings.FramesPerUpdate, settings.Updates));
    }

    [Fact]
    public void RunsAreThoseOfMethodsAndSeeds()
    {
        var training = new SnakeTrainingSettings { Method = "5", Seed = 3, Seeds = 2, Points = 7 };
        Assert.Equal(["5-3", "5-4"], training.Runs.Select(run => run.Name));
        Assert.All(training.Runs, run => Assert.Equal((7, 0), (run.Points, run.Replicates)));
        var table = new Table1Settings { Methods = ["0", "3-mix"], Seed = 1, Seeds = 2, Points = 5, Replicates = 4 };
        Assert.Equal(["0-1", "0-2", "3-mix-1", "3-mix-2"], table.Runs.Select(run => run.Name));
        Assert.All(table.Runs, run => Assert.Equal((5, 4), (run.Points, run.Replicates)));

        // Points at which nothing is judged are none: they would be kept as files.
        Assert.All((table with { Replicates = 0 }).Runs, run => Assert.Equal((0, 0), (run.Points, run.Replicates)));
    }

    [Fact]
    public void SettingsOutOfRangeAreNamedWithTheirValueAndWhatWouldDo()
    {
        foreach (SnakeSettings some in (SnakeSettings[])[new SnakeTrainingSettings(), new Table1Settings()])
        {
            const string Smallest = "at least 4x4, since the network pools 2 x 2 twice";
            Refused(some with { Rows = 3 }, $"grid is 3x12, but must be {Smallest}.");
            Refused(some with { Columns = 3 }, $"grid is 12x3, but must be {Smallest}.");
            Refused(some with { Rows = -1, Columns = -1 }, $"grid is -1x-1, but must be {Smallest}.");
            Refused(some with { Rows = 257, Columns = 256 }, "grid is 257x256, but must be at most 65536 cells.");
            Refused(some with { Rows = 65536, Columns = 65536 }, "grid is 65536x65536, but must be at most 65536 cells.");
            Refused(some with { StepLimit = 0 }, "step-limit is 0, but must be between 1 and 1073741824.");
            Refused(some with { Frames = 0 }, "frames is 0, but must be at least 1.");
            Refused(
                some with { Frames = 1L << 40, Envs = 2, Rollout = 3 },
                "frames is 1099511627776, but must be at most 12884901882 with these rollouts.");
            Refused(some with { Envs = 0 }, "envs is 0, but must be between 1 and 1048576.");
            Refused(
                some with { Envs = 1 << 20, Rollout = 20 },
                "envs * rollout is 20971520, but must be at most 1048576: all that a rollout has seen is kept in memory.");
            Refused(some with { Rollout = 0 }, "rollout is 0, but must be between 1 and 65536.");
            Refused(some with { LogEvery = 0 }, "log-every is 0, but must be at least 1.");
            foreach (double wrong in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            {
                string value = Invariant($"{wrong}");
                Refused(some with { LearningRate = wrong }, $"learning-rate is {value}, but must be finite and above 0.");
                Refused(some with { Clip = wrong }, $"clip is {value}, but must be finite and above 0.");
                Refused(some with { MetaLearningRate = wrong }, $"meta-learning-rate is {value}, but must be finite and above 0.");
                Refused(some with { MetaClip = wrong }, $"meta-clip is {value}, but must be finite and above 0.");
            }

            foreach (double wrong in (double[])[0, 1, -0.5, 2, double.NaN])
            {
                string range = Invariant($"is {wrong}, but must be between 0 and 1, both excluded.");
                Refused(some with { Gamma = wrong }, $"gamma {range}");
                Refused(some with { Lambda = wrong }, $"lambda {range}");
                Refused(some with { Critic = wrong }, $"critic {range}");
                Refused(some with { Entropy = wrong }, $"entropy {range}");
            }

            foreach (double wrong in (double[])[-0.5, 1.5, double.NaN])
            {
                string range = Invariant($"is {wrong}, but must be in [0, 1].");
                Refused(some with { OuterGamma = wrong }, $"outer-gamma {range}");
                Refused(some with { OuterLambda = wrong }, $"outer-lambda {range}");
                Refused(some with { Kappa = wrong }, $"kappa {range}");
                Refused(some with { TraceDecay = wrong }, $"trace-decay {range}");
            }

            Refused(some with { EpsilonRoot = -1 }, "epsilon-root is -1, but must be finite and at least 0.");
            Refused(some with { OuterCritic = double.NaN }, "outer-critic is NaN, but must be finite and at least 0.");
            Refused(
                some with { Learn = [MetaParameter.Gamma, MetaParameter.Gamma] },
                "learn is gamma,gamma, but must be a list in which nothing stands twice.");
            (some with { Rows = 4, Columns = 4, Kappa = 0, EpsilonRoot = 0, OuterCritic = 0, Learn = [], OuterGamma = 1 }).Validate();
            (some with { Rows = 256, Columns = 256, Kappa = 1, OuterLambda = 0, TraceDecay = 0 }).Validate();
        }
    }

    [Fact]
    public void SettingsOfTheCommandsAreCheckedToo()
    {
        var training = new SnakeTrainingSettings();
        Refused(training with { Seed = -1 }, "seed is -1, but must be at least 0.");
        Refused(training with { Seeds = 0 }, "seeds is 0, but must be at least 1.");
        Refused(
            training with { Method = "5-mixed" },
            "Method '5-mixed' is unknown: write the number of inner steps as 5, a mix as 5-mix, a trace as trace-5.");
        Refused(training with { Points = -1 }, "points is -1, but must be between 0 and 10000.");
        (training with { Points = 0, Method = "0" }).Validate();

        var table = new Table1Settings();
        Refused(table with { Seed = int.MaxValue, Seeds = 2 }, "seed is 2147483647, but must be at most 2147483646 with 2 seeds.");
        Refused(table with { Methods = [] }, "methods is empty, but must be a list such as 0,1,3,3-mix.");
        Refused(table with { Methods = ["1", "3", "1"] }, "methods is 1,3,1, but must be a list in which no method stands twice.");
        Refused(table with { Methods = ["1", "-1"] }, "Method '-1': the number of inner steps is -1, but must be at least 0.");
        Refused(table with { Points = 10_001 }, "points is 10001, but must be between 0 and 10000.");
        foreach (int replicates in (int[])[-1, 1, 10_001])
            Refused(table with { Replicates = replicates }, $"replicates is {replicates}, but must be 0, or between 2 and 10000.");
        (table with { Points = 0, Replicates = 0 }).Validate();

        var variance = new SnakeVarianceSettings();
        Refused(variance with { Methods = [] }, "methods is empty, but must be a list such as 1,3,3-mix.");
        Refused(variance with { Methods = ["1", "1"] }, "methods is 1,1, but must be a list in which no method stands twice.");
        Refused(variance with { Methods = ["0"] }, "methods is 0, but must be one that looks a step ahead.");
        Refused(variance with { Points = 0 }, "points is 0, but must be at least 1.");
        Refused(variance with { Replicates = 1 }, "replicates is 1, but must be between 2 and 65536.");
        Refused(variance with { Oracle = 0 }, "oracle is 0, but must be between 1 and 1000.");
    }

    private static void Refused(SnakeSettings settings, string message)
        => Assert.Equal(message, Assert.Throws<ArgumentException>(settings.Validate).Message);

    private static void Refused(SnakeVarianceSettings settings, string message)
        => Assert.Equal(message, Assert.Throws<ArgumentException>(settings.Validate).Message);
}
