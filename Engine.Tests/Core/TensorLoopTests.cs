using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

public class TensorLoopTests
{
    [Fact]
    public void WhatIsCarriedIsWhatStepsByHandMake()
    {
        using var scope = new TensorScope();
        var adam = new Adam(0.1);
        Tensor[] parameters = [Tensor.From(1.0, -2), Tensor.From(3.0)];
        var state = adam.Initial(parameters);
        using var loop = new TensorLoop<Learner, Tensor, (Tensor Loss, Tensor Twice)>(
            (learner, target) =>
            {
                var (updated, next, loss) = Step(learner.Parameters, learner.State, target);
                return (new(updated, next), (loss, target * 2));
            },
            new(parameters, state));
        for (int run = 0; run < 6; run++)
        {
            var target = Tensor.Full(run, [], ElementType.Float64);
            (parameters, state, var loss) = Step(parameters, state, target);
            var results = loop.Run(target);
            Assert.Equal((loss.Item(), 2.0 * run), (results.Loss.Item(), results.Twice.Item()));
            Assert.Equal(Values(new(parameters, state)), Values(loop.State));
        }

        (Tensor[] Parameters, OptimiserState<Tensor[]> State, Tensor Loss) Step(Tensor[] p, OptimiserState<Tensor[]> s, Tensor target)
        {
            var loss = ((p[0] * p[1].Sin()) - target).Square().Sum();
            var (updated, next) = adam.Update(p, Gradient.Of(loss, p), s);
            return (updated, next, loss);
        }
    }

    [Fact]
    public void WhatIsCarriedOutlivesScopesAndReturnsWithTheLoop()
    {
        using var device = new CpuDevice(1);
        TensorLoop<Tensor, Tensor, Tensor> loop;
        using (var outer = new TensorScope())
        {
            var start = Tensor.Full(1, [3], device: device);
            loop = new((x, input) => (x + input, x * 2), start);
        }

        // The start is a copy, and nothing else is left of that scope.
        Assert.Equal(1, device.Pool.LiveBlocks);
        for (int run = 0; run < 5; run++)
        {
            using var scope = new TensorScope();
            Assert.Equal([2 + (2 * run)], loop.Run(Tensor.Full(1, [], device: device)).ToDoubles().Distinct());
        }

        Assert.Equal([6, 6, 6], loop.State.ToDoubles());
        int before = device.Pool.LiveBlocks;

        // Without a scope results belong to the caller, one for each run.
        using var one = Tensor.Full(1, [], device: device);
        loop.Run(one).Dispose();
        Assert.Equal(before + 1, device.Pool.LiveBlocks);
        Assert.Equal([7, 7, 7], loop.State.ToDoubles());
        loop.Dispose();
        Assert.Equal(1, device.Pool.LiveBlocks);
    }

    [Fact]
    public void AStepThatCarriesOnOtherThingsIsNamedAndCarriesNothingOn()
    {
        using var scope = new TensorScope();
        var start = Tensor.From(1.0, 2);
        Says("was given Item1[0] Float64 [2], but brought back Item1[0] Float64 []", (x, i) => ([x[0].Sum()], i));
        Says("was given Item1[0] Float64 [2], but brought back Item1[0] Float32 [2]", (x, i) => ([x[0].Cast(ElementType.Float32)], i));
        Says("was given Item1[0] Float64 [2], but brought back nothing more", (_, i) => ([], i));
        Says("was given nothing more, but brought back Item1[1] Float64 [2]", (x, i) => ([x[0], x[0]], i));
        Says("other constants", (x, i) => (x, i + 1));
        Says("can't be read while a program is recorded", (x, i) => ([x[0] + x[0].Sum().Item()], i));

        // After a run too.
        using var loop = new TensorLoop<Tensor, Tensor, ValueTuple>((x, input) => (x + input, default), start);
        loop.Run(Tensor.From(1.0));
        Assert.Throws<InvalidOperationException>(() => loop.Run(Tensor.Zeros([2, 2], ElementType.Float64)));
        Assert.Equal([2, 3], loop.State.ToDoubles());
        loop.Run(Tensor.From(1.0));
        Assert.Equal([3, 4], loop.State.ToDoubles());

        void Says(string part, Func<Tensor[], int, (Tensor[], int)> step)
        {
            using var failing = new TensorLoop<(Tensor[], int), ValueTuple, ValueTuple>(
                (x, _) => (step(x.Item1, x.Item2), default), ([start], 1));
            Assert.Contains(part, Assert.Throws<InvalidOperationException>(() => failing.Run(default)).Message);
            Assert.Equal([1, 2], failing.State.Item1[0].ToDoubles());
        }
    }

    // A replay of the program would hand on what the recording was given.
    [Fact]
    public void AProgramCannotRunALoop()
    {
        using var scope = new TensorScope();
        using var loop = new TensorLoop<Tensor, ValueTuple, Tensor>((x, _) => (x + 1, x), Tensor.From(1.0));
        using var program = new TensorProgram<ValueTuple, Tensor>(_ => loop.Run(default));
        Assert.Contains("can't run a loop", Assert.Throws<InvalidOperationException>(() => program.Run(default)).Message);
        Assert.Equal([1.0], loop.State.ToDoubles());
        Assert.Equal(1, loop.Run(default).Item());
    }

    private static double[][] Values(Learner learner) => [.. Tree.Leaves(learner).Select(tensor => tensor.ToDoubles())];

    private sealed record Learner(Tensor[] Parameters, OptimiserState<Tensor[]> State);
}
