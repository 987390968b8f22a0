using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Tests.RL;
using Xunit;

namespace Engine.Tests.Core;

public sealed class GradientCheckpointTests : IDisposable
{
    private readonly TensorScope _scope = new();
    private readonly Tensor _x = Tensor.From([0.3, -0.7, 0.2, 0.9, -0.1, 0.4], [3, 2]);
    private readonly Tensor _weights = Tensor.From([0.5, 0.1, -0.3, 0.8], [2, 2]);
    private readonly Tensor _index = Tensor.From(2, 0);

    [Fact]
    public void DerivativesAreThoseOfTheFunction()
    {
        GradientCheck.Check(at => Use(at[0], at[1], _index, checkpoint: true), [_x, _weights], order: 3);
        foreach (var (a, b) in Derivatives(_x, _weights, _index, false).Zip(Derivatives(_x, _weights, _index, true)))
            Close.All(a.ToDoubles(), b.ToDoubles(), 1e-12);
    }

    // Taken within the map, in what a member has of its own and in what all share, in nested maps, and from outside.
    [Fact]
    public void TheyAreTheSameInMapsAndPrograms()
    {
        var xs = Tensor.Stack(0, _x, _x * 0.5, _x + 0.3);
        var own = Tensor.Stack(0, _weights, _weights.Sin(), _weights.Cos()).StopGradient();
        using var program = new TensorProgram<(Tensor, Tensor, Tensor, Tensor), Tensor[]>(Checkpointed);
        var inputs = (xs, own, _weights, _index);
        var expected = Of(inputs, checkpoint: false);
        foreach (var found in (Tensor[][])[Checkpointed(inputs), program.Run(inputs), program.Run(inputs), program.Run(inputs)])
        {
            Assert.Equal(expected.Select(y => y.Shape), found.Select(y => y.Shape));
            foreach (var (a, b) in expected.Zip(found))
                Close.All(a.ToDoubles(), b.ToDoubles(), 1e-12);
        }

        static Tensor[] Checkpointed((Tensor Xs, Tensor Own, Tensor Weights, Tensor Index) x) => Of(x, checkpoint: true);

        static Tensor[] Of((Tensor Xs, Tensor Own, Tensor Weights, Tensor Index) x, bool checkpoint)
        {
            var both = (x.Xs, x.Own);
            Tensor[] shared = Batch.Map(at => Derivatives(at, x.Weights, x.Index, checkpoint), x.Xs);
            Tensor[] owned = Batch.Map(at => Derivatives(at.Xs, at.Own, x.Index, checkpoint), both);
            Tensor[] nested = Batch.Map(w => Batch.Map(at => Derivatives(at, w, x.Index, checkpoint), x.Xs), x.Own);
            var outside = Batch.Map(
                at => Use(at.Xs, at.Own, x.Index, checkpoint)[0].Sum() + Use(at.Xs, x.Weights, x.Index, checkpoint)[1].Sum(), both);
            var first = Gradient.Of(outside.Square().Sum(), (x.Xs, x.Own, x.Weights));
            var second = Gradient.Of(first.Xs.Square().Sum() + first.Weights.Sin().Sum(), (x.Xs, x.Own, x.Weights));
            return [.. shared, .. owned, .. nested, .. Tree.Leaves(first), .. Tree.Leaves(second)];
        }
    }

    [Fact]
    public void WithinAnotherOneTensorsFromOutsideOfBothHaveTheirDerivatives()
    {
        var slopes = Gradient.Of(Of(Gradient.Checkpoint, Gradient.Checkpoint), (_x, _weights));
        var expected = Gradient.Of(Of((f, x) => f(x), (f, x) => f(x)), (_x, _weights));
        Close.All(expected._x.ToDoubles(), slopes._x.ToDoubles(), 1e-13);
        Close.All(expected._weights.ToDoubles(), slopes._weights.ToDoubles(), 1e-13);

        Tensor Of(Func<Func<Tensor, Tensor>, Tensor, Tensor> outer, Func<Func<Tensor, Tensor>, Tensor, Tensor> inner)
        {
            var scaled = _weights.Exp();
            return outer(x => inner(y => y.MatMul(scaled) * _x.Sum(), x.Sin() * x) + scaled.Sum(), _x.Cos()).Square().Sum();
        }
    }

