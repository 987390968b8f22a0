using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Kernels.Gpu;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>Training with any environment, any network, any method and any way to differentiate.</summary>
public class TrainerTests
{
    // Episodes end within some updates, whatever the agent does.
    private static readonly LearningSettings s_settings = new()
    {
        Envs = 3,
        Rollout = 4,
        Frames = 48,
        LearningRate = 0.01,
        MetaLearningRate = 0.05,
        EpsilonRoot = 1e-6,
        Learn = Enum.GetValues<Hyperparameter>(),
    };

    public static TheoryData<string, string> KindsAndMethods =>
    [
        .. from kind in EnvironmentKind.All from method in (string[])["0", "1", "3-mix", "trace-3", "back-3"] select (kind.Name, method),
    ];

    // From each point of the training one update is made both ways: the losses, the network and the meta-gradient must agree.
    [Theory]
    [MemberData(nameof(KindsAndMethods))]
    public void EveryKindOfEnvironmentTrainsAndForwardEqualsReverse(string kind, string method)
    {
        var settings = SettingsOf(kind);
        using var device = new CpuDevice(1);
        using var reverse = Create(settings);
        using var forward = Create(settings with { Differentiation = Differentiation.Forward });
        using var replayed = Create(settings with { Differentiation = Differentiation.Forward });
        string[] names = Tree.Names(reverse.State);
        var (first, episodes) = (reverse.Capture(0), 0.0);
        while (reverse.Updates < settings.Updates)
        {
            forward.Restore([reverse.Capture(0)], reverse.Updates);
            UpdateMetrics<double[]> expected = reverse.Step()[0], actual = forward.Step()[0];
            episodes += expected.Episodes[0];
            double[] numbers = Numbers(expected);
            Assert.All(numbers, value => Assert.True(double.IsFinite(value)));
            Close.All(numbers, Numbers(actual), 1e-4);

            // By itself it drifts a little further.
            Close.All(numbers, Numbers(replayed.Step()[0]), 1e-3);
            Assert.Equal(method == "0", double.IsNaN(expected.OuterLoss[0]));
            Assert.Equal(method == "0", double.IsNaN(expected.MetaGradientNorm[0]));
            if (method != "0")
            {
                // Before the first update there is nothing to look back on.
                Assert.Equal(method == "back-3" && reverse.Updates == 1, expected.MetaGradientNorm[0] == 0);
                Assert.Equal(expected.OuterLoss[0], actual.OuterLoss[0], 1e-5);
            }

            foreach (var (name, leaf, other) in Leaves(names, reverse.State, forward.State))
                AssertClose(name, leaf, other);
        }

        var last = reverse.Capture(0);
        Assert.Equal(method != "0", first["Eta"] != last["Eta"]);
        Assert.All(
            names.Where(name => name.StartsWith("Inner.Parameters.", StringComparison.Ordinal)),
            name => Assert.True(first[name] != last[name], name));
        Assert.True(episodes > 0);

        Trainer Create(LearningSettings settings)
            => new(settings.CreateEnvironment(), settings, MetaGradientMethod.Parse(method), [5], device);

        static double[] Numbers(UpdateMetrics<double[]> x)
            => [.. x.Eta, .. x.ActorLoss, .. x.CriticLoss, .. x.Entropy, .. x.InnerLoss, .. x.GradientNorm];

        static IEnumerable<(string Name, Tensor Expected, Tensor Actual)> Leaves(string[] names, Learner expected, Learner actual)
            => names.Zip(Tree.Leaves(expected), Tree.Leaves(actual));
    }

    // A trace is no exact derivative, in either direction.
    [Theory]
    [InlineData(Differentiation.Reverse)]
    [InlineData(Differentiation.Forward)]
    public void TracesDifferFromExactDerivatives(Differentiation differentiation)
    {
        var settings = SmallSnake.Settings with { Differentiation = differentiation, Frames = 12 };
        double[] exact = First("3"), trace = First("trace-3"), none = First("trace-3", 0);
        Assert.True(Close.Difference(exact, trace) > 1e-3);
        Assert.True(Close.Difference(trace, none) > 1e-3);

        // The average of meta-gradients after one update.
        double[] First(string method, double decay = 0.9)
        {
            var end = SmallSnake.After(1, new(method, 1, settings with { TraceDecay = decay }));
            var average = end.Tensors.Single(
                tensor => tensor.Key.StartsWith("MetaOptimiser.", StringComparison.Ordinal)
                    && tensor.Key.EndsWith(".First", StringComparison.Ordinal));
            return SmallSnake.Numbers(end, average.Key);
        }
    }

