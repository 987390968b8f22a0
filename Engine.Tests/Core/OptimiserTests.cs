using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class OptimiserTests : IDisposable
{
    private const double Rate = 0.05;
    private readonly TensorScope _scope = new();

    public static TheoryData<Optimiser> Optimisers =>
    [
        new Sgd(Rate),
        new RmsProp(Rate, 0.8, 1e-4, 1e-3),
        new Adam(Rate, 0.8, 0.95, 1e-4, 1e-3),
        new Adam(Rate, 0, 0.95, 1e-4, 1e-3),
    ];

    [Fact]
    public void SgdEqualsAScalarLoop() => Follows(new Sgd(Rate), (p, g, _, _, _) => p - (Rate * g));

    [Fact]
    public void RmsPropEqualsAScalarLoop()
        => Follows(new RmsProp(Rate, 0.8, 1e-4, 1e-3), (p, g, _, slots, i) =>
        {
            slots[i] = (0.8 * slots[i]) + (0.2 * g * g);
            return p - (Rate * g / (Math.Sqrt(slots[i] + 1e-3) + 1e-4));
        });

    [Fact]
    public void AdamEqualsAScalarLoop()
        => Follows(new Adam(Rate, 0.8, 0.95, 1e-4, 1e-3), (p, g, step, slots, i) =>
        {
            slots[i] = (0.8 * slots[i]) + (0.2 * g);
            slots[i + 5] = (0.95 * slots[i + 5]) + (0.05 * g * g);
            double m = slots[i] / (1 - Math.Pow(0.8, step)), v = slots[i + 5] / (1 - Math.Pow(0.95, step));
            return p - (Rate * m / (Math.Sqrt(v + 1e-3) + 1e-4));
        });

    [Fact]
    public void DefaultAdamTakesAFirstStepOfTheLearningRate()
    {
        var optimiser = new Adam(0.01);
        Tensor[] parameters = [Tensor.From(1.0, 2)];
        var (updated, _) = optimiser.Update(parameters, [Tensor.From(100.0, -3)], optimiser.Initial(parameters));
        Assert.Equal(0.99, updated[0].ToDoubles()[0], 1e-8);
        Assert.Equal(2.01, updated[0].ToDoubles()[1], 1e-8);
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void GradientsAndStatesThatDoNotFitAreErrors(Optimiser optimiser)
    {
        Tensor[] p = [Tensor.From(1.0, 2), Tensor.From(3.0)];
        var state = optimiser.Initial(p);
        Says("there are 1 gradients for 2 parameters", optimiser, [p[0]], state);
        Says("parameter [1] of shape [1] has a gradient of shape [2]", optimiser, [p[0], p[0]], state);
        Says("a learning rate of shape [2] does not broadcast to parameter [1] of shape [1]", optimiser.At(p[0]), p, state);
        Optimiser other = optimiser is Sgd ? new RmsProp(Rate) : new Sgd(Rate);
        Says($"the state is {other.GetType().Name}State: make it with Initial", optimiser, p, other.Initial(p));
        Tensor[] averages = state.Averages();
        for (int i = 0; i < averages.Length; i++)
        {
            Tensor[] wrong = [.. averages];
            wrong[i] = Tensor.Zeros([2, 1], ElementType.Float64);
            Says("moment of shape [2, 1]", optimiser, p, optimiser.State(p, state.Step, wrong));
        }

        Assert.Throws<ArgumentException>(() => optimiser.Initial(Array.Empty<Tensor>()));

        void Says(string part, Optimiser some, Tensor[] gradients, OptimiserState<Tensor[]> given)
            => Assert.Contains(part, Assert.Throws<ArgumentException>(() => some.Update(p, gradients, given)).Message);
    }

    [Fact]
    public void OptionsOutOfRangeAreNamed()
    {
        double[] bad = [double.NaN, -1, double.PositiveInfinity];
        foreach (double value in bad)
        {
            Says("LearningRate must be a finite number from 0 up", () => new Sgd(value));
            Says("LearningRate", () => new Adam(value));
            Says("LearningRate", () => new RmsProp(value));
            Says("LearningRate", () => new Sgd(1) with { LearningRate = value });
            Says("Epsilon must be a finite number from 0 up", () => new Adam(1, Epsilon: value));
            Says("EpsilonRoot must", () => new Adam(1, EpsilonRoot: value));
            Says("Epsilon must", () => new RmsProp(1, Epsilon: value));
            Says("EpsilonRoot must", () => new RmsProp(1, EpsilonRoot: value));
        }

        foreach (double value in (double[])[.. bad, 1, 2])
        {
            Says("Beta1 must be from 0 to below 1", () => new Adam(1, Beta1: value));
            Says("Beta2 must be from 0 to below 1", () => new Adam(1, Beta2: value));
            Says("Beta2", () => new Adam(1) with { Beta2 = value });
            Says("Decay must be from 0 to below 1", () => new RmsProp(1, value));
        }

        foreach (double value in (double[])[double.NaN, -1, 0])
        {
            Says("Limit must be above 0", () => new Chain(new ClipByGlobalNorm(value), new Sgd(1)));
            Says("Limit", () => new Chain(new ClipByGlobalNorm(1) with { Limit = value }, new Sgd(1)));
        }

        var (adam, same) = (new Adam(0.1), new Adam(0.2) with { LearningRate = 0.1 });
        Assert.Equal(adam, same);

        static void Says(string part, Func<Optimiser> create)
            => Assert.Contains(part, Assert.Throws<ArgumentOutOfRangeException>(create).Message);
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void ALearningRateTensorEqualsTheNumber(Optimiser optimiser)
    {
        var rate = Tensor.Full(Rate, [], ElementType.Float64);
        var (number, tensor) = (Start(), Start());
        var (numberState, tensorState) = (optimiser.Initial(number), optimiser.Initial(tensor));
        for (int step = 1; step <= 4; step++)
        {
            (number, numberState) = optimiser.Update(number, Slopes(number, step), numberState);
            (tensor, tensorState) = optimiser.At(rate).Update(tensor, Slopes(tensor, step), tensorState);
            for (int i = 0; i < number.Length; i++)
                Assert.All(number[i].ToDoubles().Zip(tensor[i].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        }
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void DerivativesThroughThreeUpdates(Optimiser optimiser)
        => GradientCheck.Check(
            x =>
            {
                Tensor[] parameters = [x[0], x[1]];
                var state = optimiser.Initial(parameters);
                for (int step = 0; step < 3; step++)
                {
                    var loss = ((parameters[0] * x[2]).Sin() + parameters[1].Square()).Sum();
                    (parameters, state) = optimiser.At(x[3]).Update(parameters, Gradient.Of(loss, parameters), state);
                }

                return [.. parameters, .. state.Averages()];
            },
            [Tensor.From(0.5, -0.7), Tensor.From(0.9), Tensor.From(1.3, 0.8), Tensor.Full(0.1, [], ElementType.Float64)]);

    [Fact]
    public void ADetachedDenominatorIsAConstant()
    {
        // From nothing, Adam's first update is the sign of a gradient and RMSProp's that by sqrt(1 - decay).
        Check(new Adam(Rate), new Adam(Rate, DetachDenominator: true), 1);
        Check(new RmsProp(Rate, Decay: 0.75), new RmsProp(Rate, Decay: 0.75, DetachDenominator: true), 2);

        static void Check(Optimiser plain, Optimiser detached, double first)
        {
            Tensor[] parameters = [Tensor.From(1.0)];
            var g = Tensor.From(0.3);
            var (byPlain, _) = plain.Update(parameters, [g], plain.Initial(parameters));
            var (byDetached, _) = detached.Update(parameters, [g], detached.Initial(parameters));
            Assert.Equal(byPlain[0].Item(), byDetached[0].Item());
            Assert.Equal(-Rate * first / 0.3, Gradient.Of(byDetached[0], g).Item(), 1e-6);
            Assert.Equal(0, Gradient.Of(byPlain[0], g).Item(), 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void StatesPassThroughPrograms(Optimiser optimiser)
    {
        var (eager, replayed) = (Start(), Start());
        var eagerState = optimiser.Initial(eager);
        var replayedState = optimiser.Initial(replayed);
        using var program = new TensorProgram<Learner, Learner>(x =>
        {
            var (parameters, state) = x;
            var gradients = Gradient.Of((parameters[0].Sin().Sum() * parameters[1].Exp()).Sum(), parameters);
            (parameters, state) = optimiser.Update(parameters, gradients, state);
            return new(parameters, state);
        });
        for (int step = 1; step <= 5; step++)
        {
            var gradients = Gradient.Of((eager[0].Sin().Sum() * eager[1].Exp()).Sum(), eager);
            (eager, eagerState) = optimiser.Update(eager, gradients, eagerState);
            (replayed, replayedState) = program.Run(new(replayed, replayedState));
            Assert.Equal(step, replayedState.Step.Item());
            Assert.Equal(eager.SelectMany(p => p.ToDoubles()), replayed.SelectMany(p => p.ToDoubles()));
            Assert.Equal(eagerState.Averages().SelectMany(s => s.ToDoubles()), replayedState.Averages().SelectMany(s => s.ToDoubles()));
        }
    }

    [Fact]
    public void NormsWithinTheLimitAreLeftAlone()
    {
        Tensor[] gradients = [Tensor.From(3.0, 0), Tensor.From(4.0)];
        var (clipped, norm) = Clip.ByGlobalNorm(gradients, 5);
        Assert.Equal(5, norm.Item(), 1e-12);
        Assert.Equal([3.0, 0, 4], clipped.SelectMany(g => g.ToDoubles()));
        GradientCheck.Check(x => Clip.ByGlobalNorm(x, 5.1).Gradients, gradients);
    }

    [Fact]
    public void NormsAboveTheLimitAreScaledTogether()
    {
        Tensor[] gradients = [Tensor.From(3.0, 0), Tensor.From(4.0)];
        var (clipped, norm) = Clip.ByGlobalNorm(gradients, 2.5);
        Assert.Equal(5, norm.Item(), 1e-12);
        double[] values = [.. clipped.SelectMany(g => g.ToDoubles())];
        Assert.All(values.Zip([1.5, 0, 2]), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
        GradientCheck.Check(x => Clip.ByGlobalNorm(x, 2.5).Gradients, gradients);
    }

    [Fact]
    public void ANormOfZeroHasFiniteDerivatives()
    {
        Tensor[] gradients = [Tensor.Zeros([2], ElementType.Float64), Tensor.Zeros([], ElementType.Float64)];
        var (clipped, norm) = Clip.ByGlobalNorm(gradients, 1);
        Assert.Equal(0, norm.Item());
        Assert.All(clipped, g => Assert.All(g.ToDoubles(), value => Assert.Equal(0, value)));
        GradientCheck.Check(x => Clip.ByGlobalNorm(x, 1).Gradients, gradients, order: 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => Clip.ByGlobalNorm(gradients, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Clip.ByGlobalNorm(gradients, double.NaN));
    }

    [Theory]
    [InlineData(ElementType.Float32, 3e25)]
    [InlineData(ElementType.Float32, 1e-30)]
    [InlineData(ElementType.Float64, 3e200)]
    [InlineData(ElementType.Float64, 1e-200)]
    public void NormsAreThoseOfNumbersWhoseSquaresAreNoNumbers(ElementType type, double size)
    {
        Tensor[] gradients = [Tensor.From([3 * size, 0], [2], type), Tensor.From([-4 * size], [1], type), Tensor.Zeros([0], type)];
        double limit = size / 2;
        var (clipped, norm) = Clip.ByGlobalNorm(gradients, limit);
        Assert.Equal(1, norm.Item() / (5 * size), 1e-6);
        double[] shares = [.. clipped.SelectMany(g => g.ToDoubles()).Select(value => value / size)];
        Assert.All(shares.Zip([0.3, 0, -0.4]), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        var (same, _) = Clip.ByGlobalNorm(gradients, 6 * size);
        Assert.Equal(gradients.SelectMany(g => g.ToDoubles()), same.SelectMany(g => g.ToDoubles()));
    }

    [Theory]
    [InlineData(double.PositiveInfinity, 3.0)]
    [InlineData(1.0, 1e-42)]
    public void NothingInfiniteComesUpWhereNothingIsScaled(double limit, double size)
    {
        using var scope = new TensorScope(checkFinite: true);
        Tensor[] gradients = [Tensor.From((float)size)];
        Assert.Equal((float)size, Clip.ByGlobalNorm(gradients, limit).Gradients[0].Item());
    }

    // As in Optax and PyTorch.
    [Fact]
    public void WhatIsNotFiniteSpoilsAllThatIsScaled()
    {
        var rest = Tensor.From(3.0);
        double[] Clipped(double value)
            => [.. Clip.ByGlobalNorm<Tensor[]>([Tensor.From(value, 1), rest], 2).Gradients.SelectMany(g => g.ToDoubles())];
        Assert.Equal([double.NaN, double.NaN, double.NaN], Clipped(double.NaN));
        Assert.Equal([double.NaN, 0, 0], Clipped(double.PositiveInfinity));
        Assert.Equal([double.NaN, 0, 0], Clipped(double.NegativeInfinity));
        Assert.Throws<ArgumentException>(() => Clip.ByGlobalNorm<Tensor[]>([], 1));
    }

    [Theory]
    [InlineData(1, 1e-9)]
    [InlineData(0.1, 1e-9)]
    [InlineData(1e-3, 0)]
    [InlineData(0.3, 0.7)]
    [InlineData(-3, 1e7)]
    public void SchedulesStartAndEndExactly(double start, double end)
    {
        foreach (var type in new[] { ElementType.Float32, ElementType.Float64 })
        {
            double[] ends = Tensor.From([start, end], [2], type).ToDoubles();
            foreach (int steps in (int[])[1, 3, 49, 1_000_000])
            {
                foreach (var schedule in (Func<double, double, int, Schedule>[])[Schedules.Linear, Schedules.Cosine])
                {
                    Assert.Equal(ends[0], At(0));
                    Assert.Equal(ends[1], At(steps));
                    Assert.Equal(ends[1], At(steps + 7));
                    Assert.InRange(At(steps / 2), Math.Min(ends[0], ends[1]), Math.Max(ends[0], ends[1]));

                    double At(int step) => schedule(start, end, steps)(Tensor.Full(step, [], ElementType.Int32), type).Item();
                }
            }
        }
    }

    [Fact]
    public void SchedulesGoFromStartToEndAndStayThere()
    {
        foreach (var type in new[] { ElementType.Float32, ElementType.Float64 })
        {
            double tolerance = type == ElementType.Float32 ? 1e-6 : 1e-13;
            for (int step = 0; step <= 60; step += 7)
            {
                var now = Tensor.Full(step, [], ElementType.Int32);
                double done = Math.Min(1, step / 49.0);
                var linear = Schedules.Linear(2, 0.5, 49)(now, type);
                Assert.Equal(type, linear.Type);
                Assert.Equal(2 - (1.5 * done), linear.Item(), tolerance);
                Assert.Equal(1.25 + (0.75 * Math.Cos(Math.PI * done)), Schedules.Cosine(2, 0.5, 49)(now, type).Item(), tolerance);
            }

            Assert.Equal(0.5, Schedules.Linear(2, 0.5, 49)(Tensor.Full(50, [], ElementType.Int32), type).Item());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Schedules.Linear(1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedules.Cosine(1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedules.Linear(double.NaN, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedules.Cosine(1, 1 / 0.0, 1));
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor[] Start() => [Tensor.From([0.5, -1, 2, 0], [2, 2]), Tensor.From(3.0)];

    private static double Slope(double parameter, int step) => Math.Sin(parameter + step) * 2;

    private static Tensor[] Slopes(Tensor[] parameters, int step)
        => [.. parameters.Select(p => Tensor.From([.. p.ToDoubles().Select(value => Slope(value, step))], p.Shape))];

    private static void Follows(Optimiser optimiser, Func<double, double, int, double[], int, double> rule)
    {
        var parameters = Start();
        var state = optimiser.Initial(parameters);
        double[] expected = [.. parameters.SelectMany(p => p.ToDoubles())];
        double[] slots = new double[2 * expected.Length];
        for (int step = 1; step <= 6; step++)
        {
            (parameters, state) = optimiser.Update(parameters, Slopes(parameters, step), state);
            for (int i = 0; i < expected.Length; i++)
                expected[i] = rule(expected[i], Slope(expected[i], step), step, slots, i);
            double[] found = [.. parameters.SelectMany(p => p.ToDoubles())];
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.All(slots.Zip(state.Averages().SelectMany(s => s.ToDoubles())), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.Equal(step, state.Step.Item());
        }
    }

    private sealed record Learner(Tensor[] Parameters, OptimiserState<Tensor[]> State);
}
