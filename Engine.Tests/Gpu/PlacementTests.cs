using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>What a person expects of tensors on two devices.</summary>
[Collection(nameof(GpuCollection))]
public sealed class PlacementTests : IDisposable
{
    private readonly Device _device = Device.Open("emulator");
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Int32)]
    public void ToCopiesThereAndBack(ElementType type)
    {
        var here = Tensor.From([1.0, 2, 3, 4, 5, 6], [2, 3], type);
        var there = here.To(_device);
        Assert.Equal((_device, type, here.Shape), (there.Device, there.Type, there.Shape));
        Assert.Equal("emulator", there.Device.Name);
        Assert.Same(there, there.To(_device));
        Assert.Equal(here.ToDoubles(), there.To(Device.Cpu).ToDoubles());
        Assert.Equal((here * 2).ToDoubles(), (there * 2).ToDoubles());
        Assert.Empty(Tensor.Zeros([0, 3], type).To(_device).ToDoubles());
    }

    [Fact]
    public void WhatIsMadeOfATensorIsOnItsDevice()
    {
        var x = Tensor.From([1f, -2, 3], [3], _device);
        Tensor[] made =
        [
            x + 1, 1 / x, x > 0, Tensor.Where(x > 0, x, 0), Tensor.Maximum(x, 0), x.Clamp(0, 1), x.Norm(), x.LogSumExp(), x.Mean(),
            x.Pow(2), x[..^1], x.CumulativeSum(0), x.ArgMax(0), x.ArgMax(0).OneHot(3), Tensor.ZerosLike(x), Tensor.OnesLike(x),
            Gradient.Of(x.Square().Sum(), x), Losses.MeanSquaredError(x, x), Losses.CrossEntropy(x, x.ArgMax(0)),
            Batch.Map(each => each.Exp(), x), Batch.Map(each => Tensor.Zeros([2], device: _device), x),
        ];
        Assert.All(made, y => Assert.Same(_device, y.Device));
    }

    [Fact]
    public void TensorsOfTwoDevicesDoNotMixAndTheErrorNamesBothAndTheRemedy()
    {
        Tensor here = Tensor.From(1f, 2), there = here.To(_device);
        Says("Add: inputs are on different devices, cpu and emulator: copy one of them with To", () => here + there);
        Says("MatMul: inputs are on different devices, emulator and cpu", () => there.Reshape(1, 2).MatMul(here.Reshape(2, 1)));
        Says("Concatenate: inputs are on different devices", () => Tensor.Concatenate(0, here, there));
        Says("Subtract: inputs are on different devices", () => Losses.MeanSquaredError(here, there));
        Says("Multiply: inputs are on different devices, emulator and cpu", () => Batch.Map(each => each * here, there));
        Says("cotangent [2] is on device emulator, but its tensor is on cpu: copy it with To", () => Gradient.Vjp(here * 2, here, there));
        using var other = new CpuDevice(1);
        Says("cpu and another cpu, opened by itself: copy one of them with To", () => here + here.To(other));
    }

    [Fact]
    public void ProgramsRunWhereTheirInputsAre()
    {
        using var program = new TensorProgram<(Tensor A, Tensor B), Tensor>(x => (x.A * x.B) + Tensor.Scalar(1, device: x.A.Device));
        var x = Tensor.From(1f, 2);
        for (int run = 0; run < 6; run++)
        {
            var device = run % 2 == 0 ? Device.Cpu : _device;
            var y = program.Run((x.To(device), x.To(device) * run));
            Assert.Same(device, y.Device);
            Assert.Equal([1.0 + run, 1 + (4 * run)], y.ToDoubles());
        }

        Says("Input Item2 is on device cpu, but the program runs on emulator: copy it with To", () => program.Run((x.To(_device), x)));

        // What is made without naming a device is on the processor, and so is what is captured.
        using var forgetful = new TensorProgram<Tensor, Tensor>(x => x + Tensor.Scalar(1));
        string message = Assert.Throws<InvalidOperationException>(() => forgetful.Run(x.To(_device))).Message;
        Assert.Contains("'emulator'", message);
        Assert.Contains("'cpu'", message);
        Assert.Contains("device: x.Device", message);
        using var capturing = new TensorProgram<Tensor, Tensor>(y => y + x);
        Says("Add: inputs are on different devices, emulator and cpu", () => capturing.Run(x.To(_device)));
    }

    [Fact]
    public void ALoopRunsWhereItsStateIs()
    {
        var start = Mlp.Initial(Key.Of(0), [2, 3, 1]);
        using var loop = new TensorLoop<Mlp, Tensor, Tensor>(
            (network, x) =>
            {
                var loss = network.Apply(x).Square().Mean();
                return (Tree.Map(network, Gradient.Of(loss, network), (each, g) => each - (g * 0.1)), loss);
            },
            Tree.Map(start, p => p.To(_device)));
        for (int run = 0; run < 3; run++)
            Assert.Same(_device, loop.Run(Tensor.Ones([4, 2], device: _device)).Device);
        Assert.All(Tree.Leaves(loop.State), p => Assert.Same(_device, p.Device));
        Says("is on device cpu, but the program runs on emulator: copy it with To", () => loop.Run(Tensor.Ones([4, 2])));
    }

    [Fact]
    public void ReplaysHaveTheBitsOfTheirFunctionHereToo() => VerifyTests.FreezesNothing(_device);

    [Fact]
    public void ADeviceIsOpenedByName()
    {
        Assert.Equal("cpu", Device.Open("cpu").Name);
        Assert.Contains("there are cpu", Assert.Throws<ArgumentException>(() => Device.Open("gpu")).Message);
        if (!Device.Names.Contains("cuda:0"))
            Says("Device 'cuda:0'", () => Device.Open("cuda:0"));
    }

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    private static void Says(string part, Func<object> action)
        => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(action).Message);
}
