using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

public sealed class VerifyTests : IDisposable
{
    private readonly CpuDevice _device = new(2);
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData("operator", "Scale of the 2nd operation, Affine [2]: 0.1 at recording, 0.05 now")]
    [InlineData("scalar", "the 2nd constant made inside the function, a scalar: 0.1 at recording, 0.05 now")]
    [InlineData("full", "the 2nd constant made inside the function, of shape [2]: 0.1 at recording, 0.05 now")]
    [InlineData("values", "the 2nd constant made inside the function, of shape [2] at element 1: 0.1 at recording, 0.05 now")]
    [InlineData("captured", "the 1st tensor captured from outside, of shape [2] at element 1: 0.1 at recording, 0.05 now")]
    public void AConstantThatChangesIsNamed(string kind, string expected)
    {
        double rate = 0.1;
        var captured = Vector(1, 0.1);
        using var program = Verified<Tensor, (Tensor, Tensor[])>(x =>
        {
            var one = Tensor.Full(1, [], ElementType.Float64, _device);
            var step = kind switch
            {
                "operator" => x.Exp() * rate,
                "scalar" => Tensor.Scalar(rate, ElementType.Float64, _device),
                "full" => Tensor.Full(rate, [2], ElementType.Float64, _device),
                "values" => Vector(1, rate),
                _ => captured,
            };
            return (x + one, [x - step]);
        });
        for (int run = 0; run < 4; run++)
            program.Run(Vector(run, 2));
        (rate, captured) = (0.05, Vector(1, 0.05));
        string message = Failure(() => program.Run(Vector(0, 2)));
        Assert.Contains("Item2[0] by ", message);
        Assert.Contains(expected, message);
        Assert.Contains("pass it as an input", message);
        Assert.Contains($"in VerifyTests.{(kind == "values" ? "Vector" : "AConstantThatChangesIsNamed")}", message);
        Assert.Contains("VerifyTests.cs:", message);

        // The next call begins anew.
        for (int run = 0; run < 3; run++)
            Assert.Equal(2 - (kind == "operator" ? 0.05 * Math.Exp(2) : 0.05), program.Run(Vector(0, 2)).Item2[0].ToDoubles()[1], 1e-12);
    }

    // Another operation at recording than the first time, beside a captured tensor, which can't be read then.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ABranchAtRecordingIsNamed(bool captures)
    {
        int calls = 0;
        var captured = Vector(3, 4);
        using var program = Verified<Tensor, Tensor>(x =>
        {
            var y = captures ? x * captured * 2 : x * 2;
            return calls++ == 0 ? y : y.Exp();
        });
        Assert.Contains("goes on now with", Failure(() => program.Run(Vector(0, 2))));
    }

    [Fact]
    public void AnErrorOfTheFirstRunIsTheFunctionsOwn()
    {
        using var program = Verified<Tensor, Tensor>(x => (x * 2).Sum().Item() > 0 ? x : throw new InvalidOperationException("mine."));
        Assert.DoesNotContain("at recording", Failure(() => program.Run(Vector(0, 2))));
        using var other = Verified<Tensor, Tensor>(x => x.Shape.Rank > 5 ? x : throw new InvalidOperationException("mine."));
        Assert.Equal("mine.", Failure(() => other.Run(Vector(0, 2))));
    }

    [Fact]
    public void OfSeveralResultsTheOneFurthestOffIsNamedWithBothValues()
    {
        int calls = 0;
        using var program = Verified<Tensor, Tensor[]>(x =>
        {
            double count = ++calls;
            return [x, x + count, x + (count * 100)];
        });
        string message = Failure(() => program.Run(Vector(0, 0)));
        Assert.Contains("[2] by 200 at element 0 of [2]: 200 and 400.", message);
        Assert.Contains("Shift of the 1st operation, Affine [2]: 2 at recording, 5 now", message);
    }

    [Fact]
    public void ABranchIsNamed()
    {
        bool later = false, longer = false, shorter = false;
        using var program = Verified<Tensor, Tensor>(x =>
        {
            var y = later ? x.Tanh() : x.Exp();
            return longer ? (y + 1).Square() : shorter ? y : y + 1;
        });
        Warm();
        later = true;
        Assert.Contains("What was the 1st operation, Exp [2], at recording is the 1st operation, Tanh [2], now", Failure(Run));
        Warm();
        longer = true;
        Assert.Contains("The function had ended at recording, and goes on now with the 3rd operation, Square [2]", Failure(Run));
        (longer, shorter) = (false, true);
        Warm();
        shorter = false;
        Assert.Contains("goes on now with the 2nd operation, Affine [2]", Failure(Run));
        Warm();
        shorter = true;
        string message = Failure(Run);
        Assert.Contains("The function went on at recording with the 2nd operation, Affine [2], and ends now", message);
        Assert.Contains("Tensor.Where", message);

        void Warm()
        {
            for (int run = 0; run < 3; run++)
                Run();
        }

        Tensor Run() => program.Run(Vector(1, 2));
    }

    [Fact]
    public void OtherRequestsTheSecondTimeAreNamedToo()
    {
        int calls = 0;
        using var program = Verified<Tensor, Tensor>(x => ++calls == 2 ? x.Exp().Sin() : x.Exp().Cos());
        string message = Failure(() => program.Run(Vector(1, 2)));
        Assert.Contains("other requests", message);
        Assert.Contains("What was the 2nd operation, Cos [2], at recording is the 2nd operation, Sin [2], now", message);
    }

    [Fact]
    public void WhatIsNoTensorInTheResultsIsCompared()
    {
        int count = 0;
        using var program = Verified<Tensor, (Tensor, int)>(x => (x * 2, count));
        for (int run = 0; run < 3; run++)
            Assert.Equal(0, program.Run(Vector(1, 2)).Item2);
        count = 1;
        Assert.Contains("what is no tensor", Failure(() => program.Run(Vector(1, 2))));
    }

    [Fact]
    public void AClockAndARandomNumberAreFound()
    {
        var random = new Random(1);
        long ticks = 0;
        Func<double>[] sources = [random.NextDouble, () => DateTime.UnixEpoch.AddTicks(++ticks).Ticks % 100];
        foreach (var source in sources)
        {
            using var program = Verified<Tensor, Tensor>(x => x + Vector(source(), 1));
            string message = Failure(() => program.Run(Vector(1, 2)));
            Assert.Contains("the 1st constant made inside the function, of shape [2] at element 0", message);
        }
    }

    [Fact]
    public void ACapturedTensorThatIsReplacedByAnEqualOneIsNoError()
    {
        var captured = Vector(3, double.NaN);
        using var program = Verified<Tensor, (Tensor, Tensor)>(x => (x * captured, captured));
        for (int run = 0; run < 5; run++)
        {
            var kept = captured;
            Assert.Equal([3.0 * run, double.NaN], program.Run(Vector(run, 1)).Item1.ToDoubles());
            captured = Vector(3, double.NaN);
        }
    }

    [Fact]
    public void ANumberThatMattersToNoResultIsNoError()
    {
        int calls = 0;
        using var program = Verified<Tensor, Tensor>(x =>
        {
            _ = x * ++calls;
            return x.Exp();
        });
        for (int run = 0; run < 4; run++)
            program.Run(Vector(run, 1));

        // Observed and recorded, and so anew each time.
        Assert.Equal(10, calls);
    }

    [Fact]
    public void TheStateOfALoopIsCompared()
    {
        double decay = 0.5;
        using var loop = new TensorLoop<(Tensor Mean, Tensor Count), Tensor, Tensor>(
            (state, x) => (((state.Mean * decay) + x, state.Count + 1), x * 2), (Vector(0, 0), Vector(0, 0)), _device)
        {
            Verify = true,
        };
        for (int run = 0; run < 4; run++)
            loop.Run(Vector(1, 2));
        double[] before = loop.State.Mean.ToDoubles();
        decay = 0.25;
        string message = Failure(() => loop.Run(Vector(1, 2)));
        Assert.Contains("State.Item1 by ", message);
        Assert.Contains("Scale of the 1st operation, Affine [2]: 0.5 at recording, 0.25 now", message);
        Assert.Equal(before, loop.State.Mean.ToDoubles());
        for (int run = 0; run < 4; run++)
            loop.Run(Vector(1, 2));
    }

    [Fact]
    public void DrawsAreThoseOfTheInputs()
    {
        using var program = Verified<Key, Tensor>(key => Tensor.Normal(key, [4, 2]));
        for (int run = 0; run < 4; run++)
            program.Run(Key.Of(1, _device).Fold(run));
    }

    [Fact]
    public void AProgramThatFreezesNothingPasses() => FreezesNothing(_device);

    [Fact]
    public void NothingIsLeftBehind()
    {
        double rate = 1;
        int before = _device.Pool.LiveBlocks;
        using (new TensorScope())
        {
            using var program = Verified<Tensor, Tensor>(x => x * rate * Vector(1, 2));
            for (int run = 0; run < 4; run++)
                program.Run(Vector(1, run));
            rate = 2;
            Failure(() => program.Run(Vector(1, 2)));
        }

        Assert.Equal(before, _device.Pool.LiveBlocks);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    // Derivatives of second order, maps, an optimiser, another program within, and NaN, all bit by bit.
    internal static void FreezesNothing(Device device)
    {
        var adam = new Adam(0.01, EpsilonRoot: 1e-8);
        var start = new Mlp([new(Steps(2, 3), Steps(3)), new(Steps(3, 1), Steps(1))], Activation.Tanh);
        using var inner = new TensorProgram<Tensor, Tensor>(x => x.Square() - 0.5) { Verify = true };
        using var loop = Loop(
            (old, x) =>
            {
                Tensor Loss(Mlp network) => inner.Run(network.Apply(x)).Square().Mean();
                var slopes = Tree.Leaves(Gradient.Of(Loss(old.Network), old.Network)).Select(g => g.Square().Sum());
                var second = Gradient.Of(slopes.Aggregate((a, b) => a + b), old.Network);
                var norms = Batch.Map(row => row.Norm(), x);
                return (adam.Update(old.Network, second, old.Adam), (Loss(old.Network), norms, (norms * 0).Log() * 0));
            },
            (Network: start, Adam: adam.Initial(start)));
        for (int run = 0; run < 4; run++)
            Assert.True(double.IsNaN(loop.Run(Steps(4, 2) * run).Item3.ToDoubles()[0]));

        Tensor Steps(params int[] sizes)
            => (Tensor.Range(sizes.Aggregate(1, (a, b) => a * b), device: device) * 0.1).Reshape(sizes);

        static TensorLoop<TState, Tensor, (Tensor, Tensor, Tensor)> Loop<TState>(
            Func<TState, Tensor, (TState, (Tensor, Tensor, Tensor))> step, TState start)
            => new(step, start) { Verify = true };
    }

    private static string Failure(Func<object> run) => Assert.Throws<InvalidOperationException>(run).Message;

    private TensorProgram<TIn, TOut> Verified<TIn, TOut>(Func<TIn, TOut> function) => new(function, _device) { Verify = true };

    private Tensor Vector(params double[] values) => Tensor.From(values, [values.Length], _device);
}
