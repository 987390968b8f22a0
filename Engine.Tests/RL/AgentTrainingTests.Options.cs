using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.RL;
using Engine.RL.Agents;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>What an update does under each method and option.</summary>
public sealed partial class AgentTrainingTests
{
    // What an update changes, and the beginning of its names in a checkpoint.
    private static readonly (string Group, string Prefix)[] s_groups =
    [
        ("eta", "Eta"),
        ("meta", "MetaOptimiser."),
        ("parameters", "Inner.Parameters."),
        ("optimiser", "Inner.Optimiser."),
        ("games", "Inner.Sampling"),
        ("returns", "Returns"),
    ];

    /// <summary>
    /// Options by name: the method, what the first update must change beside the method's plain settings, and the settings.
    /// </summary>
    private static readonly Dictionary<string, (string Method, string Changes, Func<LearningSettings, LearningSettings> Set)> s_options
        = new()
        {
            ["fresh validation"] = ("2", "meta", s => s with { FreshValidation = true }),
            ["full target"] = ("2", "meta parameters optimiser", s => s with { FullTarget = true }),
            ["bootstrap"] = ("2", "meta parameters optimiser", s => s with { StepLimit = 2, BootstrapTimeLimit = true }),
            ["bootstrap, no limit"] = ("2", "", s => s with { StepLimit = 1000, BootstrapTimeLimit = true }),
            ["detached denominator"] = ("2", "meta", s => s with { DetachDenominator = true }),
            ["outer gamma"] = ("2", "meta", s => s with { OuterGamma = 0.9 }),
            ["outer lambda"] = ("2", "meta", s => s with { OuterLambda = 0.5 }),
            ["outer critic, no head"] = ("2", "", s => s with { OuterCritic = 3 }),
            ["meta step size"] = ("2", "eta", s => s with { MetaLearningRate = 0.1 }),
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
            ["gamma"] = ("0", "eta parameters optimiser", s => s with { Gamma = 0.5 }),
            ["lambda"] = ("0", "eta parameters optimiser", s => s with { Lambda = 0.5 }),
            ["critic"] = ("0", "eta parameters optimiser", s => s with { Critic = 0.25 }),
            ["entropy"] = ("0", "eta parameters optimiser", s => s with { Entropy = 0.1 }),
            ["mixed memory"] = ("2", "", s => s with { Memory = LoopMemory.Mixed }),
            ["mixed memory, mix"] = ("3-mix", "", s => s with { Memory = LoopMemory.Mixed }),
            ["log every"] = ("2", "", s => s with { LogEvery = 1 }),
        };

    public static TheoryData<string> Options => [.. s_options.Keys];

    [Fact]
    public void MethodZeroLeavesMetaParametersAlone()
    {
        var snapshots = SmallSnake.Snapshots(s_run with { Method = "0" });
        foreach (string prefix in (string[])["Eta", "MetaOptimiser."])
            Assert.Equal(SmallSnake.Stored(snapshots[0], prefix), SmallSnake.Stored(snapshots[^1], prefix));
        Assert.NotEqual(SmallSnake.Stored(snapshots[0], "Inner.Parameters."), SmallSnake.Stored(snapshots[^1], "Inner.Parameters."));
    }

    // Without a term under the root the derivative of Adam at a gradient of zero is none: meta-parameters stay, and the network learns on.
    [Fact]
    public void AMetaGradientThatIsNotFiniteMovesNothing()
    {
        var run = s_run with { Method = "2", Settings = s_run.Settings with { EpsilonRoot = 0, LogEvery = 1 } };
        var watcher = new Watcher { TakesAll = true };
        var rows = SmallSnake.Train(run, watcher).Rows;
        Assert.Contains(rows, row => !double.IsFinite(SmallSnake.Column([row], "meta_grad_norm")[0]));
        Assert.All(rows.SelectMany(SmallSnake.Eta), value => Assert.True(double.IsFinite(value)));
        foreach (var (row, before, after) in rows.Zip(watcher.Snapshots, watcher.Snapshots.Skip(1)))
        {
            bool isFinite = double.IsFinite(SmallSnake.Column([row], "meta_grad_norm")[0]);
            Assert.Equal(isFinite, !SmallSnake.Stored(before, "Eta").SequenceEqual(SmallSnake.Stored(after, "Eta")));
            Assert.All(SmallSnake.Numbers(after, "Inner.Parameters."), value => Assert.True(double.IsFinite(value)));
        }
    }

