using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;
using static System.FormattableString;

namespace Engine.Tests.RL;

public class LearningSettingsTests
{
    [Fact]
    public void DefaultsAreThePapers()
    {
        LearningSettings[] all = [new TrainSettings(), new Table1Settings()];
        foreach (var some in all)
        {
            some.Validate();
            var snake = EnvironmentKind.Named(some.Env);
            Assert.Equal(("snake", new Grid(12, 12), 5000), (snake.Name, snake.Grid, snake.StepLimit));
            Assert.Equal((null, null, 32, 20), (some.Grid, some.StepLimit, some.Envs, some.Rollout));
            Assert.Equal((6e-4, 10, 1e-3, 0.1, true), (some.LearningRate, some.Clip, some.MetaLearningRate, some.MetaClip, some.Anneal));
            Assert.Equal((0.99, 0.99, 0.5, 0.01), (some.Gamma, some.Lambda, some.Critic, some.Entropy));
            Assert.Equal((0.99, 0.99, InnerOptimiser.Adam), (some.OuterGamma, some.OuterLambda, some.InnerOptimiser));
            Assert.Equal([Hyperparameter.Gamma, Hyperparameter.Lambda, Hyperparameter.Critic, Hyperparameter.Entropy], some.Learn);
            Assert.Equal((Differentiation.Reverse, Parameterisation.Sigmoid), (some.Differentiation, some.Parameterisation));
        }

        var table = new Table1Settings();
        Assert.Equal(["0", "1", "3", "5", "10", "3-mix", "5-mix"], table.Methods);
        Assert.Equal(table.Methods, Table1Published.All.Select(row => row.Method));
        Assert.Equal((3, 300, 96), (table.Seeds, table.Points, table.Replicates));
        new MetaGradientVarianceSettings().Validate();
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
        Assert.Equal((12L, updates), (settings.FramesPerUpdate, settings.Updates));
    }

