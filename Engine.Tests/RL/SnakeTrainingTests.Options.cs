using Engine.Core;
using Engine.Core.Optim;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>What an update does under each method and option.</summary>
public sealed partial class SnakeTrainingTests
{
    // What an update changes, by the beginning of names in a checkpoint.
    private static readonly string[] s_groups = ["raw", "meta", "parameters", "optimiser", "environment", "returns"];

    /// <summary>
    /// Options by name: the method, what the first update must change beside the method's plain settings, and the settings.
    /// </summary>
    private static readonly Dictionary<string, (string Method, string Changes, Func<SnakeSettings, SnakeSettings> Set)> s_options = new()
    {
        ["fresh validation"] = ("2", "meta", s => s with { FreshValidation = true }),
        ["full target"] = ("2", "meta parameters optimiser", s => s with { FullTarget = true }),
        ["bootstrap"] = ("2", "meta parameters optimiser", s => s with { StepLimit = 2, BootstrapTimeLimit = true }),
        ["bootstrap, no limit"] = ("2", "", s => s with { StepLimit = 1000, BootstrapTimeLimit = true }),
        ["detached denominator"] = ("2", "meta", s => s with { DetachDenominator = true }),
        ["outer gamma"] = ("2", "meta", s => s with { OuterGamma = 0.9 }),
        ["outer lambda"] = ("2", "meta", s => s with { OuterLambda = 0.5 }),
        ["outer critic, no head"] = ("2", "", s => s with { OuterCritic = 3 }),
        ["meta step size"] = ("2", "raw", s => s with { MetaLearningRate = 0.1 }),
        ["meta clip"] = ("2", "meta", s => s with { MetaClip = 1e-8 }),
        ["clip"] = ("2", "meta parameters optimiser", s => s with { Clip = 1e-3 }),
        ["step size"] = ("2", "meta parameters", s => s with { LearningRate = 0.02 }),
        ["term under the root"] = ("2", "meta parameters", s => s with { EpsilonRoot = 1e-4 }),
        ["kappa"] = ("2-mix", "meta", s => s with { Kappa = 0.9 }),
        ["kappa, default"] = ("2-mix", "", s => s with { Kappa = 0.5 }),
        ["kappa, no mix"] = ("2", "", s => s with { Kappa = 0.9 }),
        ["trace decay"] = ("trace-2", "meta", s => s with { TraceDecay = 0.1 }),
        ["trace decay, one step"] = ("trace-1", "", s => s with { TraceDecay = 0.1 }),
        ["trace decay, no trace"] = ("2", "", s => s with { TraceDecay = 0.1 }),
        ["gamma"] = ("0", "raw parameters optimiser", s => s with { Gamma = 0.5 }),
        ["lambda"] = ("0", "raw parameters optimiser", s => s with { Lambda = 0.5 }),
        ["critic"] = ("0", "raw parameters optimiser", s => s with { Critic = 0.25 }),
        ["entropy"] = ("0", "raw parameters optimiser", s => s with { Entropy = 0.1 }),
        ["log every"] = ("2", "", s => s with { LogEvery = 1 }),
    };

    public static TheoryData<string> Options => [.. s_options.Keys];

    [Fact]
    public void MethodZeroLeavesMetaParametersAlone()
    {
        var snapshots = SmallSnake.Snapshots(s_run with { Method = "0" });
        foreach (string group in (string[])["raw", "meta"])
            Assert.Equal(Numbers(snapshots[0], group), Numbers(snapshots[^1], group));
        Assert.NotEqual(Numbers(snapshots[0], "parameters"), Numbers(snapshots[^1], "parameters"));
    }

    // Without look-ahead nothing else is learned: the first kept update is that of other methods.
    [Fact]
    public void TheFirstKeptUpdateDoesNotDependOnTheMethod()
    {
        var zero = SmallSnake.After(1, s_run with { Method = "0" });
        foreach (string method in (string[])["1", "3", "2-mix", "trace-2"])
            AssertChanges("meta", zero, SmallSnake.After(1, s_run with { Method = method }));
    }