    // Without look-ahead nothing else is learned: the first kept update is that of other methods.
    [Fact]
    public void TheFirstKeptUpdateDoesNotDependOnTheMethod()
    {
        var zero = SmallSnake.After(1, s_run with { Method = "0" });
        foreach (string method in (string[])["1", "3", "2-mix", "trace-2", "trace-2-mix", "reuse-2"])
            AssertChanges("meta", zero, SmallSnake.After(1, s_run with { Method = method }));
    }

    [Theory]
    [InlineData(Hyperparameter.Gamma)]
    [InlineData(Hyperparameter.Lambda, Hyperparameter.Entropy)]
    [InlineData(Hyperparameter.Critic)]
    [InlineData(Hyperparameter.LearningRate)]
    [InlineData(
        Hyperparameter.Gamma, Hyperparameter.Lambda, Hyperparameter.Critic, Hyperparameter.Entropy, Hyperparameter.LearningRate)]
    public void OnlyMetaParametersToBeLearnedMove(params Hyperparameter[] learn)
    {
        var snapshots = SmallSnake.Snapshots(s_run with { Settings = SmallSnake.Settings with { Learn = learn } });
        double[] before = SmallSnake.Numbers(snapshots[0], "Eta"), after = SmallSnake.Numbers(snapshots[^1], "Eta");
        Assert.Equal(
            Enum.GetValues<Hyperparameter>().Select(learn.Contains),
            before.Zip(after, (b, a) => a != b));
        AssertClose(
            [.. ((double[])[0.99, 0.99, 0.5, 0.01]).Select(value => Math.Log(value / (1 - value))), Math.Log(0.01)],
            before,
            1e-6);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("3")]
    [InlineData("2-mix")]
    [InlineData("trace-2")]
    [InlineData("trace-2-mix")]
    [InlineData("reuse-2")]
    public void UpdatesAreThoseOfALookAheadMadeByHand(string method) => AssertByHand(s_run with { Method = method }, [0, 1, 6]);

    // With a memory of one update, what meets the rollout of an update is the derivative through the one before it.
    [Theory]
    [InlineData("")]
    [InlineData("fresh validation")]
    [InlineData("learned step size")]
    [InlineData("sgd")]
    public void LookingBackOnOneUpdateIsTheDerivativeThroughItMadeByHand(string option)
    {
        bool isFresh = option == "fresh validation";
        var settings = isFresh ? SmallSnake.Settings with { FreshValidation = true } : option == "" ? SmallSnake.Settings : With(option);
        var run = s_run with { Method = "back-1", Settings = settings with { LogEvery = 1 } };
        var snapshots = SmallSnake.Snapshots(run);
        Assert.Equal(0, Columns<TrainingRow>.Row(snapshots[^1].Rows[0].Values).MetaGradNorm);
        using var scope = new TensorScope();
        foreach (int update in (int[])[1, 2, 5])
        {
            SmallSnake.ByHand before = new(run, snapshots[update - 1]), now = new(run, snapshots[update]);
            var (network, _, games) = before.Points[0].State;
            var rollout = now.Problem.Sample(network, games, now.Keys.Fold(isFresh ? ~0 : 0)).Rollout;
            var outer = now.Problem.Losses(network, rollout).Outer;
            var row = Columns<TrainingRow>.Row(snapshots[^1].Rows[update].Values);
            double norm = Math.Sqrt(Gradient.Of(outer, before.Learner.Eta).Square().Sum().Item());
            AssertClose([outer.Item(), norm], [row.OuterLoss, row.MetaGradNorm], 1e-4);
            Assert.NotEqual(SmallSnake.Stored(snapshots[update], "Eta"), SmallSnake.Stored(snapshots[update + 1], "Eta"));
        }
    }