    [Fact]
    public void AnEnvironmentAndANetworkOfOnesOwnAreTrained()
    {
        var settings = new LearningSettings { Envs = 16, Rollout = 8, Frames = 128 * 120, LearningRate = 0.1, Gamma = 0.9, Lambda = 0.9 };
        using var device = new CpuDevice(2);
        using var trainer = Trainer.Of(new Corridor(), settings, "2-mix", seed: 7, device, Straight.Initial);
        var pace = new List<double>();
        while (trainer.Updates < settings.Updates)
            pace.Add(trainer.Step()[0].Episodes[0]);
        Assert.IsType<Straight>(trainer.State.Inner.Parameters);
        Assert.Equal(120, trainer.Updates);

        // The way is 5 steps long: no more than 25 episodes end in 128 steps, and at random far fewer.
        Assert.True(pace[..5].Average() < 12, $"{pace[..5].Average()} at first");
        Assert.True(pace[^5..].Average() > 20, $"{pace[^5..].Average()} at last");
        Assert.True(trainer.CommandCount > 0);
        using var scope = new TensorScope();
        double[] eta = trainer.State.Eta.ToDoubles();
        foreach (var (at, start) in (ReadOnlySpan<(int, double)>)[(0, 0.9), (1, 0.9), (3, 0.01)])
            Assert.NotEqual(Math.Log(start / (1 - start)), eta[at], 1e-3);

        // Policy and values share no parameter: what the critic's loss counts makes no difference to the policy.
        Assert.Equal(0, eta[2]);
    }

    [Fact]
    public void ANetworkOfOnesOwnIsUsedWithABatchOfAgents()
    {
        var settings = new LearningSettings { Envs = 2, Rollout = 4, Frames = 24 };
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        using var both = Create(1, 2);
        using var second = Create(2);
        Assert.Equal([2, 6, 2], ((Straight)both.State.Inner.Parameters).Policy.Weights.Shape.Sizes.ToArray());
        for (int update = 0; update < 3; update++)
        {
            var metrics = (both.Step(), second.Step());
            Assert.Equal((2, 1), (metrics.Item1.Length, metrics.Item2.Length));
            Assert.Equal(metrics.Item2[0].InnerLoss[0], metrics.Item1[1].InnerLoss[0], 1e-5);
        }

        foreach (var (expected, actual) in second.Capture(0).Zip(both.Capture(1)))
            Assert.Equal((expected.Key, expected.Value.Type), (actual.Key, actual.Value.Type));
        Close.All(Numbers(second.State), Numbers(both.Agent(1)), 1e-5);

        static double[] Numbers(Learner agent) => Tree.ToVector(agent.Inner.Parameters).ToDoubles();

        Trainer Create(params int[] seeds) => new(
            AnyEnvironment.Of(new Corridor()),
            settings,
            MetaGradientMethod.Parse("1"),
            seeds,
            device,
            Straight.Initial);
    }

    // What agents of one inner loop do is given once: what a mix weighs besides costs no more commands as numbers of each agent's own.
    [Fact]
    public void SeveralMethodsTakeAsManyCommandsAsTheLargest()
    {
        using var device = IlgpuDevice.OpenDry();
        int classic = Commands("3", "3", "3"), mix = Commands("3-mix", "3-mix", "3-mix"), all = Commands("3", "3-mix", "3");
        Assert.InRange(classic, 100, mix);
        Assert.InRange(all, classic, mix + 1);

        int Commands(params string[] methods)
        {
            var settings = SettingsOf("snake");
            (MetaGradientMethod, int)[] agents = [.. methods.Select((name, seed) => (MetaGradientMethod.Parse(name), seed))];
            using var trainer = new Trainer(settings.CreateEnvironment(), settings, agents, device);
            for (int update = 0; update < 2; update++)
                trainer.Step();
            return trainer.CommandCount;
        }
    }

    // A kernel costs a GPU some 2 us however little it does: what they are in an update of the paper's size, 32 games of 20 steps.
    [Theory]
    [InlineData("1", 400)]
    [InlineData("3-mix", 800)]
    public void AnUpdateOfSnakeTakesAGpuFewCommands(string method, int most)
    {
        using var device = IlgpuDevice.OpenDry();
        var settings = new LearningSettings { Env = "snake" };
        using var trainer = Trainer.Of(settings.CreateEnvironment(), settings, method, device: device);
        trainer.Step();
        Assert.InRange(trainer.CommandCount, 100, most);
    }