    [Theory]
    [InlineData(MetaParameter.Gamma)]
    [InlineData(MetaParameter.Lambda, MetaParameter.Entropy)]
    [InlineData(MetaParameter.Critic)]
    [InlineData]
    public void OnlyMetaParametersToBeLearnedMove(params MetaParameter[] learn)
    {
        var snapshots = SmallSnake.Snapshots(s_run with { Settings = SmallSnake.Settings with { Learn = learn } });
        double[] before = Numbers(snapshots[0], "raw"), after = Numbers(snapshots[^1], "raw");
        Assert.Equal(
            Enum.GetValues<MetaParameter>().Select(learn.Contains),
            before.Zip(after, (b, a) => a != b));
        AssertClose(
            [.. ((double[])[0.99, 0.99, 0.5, 0.01]).Select(value => Math.Log(value / (1 - value)))],
            before,
            1e-6);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("3")]
    [InlineData("2-mix")]
    [InlineData("trace-2")]
    public void UpdatesAreThoseOfALookAheadMadeByHand(string method) => AssertByHand(s_run with { Method = method }, [0, 1, 6]);

    // All options at once: each plays its part in some number here.
    [Theory]
    [InlineData("2-mix")]
    [InlineData("trace-2")]
    public void UpdatesWithOptionsAreThoseOfALookAheadMadeByHand(string method)
    {
        var settings = SmallSnake.Settings with
        {
            StepLimit = 2,
            BootstrapTimeLimit = true,
            FullTarget = true,
            FreshValidation = true,
            DetachDenominator = true,
            OuterValueHead = true,
            OuterCritic = 0.7,
            OuterGamma = 0.9,
            OuterLambda = 0.8,
            Kappa = 0.3,
            TraceDecay = 0.4,
            Clip = 0.1,
            MetaClip = 1e-6,
            EpsilonRoot = 1e-6,
            Gamma = 0.8,
            Lambda = 0.7,
            Critic = 0.4,
            Entropy = 0.05,
            Frames = 36,
        };
        AssertByHand(s_run with { Method = method, Settings = settings }, [0, 2]);
    }

    [Theory]
    [InlineData("outer head")]
    [InlineData("sgd")]
    [InlineData("rmsprop")]
    [InlineData("clip parameterisation")]
    [InlineData("not annealed")]
    public void OtherLayoutsOfTheStateAreThoseOfALookAheadMadeByHand(string option)
        => AssertByHand(s_run with { Method = "2", Settings = With(option) with { Frames = 36 } }, [0, 2]);

    [Theory]
    [MemberData(nameof(Options))]
    public void OptionsChangeWhatTheyShouldAndNothingElse(string option)
    {
        var (method, changes, set) = s_options[option];
        var changed = set(SmallSnake.Settings with { Frames = 12 });

        // The step limit belongs to the game, and so to both.
        var plain = SmallSnake.Settings with { Frames = 12, StepLimit = changed.StepLimit };
        ExperimentSnapshot expected = SmallSnake.After(1, new(method, 1, plain)), actual = SmallSnake.After(1, new(method, 1, changed));
        AssertSameRollout(expected, actual);
        AssertChanges(changes, expected, actual);
    }

    [Fact]
    public void KappaZeroMakesAMixOfItsFirstPoint()
    {
        var one = RunToEnd(s_run with { Method = "1" });
        var mix = RunToEnd(s_run with { Method = "3-mix", Settings = SmallSnake.Settings with { Kappa = 0 } });
        SmallSnake.Same(one.Result.Rows, [.. mix.Result.Rows.Select(row => row with { Method = "1" })]);
        AssertChanges("", one.End, mix.End);
    }