    // Where all before the last update is forgotten, there is nothing for a Hessian to change.
    [Fact]
    public void LookingBackOnOneUpdateHasNoUseForTheHessian()
    {
        var settings = SmallSnake.Settings with { LogEvery = 1 };
        ExperimentSnapshot with = SmallSnake.After(2, s_run with { Method = "back-1", Settings = settings });
        ExperimentSnapshot without = SmallSnake.After(2, s_run with { Method = "back-trace-1", Settings = settings });
        Assert.Equal(SmallSnake.Stored(with, "Eta"), SmallSnake.Stored(without, "Eta"));
        Assert.NotEqual(
            SmallSnake.Stored(SmallSnake.After(3, s_run with { Method = "back-2", Settings = settings }), "Eta"),
            SmallSnake.Stored(SmallSnake.After(3, s_run with { Method = "back-trace-2", Settings = settings }), "Eta"));
    }

    // What is carried on are derivatives in what is learned: those of an agent that learns all five are among them.
    [Theory]
    [InlineData("back-3", Differentiation.Reverse)]
    [InlineData("back-trace-3", Differentiation.Reverse)]
    [InlineData("3", Differentiation.Forward)]
    public void WhatIsNotLearnedCostsNothingAndChangesNothing(string method, Differentiation differentiation)
    {
        var settings = SmallSnake.Settings with { MetaClip = 1e9, MetaLearningRate = 1e-30, Differentiation = differentiation };
        Hyperparameter[] some = [Hyperparameter.Lambda, Hyperparameter.LearningRate];
        double[] all = Moments(Enum.GetValues<Hyperparameter>()), two = Moments(some);
        AssertClose([0, all[1], 0, 0, all[4]], two, 1e-4);
        Assert.All(some, learned => Assert.NotEqual(0, two[(int)learned]));

        double[] Moments(Hyperparameter[] learn) => SmallSnake.Numbers(
            SmallSnake.After(3, s_run with { Method = method, Settings = settings with { Learn = learn } }), "MetaOptimiser.First");
    }

    // Whatever it remembers, it plays the games of an agent that keeps its meta-parameters, while these have hardly moved.
    [Fact]
    public void LookingBackPlaysNoFrameOfItsOwn()
    {
        var settings = SmallSnake.Settings with { MetaLearningRate = 1e-30 };
        ExperimentSnapshot fixedOne = SmallSnake.After(3, s_run with { Method = "0", Settings = settings });
        ExperimentSnapshot back = SmallSnake.After(3, s_run with { Method = "back-5", Settings = settings });
        AssertSameRollout(fixedOne, back);
        foreach (string prefix in (string[])["Inner.Parameters.", "Inner.Optimiser.", "Inner.Sampling"])
            Assert.Equal(SmallSnake.Stored(fixedOne, prefix), SmallSnake.Stored(back, prefix));
    }

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
    [InlineData("learned step size")]
    [InlineData("learned step size, not annealed")]
    [InlineData("learned step size, clip parameterisation")]
    [InlineData("forward")]
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
        string[] added =
        [
            .. from layer in (int[])[0, 1] from part in (string[])["Weights", "Bias"]
            select $"Inner.Parameters.OuterValue.Layers[{layer}].{part}",
        ];
        Assert.Equal(added, Names(head[0]).Except(Names(plain[0])));
        foreach (string name in Names(plain[0]))
            Assert.Equal(plain[0].Tensors[name], head[0].Tensors[name]);
        Assert.NotEqual(plain[1].Tensors["Inner.Parameters.Trunk.Dense.Weights"], head[1].Tensors["Inner.Parameters.Trunk.Dense.Weights"]);
        Assert.NotEqual(head[0].Tensors[added[0]], head[1].Tensors[added[0]]);
        AssertSameRollout(SmallSnake.After(1, run), SmallSnake.After(1, run with { Settings = With("outer head") }));

