using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

public sealed class TensorProgramTests : IDisposable
{
    private readonly CpuDevice _device = new(2);
    private readonly TensorScope _scope = new();

    [Fact]
    public void ResultsEscapeAndStayValid()
    {
        using var program = Program(x => [x[0] * 2, (x[0] * 2).Sum()]);
        var results = Enumerable.Range(0, 6).Select(run => program.Run([Vector(run, run + 1)])).ToArray();
        for (int run = 0; run < results.Length; run++)
        {
            Assert.Equal([2.0 * run, 2.0 * (run + 1)], results[run][0].ToDoubles());
            Assert.Equal((4.0 * run) + 2, results[run][1].Item());
            Assert.All(results[run], result => Assert.Null(result.Operation));
        }
    }

    [Fact]
    public void OtherShapesAndTypesAreRecordedAnewBesideTheEarlierOnes()
    {
        int calls = 0;
        using var program = Program(x =>
        {
            calls++;
            return [x[0].Sum()];
        });
        for (int run = 0; run < 5; run++)
        {
            for (int size = 1; size <= 3; size++)
                Assert.Equal(size * run, program.Run([Tensor.Full(run, [size], device: _device)])[0].Item());
        }

        Assert.Equal(6, calls);
        Assert.Equal(9, program.Run([Tensor.Full(3, [3], ElementType.Float64, _device)])[0].Item());
        Assert.Equal(8, calls);
        Assert.Equal(9, program.Run([Tensor.Full(3, [3, 1], device: _device)])[0].Item());
        Assert.Equal(10, calls);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ReadingAValueWhileRecordingIsAnErrorThatSaysSo(int pass)
    {
        int calls = 0;
        using var program = Program(x =>
        {
            var sum = x[0].Sum();
            return [x[0] * (++calls == pass ? sum.Item() : 2)];
        });
        var failure = Assert.Throws<InvalidOperationException>(() => program.Run([Vector(1, 2)]));
        Assert.Contains("A value of Float32 [] can't be read while a program is recorded", failure.Message);
        Assert.Contains("Return the tensor", failure.Message);
        Assert.Contains("Tensor.Where", failure.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AfterAFunctionThrewTheNextRunBeginsAnew(int pass)
    {
        int calls = 0;
        using (var program = Program(x =>
        {
            var y = (x[0] * 3).Sin() + Tensor.From([1f, 2], [2], _device);
            if (++calls == pass)
                throw new FormatException("on purpose");
            return [y.Exp(), y];
        }))
        {
            for (int run = 1; run <= 6; run++)
            {
                var x = Vector(run, -run);
                if (run == 1)
                {
                    Assert.Throws<FormatException>(() => program.Run([x]));
                    Assert.Equal(10, (x.Square() + 4).Sum().Item() - (2 * run * run) + 2);
                    continue;
                }

                var results = program.Run([x]);
                var expected = (x * 3).Sin() + Tensor.From([1f, 2], [2], _device);
                Assert.Equal(expected.Exp().ToDoubles(), results[0].ToDoubles());
                Assert.Equal(expected.ToDoubles(), results[1].ToDoubles());
            }

            Assert.Equal(pass + 2, calls);
        }

        _scope.Dispose();
        Assert.Equal(0, _device.Pool.LiveBlocks);
    }

    [Fact]
    public void OtherRequestsTheSecondTimeAreAnErrorAndTheNextRunBeginsAnew()
    {
        var x = Vector(1, 2);
        Func<Tensor, Tensor> first = x => x.Exp() + x.Sin();
        Func<Tensor, Tensor>[] seconds =
        [
            x => x.Exp(),
            x => x.Exp() + x.Sin() + x,
            x => x.Exp() + x.Cos(),
            x => x.Exp() + x.Exp(),
            x => x.Exp() - x.Sin(),
            x => x.Exp().Sum() + x.Sin(),
            x => { _ = x.Exp() + x.Sin(); return x; },
            x => { var (a, b) = (x.Exp(), x.Sin()); _ = a + b; return a; },
        ];
        foreach (var second in seconds)
        {
            int calls = 0;
            using var program = Program(x => [calls++ == 1 ? second(x[0]) : first(x[0])]);
            Assert.Contains("other requests", Assert.Throws<InvalidOperationException>(() => program.Run([x])).Message);
            for (int run = 0; run < 3; run++)
                Assert.Equal(first(x).ToDoubles(), program.Run([x])[0].ToDoubles());
        }
    }

    [Fact]
    public void CommandsThatNobodyNeedsAreDropped()
    {
        using var lean = Program(x => [x[0].Exp()]);
        using var wasteful = Program(x =>
        {
            var unused = x[0].Sin();
            for (int i = 0; i < 10; i++)
                unused = unused.Tanh() + x[0];
            return [x[0].Exp()];
        });
        for (int run = 0; run < 3; run++)
            Assert.Equal(lean.Run([Vector(1, 2)])[0].ToDoubles(), wasteful.Run([Vector(1, 2)])[0].ToDoubles());
        Assert.Equal(1, lean.CommandCount);
        Assert.Equal(1, wasteful.CommandCount);
        Assert.Equal(lean.WorkingBytes, wasteful.WorkingBytes);
    }

    [Fact]
    public void WorkingMemoryIsSmallerThanTheSumOfBuffers()
    {
        using var program = Program(x =>
        {
            var y = x[0];
            for (int i = 0; i < 50; i++)
                y = y.Tanh();
            return [y];
        });
        for (int run = 0; run < 3; run++)
            program.Run([Tensor.Ones([1000], device: _device)]);

        // Eight functions in a row are one command.
        Assert.Equal(7, program.CommandCount);
        Assert.InRange(program.WorkingBytes, 4000, 4 * 4000);
    }

    [Fact]
    public void DisposeReturnsAllMemory()
    {
        for (int runs = 0; runs < 4; runs++)
        {
            int before = _device.Pool.LiveBlocks;
            using (var scope = new TensorScope())
            using (var program = Program(x => [Gradient.Of((x[0].Exp() + Tensor.From([1f, 2], [2], _device)).Max(), x[0])]))
            {
                for (int run = 0; run < runs; run++)
                    program.Run([Vector(run, 2)]);
            }

            Assert.Equal(before, _device.Pool.LiveBlocks);
        }
    }

    [Fact]
    public void CheckFiniteNamesTheFirstBadOperation()
    {
        using var program = new TensorProgram<Tensor[], Tensor[]>(x => [(x[0].Log() * 0).Exp()], _device) { CheckFinite = true };
        Assert.Equal([1.0, 1], program.Run([Vector(1, 2)])[0].ToDoubles());
        var failure = Assert.Throws<NotFiniteNumberException>(() => program.Run([Vector(2, 0)]));
        Assert.Contains("Log(Float32 [2])", failure.Message);
        Assert.Contains("element 1", failure.Message);
        Assert.Equal([1.0, 1], program.Run([Vector(1, 2)])[0].ToDoubles());
    }

    [Fact]
    public void ReplaysAllocateLittle()
    {
        using var program = Program(x =>
        {
            var y = x[0];
            for (int i = 0; i < 100; i++)
                y = i % 3 == 0 ? y.Tanh() : y * x[0];
            return [y];
        });
        var x = Vector(0.5f, 1);
        for (int run = 0; run < 4; run++)
            program.Run([x]);
        Assert.InRange(program.CommandCount, 20, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < 10; run++)
            program.Run([x]);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 10, 0, 64 * 1024);
    }

    [Fact]
    public void AnInputMayBeReturned()
    {
        using var program = Program(x => [x[0], x[1].Reshape(2, 1), x[0]]);
        var kept = new List<Tensor[]>();
        for (int run = 0; run < 4; run++)
            kept.Add(program.Run([Vector(run, 5), Vector(run, 6)]));
        for (int run = 0; run < 4; run++)
        {
            Assert.Equal([run, 5.0], kept[run][0].ToDoubles());
            Assert.Equal([run, 6.0], kept[run][1].ToDoubles());
            Assert.Equal("[2, 1]", kept[run][1].Shape.ToString());
            Assert.Equal([run, 5.0], kept[run][2].ToDoubles());
        }
    }

    [Fact]
    public void AResultMayBeConstant()
    {
        var outside = Vector(8, 9);
        using var program = Program(x => [Tensor.From([3f, 4], [2], _device), Tensor.Full(7, [2], device: _device), outside, outside + 1]);
        for (int run = 0; run < 4; run++)
        {
            var results = program.Run([Vector(1, 2)]);
            Assert.Equal([3.0, 4], results[0].ToDoubles());
            Assert.Equal([7.0, 7], results[1].ToDoubles());
            Assert.Equal([8.0, 9], results[2].ToDoubles());
            Assert.Equal([9.0, 10], results[3].ToDoubles());
        }
    }

    [Fact]
    public void AProgramInsideAProgramIsPartOfIt()
    {
        using var inner = Program(x => [x[0].Exp()]);
        using var outer = Program(x => [inner.Run([x[0] * 2])[0] + 1]);
        for (int run = 0; run < 4; run++)
        {
            double[] found = outer.Run([Vector(run, 0.5f)])[0].ToDoubles();
            Assert.Equal(1 + Math.Exp(2 * run), found[0], 1e-3 * Math.Exp(2 * run));
            Assert.Equal(1 + Math.E, found[1], 1e-5);
        }

        Assert.Equal(0, inner.WorkingBytes);
    }

    // At top level inputs are copied in and results out: what is differentiated inside knows nothing of outside, nor the other way round.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DerivativesEndAtAProgramWhereverItRuns(bool checks)
    {
        using var checking = new TensorScope(checks);
        using var inner = Program(x => [.. Gradient.Of((x[0] * x[1]).Sum(), x), x[0] * x[1]]);
        using var outer = Program(Function);
        for (int run = 0; run < 4; run++)
        {
            var x = Vector(3, 5);
            Assert.Equal([3.0, 5, 3, 5, 0, 0, 0, 0], Function([x])[0].ToDoubles());
            Assert.Equal([3.0, 5, 3, 5, 0, 0, 0, 0], outer.Run([x])[0].ToDoubles());
        }

        Tensor[] Function(Tensor[] x)
        {
            var twice = inner.Run([x[0], x[0]]);
            var chained = inner.Run([x[0], x[0] * 2]);
            return
            [
                Tensor.Concatenate(
                    0, twice[0], chained[1], Gradient.Of(twice[2].Sum(), x[0]), Gradient.Of(chained[2].Sum(), x[0])),
            ];
        }
    }

    [Fact]
    public void AProgramThatIsDisposedIsAnError()
    {
        var program = new TensorProgram<Tensor[], Tensor[]>(x => [x[0] * 2], _device);
        program.Dispose();
        Assert.Throws<ObjectDisposedException>(() => program.Run([Vector(1, 2)]));
        var blocked = BlockedProgram.Map<ValueTuple, Tensor, Tensor>((_, row) => row * 2, _device);
        blocked.Dispose();
        Assert.Throws<ObjectDisposedException>(() => blocked.Run(default, Vector(1, 2).Unsqueeze(0)));
    }

    [Fact]
    public void ACapturedTensorThatIsDisposedIsAnError()
    {
        for (int runs = 0; runs < 4; runs++)
        {
            var captured = Vector(3, 4);
            using var program = Program(x => [x[0] * captured]);
            for (int run = 0; run < runs; run++)
                Assert.Equal([3.0 * run, 4], program.Run([Vector(run, 1)])[0].ToDoubles());
            captured.Dispose();
            Assert.Throws<ObjectDisposedException>(() => program.Run([Vector(1, 2)]));
        }
    }

    [Fact]
    public void EmptyTensorsAndNoInputs()
    {
        using var program = Program(x => [x[0] + x[1], x[0].Sum()]);
        using var none = Program(_ => [Tensor.Ones([2], device: _device) * 3]);
        for (int run = 0; run < 4; run++)
        {
            var results = program.Run([Tensor.Zeros([0, 3], device: _device), Tensor.Zeros([3], device: _device)]);
            Assert.Equal("[0, 3]", results[0].Shape.ToString());
            Assert.Equal(0, results[1].Item());
            Assert.Equal([3.0, 3], none.Run([])[0].ToDoubles());
        }
    }

    [Fact]
    public void TensorsOnAnotherDeviceAreRefusedInsideAProgram()
    {
        using var device = new CpuDevice(1);
        using var program = new TensorProgram<Tensor[], Tensor[]>(_ => [Tensor.Ones([2])], device);
        Assert.Contains("another one", Assert.Throws<InvalidOperationException>(() => program.Run([])).Message);
    }

    [Fact]
    public void InputsOfAnotherDeviceAreAnError()
    {
        using var program = Program(x => [x[0] * 2]);
        using var other = new CpuDevice(1);
        using var x = Tensor.From([1f], [1], other);
        Assert.Contains("copy it with To", Assert.Throws<ArgumentException>(() => program.Run([x])).Message);
        Assert.Equal(2, program.Run([x.To(_device)])[0].Item());
    }

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    private TensorProgram<Tensor[], Tensor[]> Program(Func<Tensor[], Tensor[]> function) => new(function, _device);

    private Tensor Vector(params float[] values) => Tensor.From(values, [values.Length], _device);
}