    [Fact]
    public void TheOuterHeadAddsParametersAndLeavesThePolicyAsItBegins()
    {
        var run = s_run with { Method = "2" };
        var plain = SmallSnake.Snapshots(run);
        var head = SmallSnake.Snapshots(run with { Settings = With("outer head") });
        string[] added = ["parameters.outer0.bias", "parameters.outer0.weight", "parameters.outer1.bias", "parameters.outer1.weight"];
        Assert.Equal(added, Names(head[0]).Except(Names(plain[0])).Order(StringComparer.Ordinal));
        foreach (string name in Names(plain[0]))
            Assert.Equal(plain[0].Tensors[name], head[0].Tensors[name]);
        Assert.NotEqual(plain[1].Tensors["parameters.dense.weight"], head[1].Tensors["parameters.dense.weight"]);
        Assert.NotEqual(head[0].Tensors["parameters.outer0.weight"], head[1].Tensors["parameters.outer0.weight"]);
        AssertSameRollout(SmallSnake.After(1, run), SmallSnake.After(1, run with { Settings = With("outer head") }));

        // Without a weight it learns nothing, and the rest as without it.
        var idle = SmallSnake.After(1, run with { Settings = With("outer head") with { OuterCritic = 0 } });
        foreach (string name in Names(plain[0]))
            Assert.Equal(plain[1].Tensors[name], idle.Tensors[name]);
        foreach (string name in added)
            Assert.Equal(head[0].Tensors[name], idle.Tensors[name]);

        static IEnumerable<string> Names(ExperimentSnapshot snapshot)
            => snapshot.Tensors.Keys.Where(name => name.StartsWith("parameters.", StringComparison.Ordinal));
    }

    [Fact]
    public void OptimisersHaveTheirStates()
    {
        int parameters = SmallSnake.After(1, s_run).Tensors.Keys.Count(name => name.StartsWith("parameters.", StringComparison.Ordinal));
        Assert.Equal(14, parameters);
        foreach (var (option, slots) in (ReadOnlySpan<(string, int)>)[("adam", 2), ("rmsprop", 1), ("sgd", 0)])
        {
            var end = SmallSnake.After(2, s_run with { Settings = With(option) });
            Assert.Equal(1 + (slots * parameters), end.Tensors.Keys.Count(name => name.StartsWith("optimiser.", StringComparison.Ordinal)));
            Assert.Equal([2.0], Numbers(end, "optimiser.00"));
        }
    }

    [Fact]
    public void ClippedMetaParametersAreKeptAsTheyAre()
    {
        var settings = With("clip parameterisation") with { MetaLearningRate = 0.3, LogEvery = 1, Frames = 20 * 12 };
        var snapshots = SmallSnake.Snapshots(s_run with { Settings = settings });
        AssertClose([0.99, 0.99, 0.5, 0.01], Numbers(snapshots[0], "raw"), 1e-7);
        double[][] raw = [.. snapshots.Select(snapshot => Numbers(snapshot, "raw"))];
        Assert.All(raw.SelectMany(values => values), value => Assert.InRange(value, 0, 1));
        Assert.Contains(raw[1], value => value is 0 or 1);
        foreach (var (row, used) in snapshots[^1].Rows.Zip(raw))
            Assert.Equal(used, row.Values[SnakeTraining.Column("gamma")..(SnakeTraining.Column("c_entr") + 1)]);
    }

    // The size of an update of gradient descent is that of its gradient times the step size.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheStepSizeFallsToZeroIfAnnealed(bool anneal)
    {
        var settings = With("sgd") with { Anneal = anneal, LearningRate = 0.05, Clip = 1e6, LogEvery = 1 };
        var snapshots = SmallSnake.Snapshots(s_run with { Settings = settings });
        double[] norms = SmallSnake.Column(snapshots[^1].Rows, "grad_norm");
        for (int update = 0; update < 7; update++)
        {
            double[] before = Numbers(snapshots[update], "parameters."), after = Numbers(snapshots[update + 1], "parameters.");
            double moved = Math.Sqrt(before.Zip(after, (b, a) => (a - b) * (a - b)).Sum());
            Assert.Equal(anneal ? 0.05 * (7 - update) / 7 : 0.05, moved / norms[update], 1e-5);
        }
    }