    [Fact]
    public void AnAgentThatHasNotLookedBackHasNothingToLookBackOn()
    {
        using var scope = new TensorScope();
        var settings = SettingsOf("catch");
        var update = new Update(settings, MetaGradientMethod.Parse("1"), settings.CreateEnvironment());
        var agent = update.Initial(0, Device.Cpu);
        var error = Assert.Throws<ArgumentException>(
            () => update.MetaLosses(agent, Key.Of(1).Split(settings.Envs), [MetaGradientMethod.Parse("back-3")]));
        Assert.Equal("This agent has nothing to look back on: train it with a method such as back-5.", error.Message);
    }

    // Loops over rows are for few of them: with more, each command by itself has work for all of a GPU, which does it better.
    [Fact]
    public void ManyAgentsHaveNoLoopsOverRows()
    {
        using var device = IlgpuDevice.OpenDry();
        var settings = new LearningSettings { Env = "snake" };
        Assert.True(Commands(8) < 200);
        Assert.True(Commands(16) > 250);

        int Commands(int agents)
        {
            int[] seeds = [.. Enumerable.Range(0, agents)];
            using var trainer = new Trainer(settings.CreateEnvironment(), settings, MetaGradientMethod.Parse("0"), seeds, device);
            trainer.Step();
            return trainer.CommandCount;
        }
    }

    // A scope around a step ends what the step has made, but not the agent.
    [Fact]
    public void AnAgentOutlivesTheScopesOfItsSteps()
    {
        var settings = new LearningSettings { Envs = 2, Rollout = 4, Frames = 24 };
        using var device = new CpuDevice(1);
        using (var trainer = Trainer.Of(new Corridor(), settings, "1", device: device))
        {
            for (int update = 0; update < 3; update++)
            {
                using var scope = new TensorScope();
                Assert.True(double.IsFinite(trainer.Step()[0].InnerLoss[0]));
            }

            Assert.Equal(3, trainer.State.Number.Item());
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    [Fact]
    public void ATrainerNeedsAnAgent()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new Trainer(
            AnyEnvironment.Of(new Corridor()), s_settings, MetaGradientMethod.Parse("1"), []));

    private static LearningSettings SettingsOf(string kind) => kind switch
    {
        "snake" => s_settings with { Env = kind, Grid = new(4, 5), StepLimit = 6 },
        "catch" => s_settings with { Env = kind, Grid = new(4, 5) },
        "cartpole" => s_settings with { Env = kind, StepLimit = 7 },
        "maze" => s_settings with { Env = kind, Grid = new(5, 6), StepLimit = 5 },
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Give this kind a small board and a low limit here."),
    };

    private static void AssertClose(string name, Tensor expected, Tensor actual)
    {
        if (expected.Type == ElementType.Int32)
            Assert.True(expected.ToStored() == actual.ToStored(), name);
        else
            Assert.True(Close.Difference(expected.ToDoubles(), actual.ToDoubles()) <= 1e-4, name);
    }

    /// <summary>Six cells in a row: the way from the left end to the right one pays 1 and ends the episode.</summary>
    private sealed class Corridor : IEnvironment<Corridor.Place>
    {
        public Shape ObservationShape => [6];

        public int ActionCount => 2;

        public Place Reset(Key key)
        {
            var zero = Tensor.Zeros([], ElementType.Int32, key.Device);
            return new(zero, zero);
        }

        public EnvironmentStep<Place> Step(Place state, Tensor action, Key key)
        {
            Tensor cell = (state.Cell + ((action * 2) - 1)).Clamp(0, 5), steps = state.Steps + 1;
            var arrived = (cell == 5).Cast(ElementType.Float32);
            return new(new(cell, steps), arrived, arrived, (steps >= 50).Cast(ElementType.Float32));
        }

        public Tensor Observe(Place state) => state.Cell.OneHot(6);

        public sealed record Place(Tensor Cell, Tensor Steps);
    }

    private sealed record Straight(Linear Policy, Linear Value) : IActorCritic
    {
        public static Straight Initial(Key key) => new(Linear.Initial(key.Fold(0), 6, 2), Linear.Initial(key.Fold(1), 6, 1));

        public ActorCriticOutput Apply(Tensor observation) => new(Policy.Apply(observation), Value.Apply(observation).Reshape());
    }
}
