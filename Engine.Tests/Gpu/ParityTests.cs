using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Every operation, value and derivatives to order 2, on every GPU device against the processor.</summary>
[Collection(nameof(GpuCollection))]
public class ParityTests
{
    public static TheoryData<string, int, string> Samples
    {
        get
        {
            var data = new TheoryData<string, int, string>();
            foreach (string device in TestDevices.Names.Where(name => name != "cpu"))
            {
                for (int i = 0; i < OperationSample.All.Count; i++)
                    data.Add(device, i, $"{OperationSample.All[i].Operation.Name} {OperationSample.All[i].Case}");
            }

            return data;
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Samples))]
    public void OperationsAgreeWithTheProcessor(string device, int number, string name)
    {
        foreach (var (type, tolerance) in new[] { (ElementType.Float64, 1e-10), (ElementType.Float32, 1e-5) })
        {
            // The emulator takes long, and the rules know no types: derivatives of derivatives are the same code in both.
            bool toSecondOrder = device != "emulator" || type == ElementType.Float64;
            using var scope = new TensorScope();
            Tensor[] expected = Results(Device.Cpu, number, type, toSecondOrder);
            Tensor[] actual = Results(TestDevices.Open(device), number, type, toSecondOrder);
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++)
            {
                double difference = Difference.Of(expected[i], actual[i]);
                Assert.True(
                    difference <= tolerance,
                    $"{name}, result {i} in {type}: relative difference {difference:G3}.\n{expected[i]}\n{actual[i]}");
            }
        }
    }

    // The value, and with cotangents that differ from place to place the gradients, and theirs.
    private static Tensor[] Results(Device device, int number, ElementType type, bool toSecondOrder)
    {
        var sample = OperationSample.All[number];
        var inputs = sample.Inputs(1, type, device);
        Tensor[] free = [.. inputs.Where(input => input.Type.IsFloat())];
        var value = sample.Function(inputs);
        var first = Gradient.Vjp(value, free, Cotangent(value));
        return toSecondOrder ? [value, .. first, .. Gradient.Vjp(first, free, (Tensor[])[.. first.Select(Cotangent)])] : [value, .. first];
    }

    private static Tensor Cotangent(Tensor y)
    {
        double[] values = new double[y.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = Math.Cos(1 + (3 * i));
        return Tensor.From(values, y.Shape, y.Type, y.Device);
    }
}
