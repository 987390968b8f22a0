using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class WrappedOptimiserTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<Optimiser> Inner => [new Sgd(0.05), new RmsProp(0.05), new Adam(0.05, 0.8, 0.95, 1e-4, 1e-3)];

    [Theory]
    [MemberData(nameof(Inner))]
    public void AClippedOptimiserSeesScaledGradients(Optimiser inner)
    {
        // A norm of 10: with limit 2.5 gradients are quartered, with limit 11 left alone.
        Tensor[] parameters = Start(), gradients = [Tensor.From(6.0, 0), Tensor.From(-8.0)];
        Tensor[] quarters = [Tensor.From(1.5, 0), Tensor.From(-2.0)];
        foreach (var (limit, seen) in ((double, Tensor[])[])[(2.5, quarters), (11, gradients)])
        {
            var clipped = new ClippedOptimiser(inner, limit);
            Assert.Equal(inner.SlotsPerParameter, clipped.SlotsPerParameter);
            var state = clipped.Initial(parameters);
            var (found, foundState) = clipped.Update(parameters, gradients, state);
            var (expected, expectedState) = inner.Update(parameters, seen, state);
            Same(expected, found);
            Same(Tree.Leaves(expectedState), Tree.Leaves(foundState));

            var rate = Tensor.Full(0.3, [], ElementType.Float64);
            Same(inner.Update(parameters, seen, state, rate).Parameters, clipped.Update(parameters, gradients, state, rate).Parameters);
        }
    }

    [Theory]
    [MemberData(nameof(Inner))]
    public void AScheduledOptimiserTakesItsStepSizeFromTheStepCount(Optimiser inner)
    {
        var scheduled = new ScheduledOptimiser(inner, Halved);
        Assert.Equal(inner.SlotsPerParameter, scheduled.SlotsPerParameter);
        Tensor[] found = Start(), expected = Start();
        OptimiserState foundState = scheduled.Initial(found), expectedState = inner.Initial(expected);
        for (int step = 0; step < 4; step++)
        {
            Tensor[] gradients = [Tensor.From(1.0 + step, -2), Tensor.From(0.3)];
            var rate = Tensor.Full(0.4 / (step + 1), [], ElementType.Float64);
            (found, foundState) = scheduled.Update(found, gradients, foundState);
            (expected, expectedState) = inner.Update(expected, gradients, expectedState, rate);
            Same(expected, found);
            Same(Tree.Leaves(expectedState), Tree.Leaves(foundState));
            Assert.Equal(step + 1, foundState.Step.Item());
        }

        // A step size that is asked for comes before the schedule's.
        var other = Tensor.Full(0.07, [], ElementType.Float64);
        Tensor[] slopes = [Tensor.From(1.0, 1), Tensor.From(1.0)];
        Same(
            inner.Update(expected, slopes, expectedState, other).Parameters,
            scheduled.Update(found, slopes, foundState, other).Parameters);

        static Tensor Halved(Tensor step, ElementType type) => 0.4 / (step + 1).Cast(type);
    }

    [Theory]
    [MemberData(nameof(Inner))]
    public void DerivativesThroughThreeUpdatesAndASchedule(Optimiser inner)
        => GradientCheck.Check(
            x =>
            {
                // The schedule depends on a tensor too: step sizes may be learned.
                var optimiser = new ScheduledOptimiser(
                    new ClippedOptimiser(inner, 0.6), (step, type) => x[3] / (step + 1).Cast(type));
                Tensor[] parameters = [x[0], x[1]];
                var state = optimiser.Initial(parameters);
                for (int step = 0; step < 3; step++)
                {
                    var loss = ((parameters[0] * x[2]).Sin() + parameters[1].Square()).Sum();
                    (parameters, state) = optimiser.Update(parameters, Gradient.Of(loss, parameters), state);
                }

                return [.. parameters, .. state.Slots];
            },
            [Tensor.From(0.5, -0.7), Tensor.From(0.9), Tensor.From(1.3, 0.8), Tensor.Full(0.1, [], ElementType.Float64)]);

    [Fact]
    public void SchedulesAdvanceInReplays()
    {
        var optimiser = new ClippedOptimiser(new ScheduledOptimiser(new Sgd(9), (n, type) => Schedules.Linear(n, 0.5, 0.1, 4, type)), 1);
        using var program = new TensorProgram<Tensor[], Tensor[]>(x =>
        {
            var (updated, state) = optimiser.Update([x[1]], [Tensor.Full(30, [], ElementType.Float64)], new OptimiserState(x[0], []));
            return [state.Step, .. updated];
        });
        Tensor[] carried = [Tensor.Full(0, [], ElementType.Int32), Tensor.Full(0, [], ElementType.Float64)];
        double expected = 0;
        for (int step = 0; step < 7; step++)
        {
            carried = program.Run(carried);
            expected -= 0.5 - (0.1 * Math.Min(step, 4));
            Assert.Equal(step + 1, carried[0].Item());
            Assert.Equal(expected, carried[1].Item(), 1e-12);
        }
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor[] Start() => [Tensor.From(0.5, -1), Tensor.From(3.0)];

    private static void Same(Tensor[] expected, Tensor[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual))
            Assert.All(e.ToDoubles().Zip(a.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }
}