    // The inner gradient of a meta-gradient is taken in the function, in its own input.
    [Fact]
    public void GradientsInTheFunctionAreInItsInputs()
    {
        var rate = Tensor.From(0.1).Reshape();
        var moved = Gradient.Checkpoint(x => x - (rate * Gradient.Of((x.Exp() * _weights.Sum()).Sum(), x)), _x);
        var plain = _x - (rate * Gradient.Of((_x.Exp() * _weights.Sum()).Sum(), _x));
        var slopes = Gradient.Of(moved.Square().Sum(), (_x, _weights, rate));
        var expected = Gradient.Of(plain.Square().Sum(), (_x, _weights, rate));
        Assert.All(Tree.Leaves(expected).Zip(Tree.Leaves(slopes)), x => Close.All(x.First.ToDoubles(), x.Second.ToDoubles(), 1e-13));
    }

    [Fact]
    public void AGradientInATensorFromOutsideIsRefusedWhereTheWayToItIsCut()
    {
        var (made, x) = (_weights.Exp(), _x.Sin());
        Func<Tensor, Tensor>[] cut =
        [
            y => Gradient.Of((y * made.Sum()).Sum(), _weights),
            y => Gradient.Of(y.Square().Sum(), x),
            y => Gradient.Of(y.Square().Sum(), _x),
        ];
        foreach (var function in cut)
        {
            var error = Assert.Throws<InvalidOperationException>(() => Gradient.Checkpoint(function, x));
            Assert.Contains("takes a derivative in a tensor from outside, Float64 [", error.Message);
            Assert.EndsWith("take it in an input, and make there what depends on that.", error.Message);
        }

        // With a way there it is as it should be.
        var whole = Gradient.Checkpoint(y => Gradient.Of((y.Sum() * _weights.Exp()).Sum(), _weights), x);
        Close.All((x.Sum() * _weights.Exp()).ToDoubles(), whole.ToDoubles(), 1e-14);
    }

    [Fact]
    public void AFunctionThatUsesOtherTensorsWhenItIsRunAgainIsRefused()
    {
        int runs = 0;
        var y = Gradient.Checkpoint(x => x * (runs++ == 0 ? _weights : _index.Cast(ElementType.Float64)).Sum(), _x);
        var error = Assert.Throws<InvalidOperationException>(() => Gradient.Of(y.Sum(), _x));
        Assert.StartsWith("Checkpoint: run again, the function uses a tensor from outside, Int32 [2],", error.Message);
    }

    [Fact]
    public void ResultsWithoutADerivativeAreConstants()
    {
        var (moving, still, chosen, mine) = Gradient.Checkpoint(
            x => (x.Exp(), x.StopGradient() * 2, x.ArgMax(1), Tensor.Ones([2])), _x);
        Assert.NotEmpty(moving.Inputs);
        Assert.All((Tensor[])[still, chosen, mine], y => Assert.Empty(y.Inputs));
        Assert.Equal(_x.ToDoubles().Select(value => 2 * value), still.ToDoubles());
        Assert.Equal([0.0, 1, 1], chosen.ToDoubles());
        Assert.Equal(new double[6], Gradient.Of(still.Sum(), _x).ToDoubles());
    }

    // To derivatives a program is a constant, here too.
    [Fact]
    public void AFunctionMayRunAProgram()
    {
        using var program = new TensorProgram<Tensor, Tensor>(x => (x * _weights.Sum()).Exp());
        for (int run = 0; run < 4; run++)
        {
            var slope = Gradient.Of(Gradient.Checkpoint(x => x.Square() * program.Run(x), _x).Sum(), _x);
            Close.All((_x * 2 * (_x * _weights.Sum()).Exp()).ToDoubles(), slope.ToDoubles(), 1e-14);
        }
    }

