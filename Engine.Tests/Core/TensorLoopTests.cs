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
        using var loop = new TensorLoop(
            (carried, inputs) =>
            {
                var (updated, next, loss) = Step(carried[0], OptimiserState.From(carried[1]), inputs[0]);
                return ([updated, next.Tensors, []], [loss, inputs[0] * 2]);
            },
            [parameters, state.Tensors, []]);
        for (int run = 0; run < 6; run++)
        {
            var target = Tensor.Full(run, [], ElementType.Float64);
            (parameters, state, var loss) = Step(parameters, state, target);
            var results = loop.Run(target);
            Assert.Equal([loss.Item(), 2 * run], results.Select(result => result.Item()));
            Assert.Equal([2, 5, 0], loop.Carried.Select(group => group.Length));
            Assert.Equal(Values(parameters), Values(loop.Carried[0]));
            Assert.Equal(Values(state.Tensors), Values(loop.Carried[1]));
        }

        (Tensor[] Parameters, OptimiserState State, Tensor Loss) Step(Tensor[] p, OptimiserState s, Tensor target)
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
        TensorLoop loop;
        using (var outer = new TensorScope())
        {
            var start = Tensor.Full(1, [3], device: device);
            loop = new TensorLoop((carried, inputs) => ([[carried[0][0] + inputs[0]]], [carried[0][0] * 2]), [[start]], device);
        }

        // The start is a copy, and nothing else is left of that scope.
        Assert.Equal(1, device.Pool.LiveBlocks);
        for (int run = 0; run < 5; run++)
        {
            using var scope = new TensorScope();
            Assert.Equal([2 + (2 * run)], loop.Run(Tensor.Full(1, [], device: device))[0].ToDoubles().Distinct());
        }

        Assert.Equal([6, 6, 6], loop.Carried[0][0].ToDoubles());
        int before = device.Pool.LiveBlocks;

        // Without a scope results belong to the caller, one for each run.
        using var one = Tensor.Full(1, [], device: device);
        loop.Run(one)[0].Dispose();
        Assert.Equal(before + 1, device.Pool.LiveBlocks);
        Assert.Equal([7, 7, 7], loop.Carried[0][0].ToDoubles());
        loop.Dispose();
        Assert.Equal(1, device.Pool.LiveBlocks);
    }

    [Fact]
    public void AStepThatCarriesOnOtherThingsIsNamedAndCarriesNothingOn()
    {
        using var scope = new TensorScope();
        var start = Tensor.From(1.0, 2);
        Says("group 0 was (Float64 [2]), but came back as (Float64 [])", _ => [[start.Sum()]]);
        Says("group 0 was (Float64 [2]), but came back as (Float32 [2])", x => [[x.Cast(ElementType.Float32)]]);
        Says("group 0 was (Float64 [2]), but came back as ()", _ => [[]]);
        Says("1 groups were given, but 2 came back", x => [[x], [x]]);
        Says("a value can't be read by the host", x => [[x + x.Sum().Item()]]);

        // After a run too.
        using var loop = new TensorLoop((carried, inputs) => ([[carried[0][0] + inputs[0]]], []), [[start]]);
        loop.Run(Tensor.From(1.0));
        Assert.Throws<ArgumentException>(() => loop.Run(Tensor.From(1.0, 2, 3)));
        Assert.Equal([2, 3], loop.Carried[0][0].ToDoubles());
        loop.Run(Tensor.From(1.0));
        Assert.Equal([3, 4], loop.Carried[0][0].ToDoubles());

        void Says(string part, Func<Tensor, Tensor[][]> step)
        {
            using var failing = new TensorLoop((carried, _) => (step(carried[0][0]), []), [[start]]);
            Assert.Contains(part, Assert.Throws<InvalidOperationException>(() => failing.Run()).Message);
            Assert.Equal([1, 2], failing.Carried[0][0].ToDoubles());
        }
    }

    // A replay of the program would hand on what the recording was given.
    [Fact]
    public void AProgramCannotRunALoop()
    {
        using var scope = new TensorScope();
        using var loop = new TensorLoop((carried, _) => ([[carried[0][0] + 1]], [carried[0][0]]), [[Tensor.From(1.0)]]);
        using var program = new TensorProgram(_ => loop.Run());
        Assert.Contains("can't run a loop", Assert.Throws<InvalidOperationException>(() => program.Run()).Message);
        Assert.Equal([1.0], loop.Carried[0][0].ToDoubles());
        Assert.Equal(1, loop.Run()[0].Item());
    }

    private static double[][] Values(Tensor[] tensors) => [.. tensors.Select(tensor => tensor.ToDoubles())];
}