    [Fact]
    public void RunsAreThoseOfMethodsAndSeeds()
    {
        var training = new TrainSettings { Method = "5", Seed = 3, Seeds = 2, Points = 7 };
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
        foreach (LearningSettings some in (LearningSettings[])[new TrainSettings(), new Table1Settings()])
        {
            Refused(some with { Env = "snail" }, "env is 'snail', but must be one of snake, catch, cartpole, maze.");
            Refused(some with { Env = "cartpole", Grid = new(5, 6) }, "grid is 5x6, but cartpole has no board: leave it out.");
            Refused(some with { Env = "catch", StepLimit = 9 }, "step-limit is 9, but episodes of catch end by themselves: leave it out.");
            foreach (string env in (string[])["snake", "catch", "maze"])
            {
                Assert.StartsWith("grid is 0x12, but must be at least", Refusal(some with { Env = env, Grid = new(0, 12) }));
                Assert.StartsWith("grid is 12x0, but must be at least", Refusal(some with { Env = env, Grid = new(12, 0) }));
            }

            Refused(some with { StepLimit = 0 }, "step-limit is 0, but must be between 1 and 1073741824.");
            Refused(some with { Frames = 0 }, "frames is 0, but must be at least 1.");
            Refused(some with { Differentiation = (Differentiation)7 }, "differentiation is 7, but must be one of those there are.");
            Refused(some with { Memory = (LoopMemory)7 }, "memory is 7, but must be one of those there are.");
            Refused(
                some with { Memory = LoopMemory.Mixed, Differentiation = Differentiation.Forward },
                "memory is mixed, but must be plain with differentiation forward, which keeps nothing of inner updates.");
            Refused(some with { InnerOptimiser = (InnerOptimiser)(-1) }, "inner-optimiser is -1, but must be one of those there are.");
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
                string needed = double.IsFinite(wrong) ? "above 0" : "finite and above 0";
                Refused(some with { LearningRate = wrong }, $"learning-rate is {value}, but must be {needed}.");
                Refused(some with { Clip = wrong }, $"clip is {value}, but must be {needed}.");
                Refused(some with { MetaLearningRate = wrong }, $"meta-learning-rate is {value}, but must be {needed}.");
                Refused(some with { MetaClip = wrong }, $"meta-clip is {value}, but must be {needed}.");
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
                string range = Invariant($"is {wrong}, but must be between 0 and 1.");
                Refused(some with { OuterGamma = wrong }, $"outer-gamma {range}");
                Refused(some with { OuterLambda = wrong }, $"outer-lambda {range}");
                Refused(some with { Kappa = wrong }, $"kappa {range}");
                Refused(some with { TraceDecay = wrong }, $"trace-decay {range}");
            }

            Refused(some with { EpsilonRoot = -1 }, "epsilon-root is -1, but must be at least 0.");
            Refused(some with { OuterCritic = double.NaN }, "outer-critic is NaN, but must be finite and at least 0.");
            Refused(
                some with { Learn = [Hyperparameter.Gamma, Hyperparameter.Gamma] },
                "learn is gamma,gamma, but must be a list in which nothing stands twice.");
            (some with { Grid = new(2, 2), Kappa = 0, EpsilonRoot = 0, OuterCritic = 0, OuterGamma = 1 }).Validate();
            (some with { Grid = new(256, 256), Kappa = 1, OuterLambda = 0, TraceDecay = 0 }).Validate();
        }
    }

    [Fact]
    public void SettingsOfTheCommandsAreCheckedToo()
    {
        var training = new TrainSettings();
        Refused(training with { Seed = -1 }, "seed is -1, but must be at least 0.");
        Refused(training with { Seeds = 0 }, "seeds is 0, but must be between 1 and 10000.");
        Refused(
            training with { Method = "5-mixed" },
            $"Method '5-mixed' is unknown: write {MetaGradientMethod.AllForms}.");
        Refused(training with { Learn = [], Method = "1" }, "method is 1, but must be 0 where no hyper-parameter is learned.");
        (training with { Learn = [], Method = "0" }).Validate();
        Refused(
            training with { Method = "reuse-2", FreshValidation = true },
            "method is reuse-2, but must be another one with fresh-validation.");
        Refused(
            training with { Method = "reuse-2", Differentiation = Differentiation.Forward },
            "method is reuse-2, but must be another one with differentiation forward.");
        Refused(
            training with { InnerOptimiser = InnerOptimiser.Sgd, DetachDenominator = true },
            "detach-denominator is true, but must be false with sgd, which has no denominator.");
        Refused(training with { Points = -1 }, "points is -1, but must be between 0 and 10000.");
        (training with { Points = 0, Method = "0" }).Validate();

        var table = new Table1Settings();
        Refused(table with { Seed = int.MaxValue, Seeds = 2 }, "seed is 2147483647, but must be at most 2147483646 with 2 seeds.");
        Refused(table with { Methods = [] }, "methods is empty, but must be a list such as 1,3,3-mix.");
        Refused(table with { Methods = ["1", "3", "1"] }, "methods is 1,3,1, but must be a list in which nothing stands twice.");
        Refused(table with { Methods = ["1", "-1"] }, "Method '-1': the number of inner steps is -1, but must be at least 0.");
        Refused(table with { Points = 10_001 }, "points is 10001, but must be between 0 and 10000.");
        foreach (int replicates in (int[])[-1, 10_001])
            Refused(table with { Replicates = replicates }, $"replicates is {replicates}, but must be between 0 and 10000.");
        Refused(table with { Replicates = 1 }, "replicates is 1, but must be 0, or at least 2: one alone does not vary.");
        (table with { Points = 0, Replicates = 0 }).Validate();

        var variance = new MetaGradientVarianceSettings();
        Refused(variance with { Methods = [] }, "methods is empty, but must be a list such as 1,3,3-mix.");
        Refused(variance with { Methods = ["1", "1"] }, "methods is 1,1, but must be a list in which nothing stands twice.");
        Refused(variance with { Methods = ["0"] }, "methods is 0, but must be one that looks a step ahead.");
        Refused(variance with { Points = 0 }, "points is 0, but must be at least 1.");
        Refused(variance with { Replicates = 1 }, "replicates is 1, but must be between 2 and 65536.");
        Refused(variance with { Oracle = 0 }, "oracle is 0, but must be between 1 and 1000.");
    }

    private static void Refused(LearningSettings settings, string message) => Assert.Equal(message, Refusal(settings));

    private static string Refusal(LearningSettings settings) => Assert.ThrowsAny<ArgumentException>(settings.Validate).Message;

    private static void Refused(MetaGradientVarianceSettings settings, string message)
        => Assert.Equal(message, Assert.Throws<ArgumentException>(settings.Validate).Message);

    // What is no setting of learning stays, and what is not of the published experiment too.
    [Fact]
    public void PresetsAreThoseOfPublishedExperiments()
    {
        var settings = new TrainSettings { Preset = Preset.OuterValue, Method = "1", Seeds = 7, OuterValueHead = true, Points = 3 };
        var outer = Presets.Of(settings);
        Assert.Equal(("1", 7, true, 3, Preset.OuterValue), (outer.Method, outer.Seeds, outer.OuterValueHead, outer.Points, outer.Preset));
        Assert.Equal((75_000_000, 512, 5, 0.8, 1.0), (outer.Frames, outer.Envs, outer.Rollout, outer.Gamma, outer.OuterGamma));
        Assert.Equal([Hyperparameter.Gamma], outer.Learn);
        outer.Validate();
        var plain = new TrainSettings();
        Assert.Same(plain, Presets.Of(plain));
    }
}