    [Fact]
    public void WhatTheFunctionMadeIsReturnedAtOnce()
    {
        long once = Peak(1, checkpoint: true), often = Peak(8, checkpoint: true);
        Assert.True(often < 2 * once, $"{once} bytes once, {often} eight times");
        Assert.True(Peak(8, checkpoint: false) > 4 * often);

        static long Peak(int blocks, bool checkpoint)
        {
            using var device = new CpuDevice(1);
            using var scope = new TensorScope();
            var x = Tensor.Ones([4, 1000], device: device);
            Gradient.Of(Chain(x, Tensor.Ones([4, 4], device: device), blocks, checkpoint), x);
            return device.Pool.PeakBytes;
        }
    }

    // Each more takes a buffer for its input, and its kernels' own are not held across.
    [Fact]
    public void MemoryOfAProgramGrowsByTheInputsAlone()
    {
        const int Block = 4 * 1000 * sizeof(float);
        long[] bytes = [.. Enumerable.Range(8, 3).Select(blocks => Working(blocks, checkpoint: true))];
        Assert.Equal([Block + 64, Block + 64], [bytes[1] - bytes[0], bytes[2] - bytes[1]]);
        Assert.True(Working(9, checkpoint: false) - Working(8, checkpoint: false) > 20 * Block);

        static long Working(int blocks, bool checkpoint)
        {
            using var scope = new TensorScope();
            var (x, weights) = (Tensor.Ones([4, 1000]), Tensor.Ones([4, 4]));
            using var program = new TensorProgram<(Tensor X, Tensor Weights), (Tensor, Tensor)>(
                at => Gradient.Of(Chain(at.X, at.Weights, blocks, checkpoint), at));
            for (int run = 0; run < 3; run++)
                program.Run((x, weights));
            return program.WorkingBytes;
        }
    }

    [Fact]
    public void WhatAProgramWouldTakeIsKnownWithoutRunningIt()
    {
        foreach (bool checkpoint in (bool[])[false, true])
        {
            using var device = new CpuDevice(1);
            var (x, weights) = (Tensor.Ones([4, 1000], device: device), Tensor.Ones([4, 4], device: device));
            using var program = new TensorProgram<(Tensor X, Tensor Weights), (Tensor, Tensor)>(
                at => Gradient.Of(Chain(at.X, at.Weights, 8, checkpoint), at));
            long need = program.Plan((x, weights));
            Assert.True(device.Pool.PeakBytes < 100_000);
            Assert.Equal(0, program.WorkingBytes);
            program.Run((x, weights));
            Assert.Equal(program.WorkingBytes, need);
            Assert.InRange(device.Pool.PeakBytes, need, 1.6 * need);
        }
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor Chain(Tensor x, Tensor weights, int blocks, bool checkpoint)
    {
        for (int block = 0; block < blocks; block++)
            x = checkpoint ? Gradient.Checkpoint(Layers, x) : Layers(x);
        return x.Sum();

        Tensor Layers(Tensor y)
        {
            for (int layer = 0; layer < 20; layer++)
                y = weights.MatMul(y).Tanh();
            return y;
        }
    }

    // Weights and an index are captured; one result is an input as it was, one is of integers, one is not used.
    private static Tensor[] Use(Tensor x, Tensor weights, Tensor index, bool checkpoint)
    {
        var (input, captured) = (x.Sin(), weights.Square());
        var y = checkpoint ? Gradient.Checkpoint(Layer, input) : Layer(input);
        return [y[0], y[1].MatMul(captured), y[2].Cast(x.Type)];

        Tensor[] Layer(Tensor from)
        {
            var chosen = (from.MatMul(captured).Tanh() * captured.Sum()).Take(0, index);
            return [chosen, from, chosen.ArgMax(1), chosen.Exp()];
        }
    }

    private static Tensor[] Derivatives(Tensor x, Tensor weights, Tensor index, bool checkpoint)
    {
        var y = Use(x, weights, index, checkpoint);
        var loss = (y[0].Square().Sum() + y[1].Sum()) * y[2].Sum();
        var first = Gradient.Of(loss, (x, weights));
        var second = Gradient.Of(first.x.Square().Sum() + first.weights.Sin().Sum(), (x, weights));
        return [loss, first.x, first.weights, second.x, second.weights, Gradient.Jvp(y[0], x, x.Cos())];
    }
}
