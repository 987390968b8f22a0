using System.Globalization;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Kernels;

public class VectorWidthTests
{
    // A run on narrower vectors says which width it means to test; the runtime must not have kept a wider one.
    [Fact]
    public void VectorsAreNoWiderThanTheRunMeansThemToBe()
    {
        string wanted = Environment.GetEnvironmentVariable("ENGINE_VECTOR_BITS") ?? "512";
        Assert.InRange(CpuDevice.VectorBits, 128, int.Parse(wanted, CultureInfo.InvariantCulture));
    }
}
