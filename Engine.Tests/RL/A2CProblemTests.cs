using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public sealed class A2CProblemTests : IDisposable
{
    private const int Steps = 3;

    private static readonly Snake s_snake = new(4, 4, stepLimit: 6);
    private static readonly Optimiser s_optimiser = new Chain(new ClipByGlobalNorm(0.5), new Adam(0.02, EpsilonRoot: 1e-8));

    // Gamma, lambda and the critic's weight by their logits; the entropy's weight by its logarithm.
    private static readonly double[] s_raw = [1.5, 0.7, 0.2, -3];

    private readonly TensorScope _scope = new();

    public static TheoryData<A2COptions> Options =>
    [
        new A2COptions { RolloutLength = 5 },
        new A2COptions { RolloutLength = 5, FullTarget = true, BootstrapTimeLimit = true, OuterCritic = 0.3, OuterGamma = 0.9 },
    ];

    [Fact]
    public void FreshRolloutsJudgeWithoutChangingTheCourse()
    {
        var setup = new Setup(new A2COptions { RolloutLength = 5 });
        var shared = setup.Branch();
        var fresh = setup.Branch(new BranchOptions(FreshValidation: true));
        for (int i = 0; i < Steps; i++)
        {
            Assert.NotEqual(shared[i].OuterLoss.Item(), fresh[i].OuterLoss.Item());
            Assert.Equal(Values(shared[i].Parameters), Values(fresh[i].Parameters));
            Assert.Equal(Values(Tree.Leaves(shared[i].State)), Values(Tree.Leaves(fresh[i].State)));
            Assert.Equal(Values(shared[i].SamplingState), Values(fresh[i].SamplingState));
            Assert.Equal(Values([shared[i].Rollout.Observations]), Values([fresh[i].Rollout.Observations]));
            Assert.Equal(shared[i].Update.Loss.Item(), fresh[i].Update.Loss.Item());

            // The judge begins where the update's rollout ended, and its numbers are its own.
            Tensor[] theta = fresh[i].Parameters, state = fresh[i].SamplingState;
            var problem = setup.Problem(setup.Raw);
            var (validation, _) = problem.Sample(theta, state, i + 1, validation: true);
            var (training, _) = problem.Sample(theta, state, i + 1, validation: false);
            Assert.Equal(Values([training.Observations[0]]), Values([validation.Observations[0]]));
            Assert.NotEqual(Values([training.Actions]), Values([validation.Actions]));
            Assert.Equal(problem.OuterLoss(theta, validation).Item(), fresh[i].OuterLoss.Item());
        }
    }

    [Fact]
    public void TheRolloutThatJudgesAPointIsTheOneItLearnsFromNext()
    {
        var options = new A2COptions { RolloutLength = 5, OuterGamma = 0.9, OuterLambda = 0.7 };
        var setup = new Setup(options, outerValueHead: true);
        var points = setup.Branch();
        for (int i = 0; i + 1 < Steps; i++)
        {
            var judge = points[i + 1].Rollout.Evaluate(setup.Network, points[i].Parameters);
            Assert.NotNull(judge.OuterValues);
            Assert.Equal(A2C.OuterLoss(judge, 0.9, 0.7).Item(), points[i].OuterLoss.Item());
        }

        // Rollouts go on: each begins with what the last one saw at its end.
        for (int i = 0; i + 1 < Steps; i++)
            Assert.Equal(Values([points[i].Rollout.Observations[^1]]), Values([points[i + 1].Rollout.Observations[0]]));
        var seenLast = points[^1].Rollout.Observations[^1].Cast(ElementType.Float32);
        Assert.Equal(Values([s_snake.Observe(points[^1].SamplingState)]), Values([seenLast]));
    }

    [Fact]
    public void NoTwoRolloutsOfAnIterationShareNumbers()
    {
        var setup = new Setup(new A2COptions { RolloutLength = 5 });
        var problem = setup.Problem(setup.Raw);
        double[][] actions =
        [
            .. from step in Enumerable.Range(0, 4) from validation in (bool[])[false, true]
            select problem.Sample(setup.Parameters, problem.Start, step, validation).Rollout.Actions.ToDoubles(),
        ];
        for (int i = 0; i < actions.Length; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.NotEqual(actions[i], actions[j]);
        }
    }

    [Fact]
    public void TheInnerLossHasTheCriticForTheOuterDiscountIfThereIsAHead()
    {
        var options = new A2COptions { RolloutLength = 5, OuterGamma = 0.9, OuterLambda = 0.7, OuterCritic = 0.3 };
        foreach (bool head in (bool[])[false, true])
        {
            var setup = new Setup(options, outerValueHead: head);
            var problem = setup.Problem(setup.Raw);
            var (data, _) = problem.Sample(setup.Parameters, problem.Start, 0, validation: false);
            var rollout = data.Evaluate(setup.Network, setup.Parameters);
            double plain = A2C.InnerLoss(rollout, Setup.Coefficients(setup.Raw)).Item();
            double more = head ? 0.3 * A2C.OuterCriticLoss(rollout, 0.9, 0.7).Item() : 0;
            Assert.Equal(plain + more, problem.InnerLoss(setup.Parameters, data).Item(), 1e-14);
            var terms = problem.Terms(setup.Parameters, data);
            Assert.Equal(A2C.Terms(rollout, Setup.Coefficients(setup.Raw)).Critic.Item(), terms.Critic.Item());
        }
    }

    [Fact]
    public void ParametersThatDifferInTheLastTensorOnlyAreToldApart()
    {
        var setup = new Setup(new A2COptions { RolloutLength = 5 });
        var problem = setup.Problem(setup.Raw);
        var (data, _) = problem.Sample(setup.Parameters, problem.Start, 0, validation: false);
        double first = problem.InnerLoss(setup.Parameters, data).Item();
        Tensor[] other = [.. setup.Parameters[..^1], setup.Parameters[^1] + Tensor.From(1.0, 0, 0, 0, 0)];
        double second = problem.InnerLoss(other, data).Item();
        Assert.NotEqual(first, second);
        Assert.Equal(setup.Problem(setup.Raw).InnerLoss(other, data).Item(), second);
        Assert.Equal(first, problem.InnerLoss(setup.Parameters, data).Item());
    }

    // The losses hold values constant where the policy's advantage and the critic's target use them. Told plainly, with those values
    // as numbers, they have the same meta-gradients, and those are what finite differences give.
    [Theory]
    [MemberData(nameof(Options))]
    public void MetaGradientsOnFixedDataAreThoseOfFiniteDifferences(A2COptions options)
    {
        var setup = new Setup(options, outerValueHead: options.FullTarget);
        var points = setup.Branch();
        var (last, _) = setup.Problem(setup.Raw).Sample(points[^1].Parameters, points[^1].SamplingState, Steps, validation: false);
        Experience[] data = [.. points.Select(point => point.Rollout), last];
        Assert.Contains(data, rollout => rollout.TimedOut.Sum().Item() > 0);
        Tensor[][] course = [setup.Parameters, .. points.Select(point => point.Parameters)];
        Rollout[] constants = [.. data.Zip(course, (rollout, theta) => Constant(rollout.Evaluate(setup.Network, theta, true)))];
        var state = s_optimiser.Initial(setup.Parameters);
        var plain = Branch(setup.Raw);
        foreach (var (expected, point) in plain.Zip(points))
        {
            Assert.Equal(expected.OuterLoss.Item(), point.OuterLoss.Item(), 1e-13);
            double[] slopes = Gradient.Of(expected.OuterLoss, setup.Raw).ToDoubles();
            Close.All(slopes, Gradient.Of(point.OuterLoss, setup.Raw).ToDoubles(), 1e-11);
        }

        GradientCheck.Check(x => [.. Branch(x[0]).Select(point => point.OuterLoss)], [setup.Raw], order: 1, tolerance: 1e-8);

        BranchPoint[] Branch(Tensor raw) => LookAhead.Branch(
            new Plain(setup.Network, options, Setup.Coefficients(raw), data, constants), s_optimiser, setup.Parameters, state, Steps);

        static Rollout Constant(Rollout rollout) => rollout with
        {
            Values = rollout.Values.StopGradient(),
            OuterValues = rollout.OuterValues?.StopGradient(),
            TimeOutValues = rollout.TimeOutValues?.StopGradient(),
            OuterTimeOutValues = rollout.OuterTimeOutValues?.StopGradient(),
        };
    }

    [Fact]
    public void EachCoefficientMattersToTheMetaGradient()
    {
        var setup = new Setup(new A2COptions { RolloutLength = 5 });
        double[] slopes = Gradient.Of(setup.Branch()[^1].OuterLoss, setup.Raw).ToDoubles();
        Assert.Equal(4, slopes.Length);
        Assert.All(slopes, slope => Assert.True(Math.Abs(slope) > 1e-7, $"{slope}"));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void ForwardModeGivesTheSameMetaGradients(A2COptions options)
    {
        var setup = new Setup(options, outerValueHead: options.FullTarget);
        foreach (bool fresh in (bool[])[false, true])
        {
            var points = setup.Branch(new BranchOptions(FreshValidation: fresh));
            Tensor[] forward = ForwardMode.MetaGradients(
                setup.Problem, setup.Raw, s_optimiser, setup.Parameters, s_optimiser.Initial(setup.Parameters), Steps, fresh);
            Assert.Equal(Steps, forward.Length);
            foreach (var (point, gradient) in points.Zip(forward))
            {
                Assert.Equal(setup.Raw.Shape, gradient.Shape);
                Close.All(Gradient.Of(point.OuterLoss, setup.Raw).ToDoubles(), gradient.ToDoubles(), 1e-10);
            }
        }
    }

    [Fact]
    public void AProgramOverIterationsIsWhatItsStepsAre()
    {
        var setup = new Setup(new A2COptions { RolloutLength = 5 }, ElementType.Float32);
        var eager = new Iteration(setup.Parameters, s_optimiser.Initial(setup.Parameters), setup.Start, null);
        var replayed = eager;
        using var program = new TensorProgram<(Iteration Before, Key Keys), Iteration>(x => Iterate(x.Before, x.Keys));
        for (int iteration = 1; iteration <= 4; iteration++)
        {
            var keys = Key.Of(4).Fold(iteration).Split(Setup.Boards);
            eager = Iterate(eager, keys);
            replayed = program.Run((replayed, keys));
            Assert.Equal(Values(Tree.Leaves(eager)), Values(Tree.Leaves(replayed)));
        }

        Iteration Iterate(Iteration before, Key keys)
        {
            var problem = setup.Problem(setup.Raw, before.Environments, keys);
            var points = LookAhead.Branch(problem, s_optimiser, before.Parameters, before.State, 2);
            var next = points[0];
            var metaGradient = Gradient.Of(points[^1].OuterLoss, setup.Raw);
            var after = new Iteration(next.Parameters, next.State, next.SamplingState, metaGradient);
            return Tree.Map(after, y => y.Type.IsFloat() ? y.StopGradient() : y);
        }
    }

    public void Dispose() => _scope.Dispose();

    private static double[][] Values(Tensor[] tensors) => [.. tensors.Select(tensor => tensor.ToDoubles())];

    // Networks, boards and random numbers of their own: an update of two agents is one batch.
    [Fact]
    public void AgentsInABatchLearnWhatTheyLearnAlone()
    {
        var setup = new Setup(new A2COptions { RolloutLength = 4 });
        var agents = new (Tensor Raw, Key Keys, Tensor[] State, Tensor[] Network)[2];
        for (int agent = 0; agent < 2; agent++)
        {
            var boards = Key.Of(10 + agent).Split(Setup.Boards);
            var network = setup.Network.Initialise(Key.Of(agent), setup.Raw.Type);
            agents[agent] = (setup.Raw + (0.1 * agent), boards, s_snake.Reset(boards), [.. network]);
        }

        var both = Tree.With(agents[0], [.. Tree.Leaves(agents[0]).Zip(Tree.Leaves(agents[1]), (a, b) => Tensor.Stack(0, a, b))]);
        Tensor[] together = Batch.Map(Learn, both), first = Learn(agents[0]), second = Learn(agents[1]);
        for (int i = 0; i < together.Length; i++)
        {
            Close.All(first[i].ToDoubles(), together[i][0].ToDoubles(), 1e-10);
            Close.All(second[i].ToDoubles(), together[i][1].ToDoubles(), 1e-10);
        }

        Assert.Contains(first[^1].ToDoubles(), value => value != 0);

        Tensor[] Learn((Tensor Raw, Key Keys, Tensor[] State, Tensor[] Network) agent)
        {
            var problem = setup.Problem(agent.Raw, agent.State, agent.Keys);
            var points = LookAhead.Branch(problem, s_optimiser, agent.Network, s_optimiser.Initial(agent.Network), 2);
            return [.. points[0].Parameters, .. points[0].SamplingState, Gradient.Of(points[^1].OuterLoss, agent.Raw)];
        }
    }

    private sealed class Setup
    {
        public const int Boards = 6;

        private readonly A2COptions _options;
        private readonly Key _keys = Key.Of(4).Split(Boards);

        public Setup(A2COptions options, ElementType type = ElementType.Float64, bool outerValueHead = false)
        {
            _options = options;
            Network = new MlpActorCritic(s_snake.ObservationShape, s_snake.ActionCount, [6], outerValueHead: outerValueHead);
            Parameters = [.. Network.Initialise(Key.Of(9), type)];
            Raw = Tensor.From(s_raw, [4], type);
            Start = s_snake.Reset(_keys);
        }

        public MlpActorCritic Network { get; }

        public Tensor[] Parameters { get; }

        public Tensor Raw { get; }

        public Tensor[] Start { get; }

        public static A2CCoefficients Coefficients(Tensor raw)
            => new(raw[0].Sigmoid(), raw[1].Sigmoid(), raw[2].Sigmoid(), raw[3].Exp());

        public A2CProblem Problem(Tensor raw) => Problem(raw, Start, _keys);

        public A2CProblem Problem(Tensor raw, Tensor[] start, Key keys)
            => new(s_snake, Network, Coefficients(raw), start, keys, _options);

        public BranchPoint<Experience>[] Branch(BranchOptions? options = null)
            => LookAhead.Branch(Problem(Raw), s_optimiser, Parameters, s_optimiser.Initial(Parameters), Steps, options);
    }

    // Rollout i is recorded, and so are the values at which it is held.
    private sealed class Plain(
        IActorCritic network, A2COptions options, A2CCoefficients eta, Experience[] data, Rollout[] constants) : IMetaProblem<int>
    {
        public Tensor[] Start => [];

        public (int Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation)
            => (step, []);

        public Tensor InnerLoss(IReadOnlyList<Tensor> parameters, int rollout)
        {
            var (now, held) = (Evaluate(parameters, rollout), constants[rollout]);
            var returns = Returns(rollout, held.Values, held.TimeOutValues!, eta.Gamma, eta.Lambda);
            var targets = options.FullTarget ? Returns(rollout, now.Values, now.TimeOutValues!, eta.Gamma, eta.Lambda) : returns;
            var probabilities = Categorical.LogProbabilities(now.Logits);
            var loss = ((targets - now.Values[..^1]).Square().Mean() * eta.Critic / 2)
                - ((returns - held.Values[..^1]) * Categorical.LogProbability(probabilities, now.Actions)).Mean()
                - (Categorical.Entropy(probabilities).Mean() * eta.Entropy);
            return now.OuterValues is null
                ? loss
                : loss + ((OuterReturns(rollout) - now.OuterValues[..^1]).Square().Mean() * (options.OuterCritic / 2));
        }

        public Tensor OuterLoss(IReadOnlyList<Tensor> parameters, int rollout)
        {
            var (now, held) = (Evaluate(parameters, rollout), constants[rollout]);
            var chosen = Categorical.LogProbability(Categorical.LogProbabilities(now.Logits), now.Actions);
            return -((OuterReturns(rollout) - (held.OuterValues ?? held.Values)[..^1]) * chosen).Mean();
        }

        private Rollout Evaluate(IReadOnlyList<Tensor> parameters, int rollout)
            => data[rollout].Evaluate(network, parameters, bootstrapTimeLimit: true);

        private Tensor OuterReturns(int rollout)
        {
            var held = constants[rollout];
            Tensor gamma = Number(options.OuterGamma), lambda = Number(options.OuterLambda);
            return held.OuterValues is null
                ? Returns(rollout, held.Values, held.TimeOutValues!, gamma, lambda)
                : Returns(rollout, held.OuterValues, held.OuterTimeOutValues!, gamma, lambda);

            static Tensor Number(double value) => Tensor.From([value], []);
        }

        private Tensor Returns(int rollout, Tensor values, Tensor timeOutValues, Tensor gamma, Tensor lambda)
        {
            var (rewards, live) = (data[rollout].Rewards, data[rollout].Live);
            return LambdaReturns.Of(
                options.BootstrapTimeLimit ? rewards + (gamma * timeOutValues) : rewards, live, values, gamma, lambda);
        }
    }

    private sealed record Iteration(Tensor[] Parameters, OptimiserState<Tensor[]> State, Tensor[] Environments, Tensor? MetaGradient);
}
