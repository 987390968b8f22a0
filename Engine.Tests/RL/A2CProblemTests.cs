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

    [Fact]
    public void FreshRolloutsJudgeWithoutChangingTheCourse()
    {
        var setup = new Setup();
        var shared = setup.Unroll();
        var fresh = setup.Unroll(new(FreshValidation: true));
        for (int i = 0; i < Steps; i++)
        {
            Assert.NotEqual(shared[i].OuterLoss.Item(), fresh[i].OuterLoss.Item());
            Assert.Equal(Values(shared[i].State), Values(fresh[i].State));
            Assert.Equal(Values(shared[i].Rollout), Values(fresh[i].Rollout));
            Assert.Equal(shared[i].Losses.Inner.Item(), fresh[i].Losses.Inner.Item());

            // The judge begins where the update's rollout ended, and its numbers are its own.
            var (theta, _, state) = fresh[i].State;
            var problem = setup.Problem(setup.Raw);
            var (validation, _) = problem.Sample(theta, state, setup.Keys.Fold(~(i + 1)));
            var (training, _) = problem.Sample(theta, state, setup.Keys.Fold(i + 1));
            Assert.Equal(training.Observations[.., 0].ToDoubles(), validation.Observations[.., 0].ToDoubles());
            Assert.NotEqual(training.Actions.ToDoubles(), validation.Actions.ToDoubles());
            Assert.Equal(problem.Losses(theta, validation).Outer.Item(), fresh[i].OuterLoss.Item());
        }
    }

    [Fact]
    public void TheRolloutThatJudgesAPointIsTheOneItLearnsFromNext()
    {
        var setup = new Setup(isElaborate: true);
        var points = setup.Unroll();
        for (int i = 0; i + 1 < Steps; i++)
        {
            double outer = setup.OfEachGame(points[i].State.Parameters, points[i + 1].Rollout).Average(losses => losses.Outer.Item());
            Assert.Equal(outer, points[i].OuterLoss.Item(), 1e-14);
        }

        // Rollouts go on: each begins with what the last one saw at its end.
        for (int i = 0; i + 1 < Steps; i++)
            Assert.Equal(points[i].Rollout.Observations[.., ^1].ToDoubles(), points[i + 1].Rollout.Observations[.., 0].ToDoubles());
        Assert.Equal(
            s_snake.ObserveAll(points[^1].State.Sampling).ToDoubles(), points[^1].Rollout.Observations[.., ^1].ToDoubles());
    }

    [Fact]
    public void NoTwoRolloutsOfALoopShareNumbers()
    {
        var setup = new Setup();
        var problem = setup.Problem(setup.Raw);
        double[][] actions =
        [
            .. from step in Enumerable.Range(0, 4) from number in (int[])[step, ~step]
            select problem.Sample(setup.Network, setup.Start.Sampling, setup.Keys.Fold(number)).Rollout.Actions.ToDoubles(),
        ];
        for (int i = 0; i < actions.Length; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.NotEqual(actions[i], actions[j]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LossesAreMeansOverTheGames(bool isElaborate)
    {
        var setup = new Setup(isElaborate);
        var problem = setup.Problem(setup.Raw);
        var (rollout, _) = problem.Sample(setup.Network, setup.Start.Sampling, setup.Keys);
        var losses = Assert.IsType<A2CLosses>(problem.Losses(setup.Network, rollout));
        double[][] each = [.. setup.OfEachGame(setup.Network, rollout).Select(game => Tree.ToVector(game).ToDoubles())];
        Assert.Equal(Setup.Games, each.Length);
        double[] means = [.. Enumerable.Range(0, 5).Select(i => each.Average(game => game[i]))];
        Close.All(means, Tree.ToVector(losses).ToDoubles(), 1e-14);
    }

    // As of another policy, each step counts by how much likelier that makes its action.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReusedRolloutsHaveImportanceWeights(bool isElaborate)
    {
        var setup = new Setup(isElaborate);
        var problem = setup.Problem(setup.Raw);
        var other = setup.Unroll()[^1].State.Parameters;
        var (rollout, _) = problem.Sample(setup.Network, setup.Start.Sampling, setup.Keys);
        var reused = problem.Reweighted(rollout, setup.Network, other);
        double[] before = Probabilities(setup.Network), after = Probabilities(other), weights = reused.Weights!.ToDoubles();
        Close.All([.. after.Zip(before, (a, b) => a / b)], weights, 1e-10);
        Assert.Contains(weights, weight => Math.Abs(weight - 1) > 1e-3);
        Assert.Equal(Values(rollout), Values(reused with { Weights = null }));

        // The losses of each step by itself, weighed: a rollout with one step's weight alone has that step's part. The entropy is that of
        // all actions.
        double[] whole = Of(reused), plain = Of(rollout), sum = new double[3];
        for (int step = 0; step < weights.Length; step++)
        {
            double[] one = new double[weights.Length];
            one[step] = weights[step];
            var part = (A2CLosses)problem.Losses(other, rollout with { Weights = Tensor.From(one, reused.Weights.Shape) });
            sum = [.. sum.Zip((double[])[part.Outer.Item(), part.Actor.Item(), part.Critic.Item()], (a, b) => a + b)];
        }

        Close.All(sum, whole[1..4], 1e-12);
        Assert.Equal(plain[4], whole[4]);
        Close.All(plain, Of(rollout with { Weights = Tensor.OnesLike(reused.Weights) }), 1e-15);

        // They are constants to derivatives.
        var constant = reused with { Weights = reused.Weights.StopGradient() };
        Assert.Equal(Slopes(constant), Slopes(reused));

        double[][] Slopes(Trajectory of) => Values(Gradient.Of(problem.Losses(other, of).Inner, other));

        double[] Of(Trajectory of) => Tree.ToVector((A2CLosses)problem.Losses(other, of)).ToDoubles();

        double[] Probabilities(IActorCritic network)
        {
            var evaluation = Batch.Map(game => game.Evaluate(network), rollout);
            return Categorical.LogProbability(Categorical.LogProbabilities(evaluation.Logits), rollout.Actions).Exp().ToDoubles();
        }
    }

    // By hand: on the first two rollouts, with the weights that they have along the loop.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReusedRolloutsMakeTheLoopMadeByHand(bool isElaborate)
    {
        var setup = new Setup(isElaborate);
        var points = setup.Unroll(new(Reuse: true));
        IActorCritic[] course = [setup.Network, .. points.Select(point => point.State.Parameters)];
        var problem = setup.Problem(setup.Raw);
        var (first, after) = problem.Sample(course[0], setup.Start.Sampling, setup.Keys.Fold(0));
        var (second, _) = problem.Sample(course[1], after, setup.Keys.Fold(1));
        Trajectory[] learnedFrom = [.. course[..Steps].Select(theta => problem.Reweighted(first, course[0], theta))];
        Trajectory[] evaluated = [.. course[1..].Select(theta => problem.Reweighted(second, course[1], theta))];
        Tensor[] expected = [.. ByHand(setup.Raw)];
        foreach (var (loss, point) in expected.Zip(points))
        {
            Assert.Equal(loss.Item(), point.OuterLoss.Item(), 1e-13);
            Close.All(Gradient.Of(loss, setup.Raw).ToDoubles(), Gradient.Of(point.OuterLoss, setup.Raw).ToDoubles(), 1e-11);
        }

        IEnumerable<Tensor> ByHand(Tensor raw)
        {
            var now = setup.Problem(raw);
            var (theta, state) = (setup.Network, setup.Start.Optimiser);
            for (int i = 0; i < Steps; i++)
            {
                (theta, state, _) = InnerLoop.Update(now, theta, state, now.Losses(theta, learnedFrom[i]));
                yield return now.Losses(theta, evaluated[i]).Outer;
            }
        }
    }

    // After one update nothing has been reused.
    [Fact]
    public void OneStepOnReusedRolloutsIsOneStep()
    {
        var setup = new Setup();
        var (plain, reused) = (setup.Unroll()[0], setup.Unroll(new(Reuse: true)));
        Assert.Equal(plain.OuterLoss.Item(), reused[0].OuterLoss.Item());
        Assert.Equal(Gradient.Of(plain.OuterLoss, setup.Raw).ToDoubles(), Gradient.Of(reused[0].OuterLoss, setup.Raw).ToDoubles());
        Assert.All(reused, point => Assert.Equal(Values(reused[0].Rollout.Actions), Values(point.Rollout.Actions)));
    }

    // The losses hold values constant where the policy's advantage and the critic's target use them. Told plainly, with those values
    // as numbers, they have the same meta-gradients, and those are what finite differences give.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MetaGradientsOnFixedDataAreThoseOfFiniteDifferences(bool isElaborate)
    {
        var setup = new Setup(isElaborate);
        var points = setup.Unroll();
        var (last, _) = setup.Problem(setup.Raw).Sample(points[^1].State.Parameters, points[^1].State.Sampling, setup.Keys.Fold(Steps));
        Trajectory[] data = [.. points.Select(point => point.Rollout), last];
        Assert.Contains(data, rollout => rollout.Truncated.Sum().Item() > 0);
        IActorCritic[] course = [setup.Network, .. points.Select(point => point.State.Parameters)];
        Evaluation[] constants =
        [
            .. data.Zip(
                course, (rollout, theta) => Tree.Map(Batch.Map(game => game.Evaluate(theta, true), rollout), x => x.StopGradient())),
        ];
        var plain = Unroll(setup.Raw);
        foreach (var (expected, point) in plain.Zip(points))
        {
            Assert.Equal(expected.OuterLoss.Item(), point.OuterLoss.Item(), 1e-13);
            double[] slopes = Gradient.Of(expected.OuterLoss, setup.Raw).ToDoubles();
            Close.All(slopes, Gradient.Of(point.OuterLoss, setup.Raw).ToDoubles(), 1e-11);
        }

        GradientCheck.Check(x => [.. Unroll(x[0]).Select(point => point.OuterLoss)], [setup.Raw], order: 1, tolerance: 1e-8);

        InnerPoint<IActorCritic, int, int>[] Unroll(Tensor raw)
        {
            var start = new InnerState<IActorCritic, int>(setup.Network, setup.Start.Optimiser, 0);
            return InnerLoop.Unroll(new Plain(setup, Setup.Coefficients(raw), data, constants), start, Key.Of(0), Steps);
        }
    }

    [Fact]
    public void EachCoefficientMattersToTheMetaGradient()
    {
        var setup = new Setup();
        double[] slopes = Gradient.Of(setup.Unroll()[^1].OuterLoss, setup.Raw).ToDoubles();
        Assert.Equal(4, slopes.Length);
        Assert.All(slopes, slope => Assert.True(Math.Abs(slope) > 1e-7, $"{slope}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ForwardModeGivesTheSameMetaGradients(bool isElaborate)
    {
        var setup = new Setup(isElaborate);
        foreach (bool fresh in (bool[])[false, true])
        {
            var points = setup.Unroll(new(FreshValidation: fresh));
            var (losses, gradients, first) = ForwardMode.MetaGradients(
                setup.Problem, setup.Raw, setup.Start, setup.Keys, Steps, fresh);
            Assert.Equal(points.Select(point => point.OuterLoss.Item()), losses.Select(loss => loss.Item()));
            Assert.Equal(Values(points[0].State), Values(first.State));
            Assert.Equal(Values(points[0].Rollout), Values(first.Rollout));
            Assert.Equal(Steps, gradients.Length);
            foreach (var (point, gradient) in points.Zip(gradients))
            {
                Assert.Equal(setup.Raw.Shape, gradient.Shape);
                Close.All(Gradient.Of(point.OuterLoss, setup.Raw).ToDoubles(), gradient.ToDoubles(), 1e-10);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MixedModeGivesTheSameMetaGradients(bool isElaborate)
    {
        var setup = new Setup(isElaborate);
        UnrollOptions[] all =
        [
            new(), new(FreshValidation: true), new(Trace: 0.7), new(Trace: 0.7, FreshValidation: true), new(Reuse: true),
            new(Hessian: false),
        ];
        foreach (var options in all)
        {
            var points = setup.Unroll(options);
            var mixed = setup.Unroll(options with { Memory = LoopMemory.Mixed });
            foreach (var (expected, actual) in points.Zip(mixed))
            {
                Assert.Equal(Values(expected), Values(actual));
                Assert.IsType<A2CLosses>(actual.Losses);
                Close.All(Of(expected.OuterLoss), Of(actual.OuterLoss), 1e-10);
            }

            Close.All(Of(Mix(points)), Of(Mix(mixed)), 1e-10);
        }

        static Tensor Mix(IEnumerable<InnerPoint<IActorCritic, Tensor, Trajectory>> points)
            => Mixing.Mix([.. points.Select(point => point.OuterLoss)], 0.7);

        double[] Of(Tensor loss) => Gradient.Of(loss, setup.Raw).ToDoubles();
    }

    [Fact]
    public void AProgramOverIterationsIsWhatItsStepsAre()
    {
        var setup = new Setup(type: ElementType.Float32);
        var eager = new Iteration(setup.Start, null);
        var replayed = eager;
        using var program = new TensorProgram<(Iteration Before, Key Keys), Iteration>(x => Iterate(x.Before, x.Keys));
        for (int iteration = 1; iteration <= 4; iteration++)
        {
            var keys = Key.Of(4).Fold(iteration).Split(Setup.Games);
            eager = Iterate(eager, keys);
            replayed = program.Run((replayed, keys));
            Assert.Equal(Values(eager), Values(replayed));
        }

        Iteration Iterate(Iteration before, Key keys)
        {
            var points = InnerLoop.Unroll(setup.Problem(setup.Raw), before.Inner, keys, 2);
            var after = new Iteration(points[0].State, Gradient.Of(points[^1].OuterLoss, setup.Raw));
            return Tree.Map(after, y => y.Type.IsFloat() ? y.StopGradient() : y);
        }
    }

    // Networks, boards and random numbers of their own: an update of two agents is one batch.
    [Fact]
    public void AgentsInABatchLearnWhatTheyLearnAlone()
    {
        var setup = new Setup();
        var agents = new (Tensor Raw, Key Keys, InnerState<IActorCritic, Tensor> Inner)[2];
        for (int agent = 0; agent < 2; agent++)
        {
            var keys = Key.Of(10 + agent).Split(Setup.Games);
            IActorCritic network = Setup.First(Key.Of(agent), setup.Raw.Type);
            agents[agent] = (setup.Raw + (0.1 * agent), keys, new(network, s_optimiser.Initial(network), s_snake.ResetAll(keys)));
        }

        var both = Tree.With(agents[0], [.. Tree.Leaves(agents[0]).Zip(Tree.Leaves(agents[1]), (a, b) => Tensor.Stack(0, a, b))]);
        Tensor[] together = Batch.Map(Learn, both), first = Learn(agents[0]), second = Learn(agents[1]);
        for (int i = 0; i < together.Length; i++)
        {
            Close.All(first[i].ToDoubles(), together[i][0].ToDoubles(), 1e-10);
            Close.All(second[i].ToDoubles(), together[i][1].ToDoubles(), 1e-10);
        }

        Assert.Contains(first[^1].ToDoubles(), value => value != 0);

        Tensor[] Learn((Tensor Raw, Key Keys, InnerState<IActorCritic, Tensor> Inner) agent)
        {
            var points = InnerLoop.Unroll(setup.Problem(agent.Raw), agent.Inner, agent.Keys, 2);
            return [.. Tree.Leaves(points[0].State), Gradient.Of(points[^1].OuterLoss, agent.Raw)];
        }
    }

    public void Dispose() => _scope.Dispose();

    private static double[][] Values<T>(T tree) => [.. Tree.Leaves(tree).Select(tensor => tensor.ToDoubles())];

    private sealed class Setup
    {
        public const int Games = 6;

        /// <summary>Makes a learner; an elaborate one has a head for the outer discount, and all that can be chosen is.</summary>
        public Setup(bool isElaborate = false, ElementType type = ElementType.Float64)
        {
            IsElaborate = isElaborate;
            Options = isElaborate
                ? new A2COptions { FullTarget = true, OuterCritic = 0.3, OuterGamma = 0.9, OuterLambda = 0.7 }
                : new A2COptions();
            Network = First(Key.Of(9), type, isElaborate);
            Raw = Tensor.From(s_raw, [4], type);
            Keys = Key.Of(4).Split(Games);
            Start = new(Network, s_optimiser.Initial(Network), s_snake.ResetAll(Keys));
        }

        public A2COptions Options { get; }

        public bool IsElaborate { get; }

        public IActorCritic Network { get; }

        public Tensor Raw { get; }

        public Key Keys { get; }

        public InnerState<IActorCritic, Tensor> Start { get; }

        public static A2CCoefficients Coefficients(Tensor raw)
            => new(raw[0].Sigmoid(), raw[1].Sigmoid(), raw[2].Sigmoid(), raw[3].Exp());

        // Smooth, as finite differences need it.
        public static ActorCritic First(Key key, ElementType type, bool outerValueHead = false)
        {
            var trunk = MlpTrunk.Initial(key.Fold(0), [s_snake.ObservationShape.ElementCount, 6], Activation.Tanh, type);
            return ActorCritic.Initial(key, trunk, 6, [], s_snake.ActionCount, outerValueHead, type);
        }

        public A2CProblem<Tensor> Problem(Tensor raw)
            => new(s_snake, s_optimiser, Coefficients(raw), rolloutLength: 5, Options, bootstrapTruncated: IsElaborate);

        public InnerPoint<IActorCritic, Tensor, Trajectory>[] Unroll(UnrollOptions? options = null)
            => InnerLoop.Unroll(Problem(Raw), Start, Keys, Steps, options);

        public IEnumerable<A2CLosses> OfEachGame(IActorCritic network, Trajectory rollout)
            => Enumerable.Range(0, rollout.Actions.Shape[0]).Select(
                game => A2C.Losses(Tree.Map(rollout, x => x[game]).Evaluate(network, IsElaborate), Coefficients(Raw), Options));
    }

    // Rollout i is recorded, and so are the values at which it is held.
    private sealed class Plain(Setup setup, A2CCoefficients eta, Trajectory[] data, Evaluation[] constants)
        : IMetaProblem<IActorCritic, int, int>
    {
        public Optimiser Optimiser => s_optimiser;

        public (int Rollout, int Next) Sample(IActorCritic parameters, int state, Key key) => (state, state + 1);

        public RolloutLosses Losses(IActorCritic parameters, int rollout)
            => Tree.Map(
                Batch.Map(
                    game => OfOne(game.Data.Evaluate(parameters, bootstrapTruncated: true), game.Held),
                    (Data: data[rollout], Held: constants[rollout])),
                loss => loss.Mean());

        private RolloutLosses OfOne(Evaluation now, Evaluation held)
        {
            var options = setup.Options;
            var returns = Returns(now, held.Values, held.TruncatedValues!, eta.Gamma, eta.Lambda);
            var targets = options.FullTarget ? Returns(now, now.Values, now.TruncatedValues!, eta.Gamma, eta.Lambda) : returns;
            var probabilities = Categorical.LogProbabilities(now.Logits);
            var chosen = Categorical.LogProbability(probabilities, now.Actions);
            var inner = ((targets - now.Values[..^1]).Square().Mean() * eta.Critic / 2)
                - ((returns - held.Values[..^1]) * chosen).Mean()
                - (Categorical.Entropy(probabilities).Mean() * eta.Entropy);
            var (values, beyond) = held.OuterValues is null
                ? (held.Values, held.TruncatedValues!)
                : (held.OuterValues, held.OuterTruncatedValues!);
            var outerReturns = Returns(now, values, beyond, Number(options.OuterGamma), Number(options.OuterLambda));
            if (now.OuterValues is not null)
                inner += (outerReturns - now.OuterValues[..^1]).Square().Mean() * (options.OuterCritic / 2);
            return new(inner, -((outerReturns - values[..^1]) * chosen).Mean());

            static Tensor Number(double value) => Tensor.From([value], []);
        }

        private Tensor Returns(Evaluation x, Tensor values, Tensor beyond, Tensor gamma, Tensor lambda)
            => LambdaReturns.Of(setup.IsElaborate ? x.Rewards + (gamma * beyond) : x.Rewards, x.Live, values, gamma, lambda);
    }

    private sealed record Iteration(InnerState<IActorCritic, Tensor> Inner, Tensor? MetaGradient);
}