        // Without a weight it learns nothing, and the rest as without it.
        var idle = SmallSnake.After(1, run with { Settings = With("outer head") with { OuterCritic = 0 } });
        foreach (string name in Names(plain[0]))
            Assert.Equal(plain[1].Tensors[name], idle.Tensors[name]);
        foreach (string name in added)
            Assert.Equal(head[0].Tensors[name], idle.Tensors[name]);

        static IEnumerable<string> Names(ExperimentSnapshot snapshot)
            => snapshot.Tensors.Keys.Where(name => name.StartsWith("Inner.Parameters.", StringComparison.Ordinal));
    }

    [Fact]
    public void OptimisersHaveTheirStates()
    {
        Assert.Equal(14, SmallSnake.Stored(SmallSnake.After(1, s_run), "Inner.Parameters.").Length);
        foreach (var (option, slots) in (ReadOnlySpan<(string, int)>)[("adam", 2), ("rmsprop", 1), ("sgd", 0)])
        {
            var end = SmallSnake.After(2, s_run with { Settings = With(option) });

            // The number of updates, of the whole and of what is within, and a vector for each slot.
            Assert.Equal(2 + slots, SmallSnake.Stored(end, "Inner.Optimiser.").Length);
            Assert.Equal(2, SmallSnake.Numbers(end, "Inner.Optimiser.")[0]);
        }
    }

    [Fact]
    public void ClippedMetaParametersAreKeptAsTheyAre()
    {
        var settings = With("clip parameterisation") with { MetaLearningRate = 0.3, LogEvery = 1, Frames = 20 * 12 };
        var snapshots = SmallSnake.Snapshots(s_run with { Settings = settings });
        AssertClose([0.99, 0.99, 0.5, 0.01, 0.01], SmallSnake.Numbers(snapshots[0], "Eta"), 1e-7);
        double[][] eta = [.. snapshots.Select(snapshot => SmallSnake.Numbers(snapshot, "Eta"))];
        Assert.All(eta.SelectMany(values => values), value => Assert.InRange(value, 0, 1));
        Assert.Contains(eta[1], value => value is 0 or 1);
        foreach (var (row, used) in snapshots[^1].Rows.Zip(eta))
            Assert.Equal(used, SmallSnake.Eta(row));
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
            double[] before = SmallSnake.Numbers(snapshots[update], "Inner.Parameters.");
            double[] after = SmallSnake.Numbers(snapshots[update + 1], "Inner.Parameters.");
            double moved = Math.Sqrt(before.Zip(after, (b, a) => (a - b) * (a - b)).Sum());
            Assert.Equal(anneal ? 0.05 * (7 - update) / 7 : 0.05, moved / norms[update], 1e-5);
        }
    }

    private static LearningSettings With(string option) => option switch
    {
        "outer head" => SmallSnake.Settings with { OuterValueHead = true },
        "sgd" => SmallSnake.Settings with { InnerOptimiser = InnerOptimiser.Sgd },
        "rmsprop" => SmallSnake.Settings with { InnerOptimiser = InnerOptimiser.Rmsprop },
        "clip parameterisation" => SmallSnake.Settings with { Parameterisation = Parameterisation.Clip },
        "not annealed" => SmallSnake.Settings with { Anneal = false },
        "learned step size" => SmallSnake.Settings with { Learn = Enum.GetValues<Hyperparameter>() },
        "learned step size, not annealed" => With("learned step size") with { Anneal = false },
        "learned step size, clip parameterisation" => With("learned step size") with
        {
            Parameterisation = Parameterisation.Clip,
            MetaLearningRate = 0.002,
        },
        "forward" => SmallSnake.Settings with { Differentiation = Differentiation.Forward },
        "adam" => SmallSnake.Settings,
        _ => throw new ArgumentOutOfRangeException(nameof(option), option, "There is no such option."),
    };

    // Each of these updates is what the library's parts make of the state before it, and the row tells of it.
    private static void AssertByHand(AgentRun run, int[] updates)
    {
        run = run with { Settings = run.Settings with { LogEvery = 1 } };
        bool isExact = run.Settings.Differentiation == Differentiation.Reverse;
        var snapshots = SmallSnake.Snapshots(run);
        using var scope = new TensorScope();
        foreach (int update in updates)
        {
            ExperimentSnapshot before = snapshots[update], after = snapshots[update + 1];
            var hand = new SmallSnake.ByHand(run, before);
            var kept = hand.Points[0];
            AssertIs(kept.State.Parameters, after, "Inner.Parameters.");
            AssertIs(kept.State.Optimiser, after, "Inner.Optimiser.");
            AssertIs(kept.State.Sampling, after, "Inner.Sampling");
            Assert.NotEqual(SmallSnake.Stored(before, "Inner.Parameters."), SmallSnake.Stored(after, "Inner.Parameters."));
            Assert.Equal([update + 1], SmallSnake.Numbers(after, "Number"));

            var row = Columns<TrainingRow>.Row(snapshots[^1].Rows[update].Values);
            var losses = (A2CLosses)kept.Losses;
            AssertClose(hand.Values.ToDoubles(), SmallSnake.Eta(snapshots[^1].Rows[update]), 1e-6);
            AssertClose(
                [.. Tree.Leaves((losses.Actor, losses.Critic, losses.Entropy, losses.Inner)).Select(x => x.Item()), Norm(kept.Gradient)],
                [row.ActorLoss, row.CriticLoss, row.Entropy, row.InnerLoss, row.GradNorm],
                1e-5);
            if (hand.Method.Steps == 0)
                continue;
            bool learnsRate = run.Settings.Learn.Contains(Hyperparameter.LearningRate);
            var gradient = hand.MetaGradient;
            Assert.Equal(learnsRate, gradient[4].Item() != 0);
            AssertClose([hand.Loss.Item(), Norm(gradient)], [row.OuterLoss, row.MetaGradNorm], 1e-5);
            var optimiser = new Chain(new ClipByGlobalNorm(run.Settings.MetaClip), new Adam(run.Settings.MetaLearningRate, EpsilonRoot: 0));
            var (eta, meta) = optimiser.Update(hand.Learner.Eta, gradient, hand.Learner.MetaOptimiser);
            if (run.Settings.Parameterisation == Parameterisation.Clip)
                eta = Tensor.Concatenate(0, eta[..4].Clamp(0, 1), Tensor.Maximum(eta[4..], 0));
            AssertIs(eta, after, "Eta");
            AssertIs(meta, after, "MetaOptimiser.");
        }

        static double Norm<T>(T tree) => Math.Sqrt(Tree.Leaves(tree).SelectMany(x => x.ToDoubles()).Sum(value => value * value));

        // Forward differentiation adds in another order.
        void AssertIs<T>(T tree, ExperimentSnapshot snapshot, string prefix)
        {
            if (isExact)
                Assert.Equal(Tree.Leaves(tree).Select(x => x.ToStored()), SmallSnake.Stored(snapshot, prefix));
            else
                Close.All([.. Tree.Leaves(tree).SelectMany(x => x.ToDoubles())], SmallSnake.Numbers(snapshot, prefix), 1e-4);
        }
    }

    // These groups of tensors differ, and no others do. The numbers of meta-parameters follow from the meta-optimiser's state, mostly by
    // its signs.
    private static void AssertChanges(string groups, ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        string[] changed = groups.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            changed,
            s_groups
                .Where(part => part.Group != "eta" || !changed.Contains("meta"))
                .Where(part => !SmallSnake.Stored(expected, part.Prefix).SequenceEqual(SmallSnake.Stored(actual, part.Prefix)))
                .Select(part => part.Group));
    }

    // What the first row tells of the rollout, which was taken before anything was learned.
    private static void AssertSameRollout(ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        foreach (string column in (string[])["frames", "episodes", "return_mean", "return_max", "entropy"])
            Assert.Equal(SmallSnake.Column(expected.Rows, column), SmallSnake.Column(actual.Rows, column));
    }
}