    private static SnakeSettings With(string option) => option switch
    {
        "outer head" => SmallSnake.Settings with { OuterValueHead = true },
        "sgd" => SmallSnake.Settings with { InnerOptimiser = InnerOptimiser.Sgd },
        "rmsprop" => SmallSnake.Settings with { InnerOptimiser = InnerOptimiser.Rmsprop },
        "clip parameterisation" => SmallSnake.Settings with { Parameterisation = Parameterisation.Clip },
        "not annealed" => SmallSnake.Settings with { Anneal = false },
        _ => SmallSnake.Settings,
    };

    // Each of these updates is what the library's parts make of the state before it, and the row tells of it.
    private static void AssertByHand(SnakeRun run, int[] updates)
    {
        run = run with { Settings = run.Settings with { LogEvery = 1 } };
        var snapshots = SmallSnake.Snapshots(run);
        using var scope = new TensorScope();
        foreach (int update in updates)
        {
            ExperimentSnapshot before = snapshots[update], after = snapshots[update + 1];
            var hand = new SmallSnake.ByHand(run, before);
            var kept = hand.Points[0];
            foreach (var (parameter, tensor) in hand.Network.ParameterShapes.Zip(kept.Parameters))
                Assert.Equal(tensor.ToStored(), after.Tensors["parameters." + parameter.Name]);
            Assert.Equal(Tree.Leaves(kept.State).Select(x => x.ToStored()), Stored(after, "optimiser."));
            Assert.Equal(kept.SamplingState.Select(x => x.ToStored()), Stored(after, "environment."));
            Assert.NotEqual(Stored(before, "parameters."), Stored(after, "parameters."));

            var row = snapshots[^1].Rows[update];
            var terms = hand.Problem.Terms(hand.Parameters, kept.Rollout);
            AssertClose([.. hand.Values.ToDoubles()], row.Values[4..8], 1e-6);
            AssertClose(
                [terms.Actor.Item(), terms.Critic.Item(), terms.Entropy.Item(), kept.Update.Loss.Item(), Norm(kept.Update.Gradients)],
                [.. row.Values[8..12], row.Values[SnakeTraining.Column("grad_norm")]],
                1e-5);
            if (hand.Method.Steps == 0)
                continue;
            var gradient = hand.MetaGradient;
            AssertClose([hand.Loss.Item()], SmallSnake.Column([row], "outer_loss"), 1e-5);
            AssertClose([Norm([gradient])], SmallSnake.Column([row], "meta_grad_norm"), 1e-5);
            var optimiser = new Chain(new ClipByGlobalNorm(run.Settings.MetaClip), new Adam(run.Settings.MetaLearningRate, EpsilonRoot: 0));
            var (raw, meta) = optimiser.Update(hand.Raw, gradient, hand.Meta);
            var allowed = run.Settings.Parameterisation == Parameterisation.Sigmoid ? raw : raw.Clamp(0, 1);
            Assert.Equal(allowed.ToStored(), after.Tensors["raw"]);
            Assert.Equal(Tree.Leaves(meta).Select(x => x.ToStored()), Stored(after, "meta."));
        }

        static double Norm(Tensor[] tensors) => Math.Sqrt(tensors.SelectMany(x => x.ToDoubles()).Sum(value => value * value));

        static IEnumerable<Engine.Core.Files.StoredTensor> Stored(ExperimentSnapshot snapshot, string prefix)
            => SmallSnake.Tensors(snapshot, prefix).Select(x => x.ToStored());
    }

    // These groups of tensors differ, and no others do. The raw numbers follow from the meta-optimiser's state, mostly by its signs.
    private static void AssertChanges(string groups, ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        string[] changed = groups.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            changed,
            s_groups
                .Where(group => group != "raw" || !changed.Contains("meta"))
                .Where(group => !Numbers(expected, group).SequenceEqual(Numbers(actual, group))));
    }

    // What the first row tells of the rollout, which was taken before anything was learned.
    private static void AssertSameRollout(ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        foreach (string column in (string[])["frames", "episodes", "return_mean", "return_max", "entropy"])
            Assert.Equal(SmallSnake.Column(expected.Rows, column), SmallSnake.Column(actual.Rows, column));
    }
}
