using Engine.Core;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>Programs and loops that two threads use at the same time.</summary>
public sealed class SingleUseTests : IDisposable
{
    private readonly CpuDevice _device = new(1);
    private readonly ManualResetEventSlim _inside = new(), _goOn = new();

    [Fact]
    public void AProgramThatRunsSaysSo() => ProgramSaysSo(checkFinite: false);

    [Fact]
    public void AProgramThatIsCheckedSaysSo() => ProgramSaysSo(checkFinite: true);

    [Fact]
    public void ALoopThatRunsSaysSo()
    {
        using var x = Tensor.From([1f, 2], [2], _device);
        using var loop = new TensorLoop<Tensor, Tensor, Tensor>((state, input) => (state, Held(input)), x);
        Refuses("TensorLoop", () => [loop.Run(x)], loop.Dispose);
    }

    [Fact]
    public void ABlockedProgramThatRunsSaysSo()
    {
        using var x = Tensor.From([1f, 2], [1, 2], _device);
        using var program = BlockedProgram.Sum<ValueTuple, Tensor, Tensor>((_, rows) => Held(rows), _device, 2);
        Refuses("BlockedProgram", () => [program.Run(default, x)], program.Dispose);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AProgramTakesNoInputOfAnotherDevice(bool checkFinite)
    {
        using var x = Tensor.From(1f);
        using var program = new TensorProgram<Tensor[], Tensor[]>(inputs => [inputs[0] * 2], _device) { CheckFinite = checkFinite };
        Assert.Contains("Input [0] is on device", Assert.Throws<ArgumentException>(() => program.Run([x])).Message);
    }

    // Inside other programs it is a part of them.
    [Fact]
    public void ManyThreadsMayRunAProgramInsideTheirOwn()
    {
        using var inner = new TensorProgram<Tensor[], Tensor[]>(x => [x[0] * 2], _device);
        Exception?[] failures = new Exception?[4];
        Thread[] threads = [.. failures.Select((_, i) => new Thread(() => failures[i] = Record.Exception(() => Work(i))))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(failures, Assert.Null);

        void Work(int number)
        {
            using var scope = new TensorScope();
            using var outer = new TensorProgram<Tensor[], Tensor[]>(x => [inner.Run([x[0]])[0] + 1], _device);
            var x = Tensor.Full(number, [], device: _device);
            for (int run = 0; run < 50; run++)
                Assert.Equal((2 * number) + 1, outer.Run([x])[0].Item());
        }
    }

    public void Dispose()
    {
        _device.Dispose();
        _inside.Dispose();
        _goOn.Dispose();
    }

    private void ProgramSaysSo(bool checkFinite)
    {
        using var x = Tensor.From([1f, 2], [2], _device);
        using var program = new TensorProgram<Tensor[], Tensor[]>(inputs => [Held(inputs[0])], _device) { CheckFinite = checkFinite };
        Refuses("TensorProgram", () => program.Run([x]), program.Dispose);
    }

    private Tensor Held(Tensor x)
    {
        _inside.Set();
        _goOn.Wait();
        return x * 2;
    }

    private void Refuses(string name, Func<Tensor[]> run, Action dispose)
    {
        double[]? found = null;
        var thread = new Thread(() => found = run()[0].ToDoubles());
        thread.Start();
        _inside.Wait();
        Assert.Contains($"{name}: can't run while it is running", Assert.Throws<InvalidOperationException>(run).Message);
        Assert.Contains($"{name}: can't be disposed while it is running", Assert.Throws<InvalidOperationException>(dispose).Message);
        _goOn.Set();
        thread.Join();
        Assert.Equal([2.0, 4], found!);

        // And after that as ever.
        Assert.Equal([2.0, 4], run()[0].ToDoubles());
        dispose();
        dispose();
        Assert.Throws<ObjectDisposedException>(run);
    }
}
