using System.Numerics;
using Engine.Kernels;
using Engine.Kernels.Functions;
using Engine.Kernels.Gpu;
using Engine.Kernels.Gpu.Products;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Gpu;

/// <summary>Matrix products in every way, whichever a shape would take, on every GPU device.</summary>
[Collection(nameof(GpuCollection))]
public class GpuMatMulTests
{
    // Elements behind each operand, NaN, and behind each result, which must stay as they are.
    private const int Zone = 40;

    public static TheoryData<string, string> Ways
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string device in TestDevices.KernelDevices)
            {
                foreach (var way in Enum.GetValues<MatMulWay>())
                {
                    if (way != MatMulWay.TensorCores || device.StartsWith("cuda", StringComparison.Ordinal))
                        data.Add(device, way.ToString());
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Names => TestDevices.ForKernels;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Ways))]
    public void ProductsAroundTileEdgesAreThoseOfTheProcessor(string name, string wayName)
    {
        var way = Enum.Parse<MatMulWay>(wayName);
        var device = (IlgpuDevice)TestDevices.Open(name);
        var random = new Random(1);
        int side = way is MatMulWay.Body or MatMulWay.Small ? 16 : 64, slab = way == MatMulWay.Small ? 64 : 16;
        int[] outers = [1, 3, side - 4, side - 1, side, side + 1, side + 4, 2 * side, (2 * side) + 1];
        int[] inners = [0, 1, slab - 4, slab - 1, slab, slab + 1, (2 * slab) + 4, (3 * slab) + 5];
        for (int i = 0; i < Rounds(name); i++)
        {
            int rows = Of(outers), columns = Of(outers), inner = Of(inners), batch = 1 + random.Next(3), gap = random.Next(3) * 2;
            var shape = new MatMulShape(
                batch, rows, inner, columns, random.Next(2) == 0, random.Next(2) == 0,
                random.Next(3) == 0 ? 0 : (rows * inner) + gap, random.Next(3) == 0 ? 0 : (inner * columns) + gap,
                random.Next(2) == 0 ? 0 : columns + gap);
            var plan = Plan(way, 1 + random.Next(3));
            bool hasBias = random.Next(2) == 0;
            MatchesTheProcessor<Scalar<Float32, float>, float>(device, plan, shape, hasBias, random);
            if (way is not (MatMulWay.Tall or MatMulWay.TensorCores))
                MatchesTheProcessor<Scalar<Float64, double>, double>(device, plan, shape, hasBias, random);
        }

        int Of(int[] sizes) => sizes[random.Next(sizes.Length)];
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void WholeQuadsAreThoseOfTheProcessor(string name)
    {
        // Sizes of which nothing sticks out, where large tiles are read by quads.
        var device = (IlgpuDevice)TestDevices.Open(name);
        var random = new Random(2);
        for (int transposes = 0; transposes < 4; transposes++)
        {
            var shape = new MatMulShape(2, 132, 36, 68, (transposes & 1) != 0, (transposes & 2) != 0, 132 * 36, 36 * 68, 68);
            MatchesTheProcessor<Scalar<Float32, float>, float>(device, new(MatMulWay.Square, 1), shape, true, random);
            MatchesTheProcessor<Scalar<Float32, float>, float>(device, new(MatMulWay.Tall, 1), shape, true, random);
            MatchesTheProcessor<Scalar<Float64, double>, double>(device, new(MatMulWay.Square, 1), shape, true, random);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Ways))]
    public void WhatIsNotFiniteStaysInItsRowsAndColumns(string name, string wayName)
    {
        var way = Enum.Parse<MatMulWay>(wayName);
        var device = (IlgpuDevice)TestDevices.Open(name);
        var shape = new MatMulShape(1, 18, 70, 19, false, true, 0, 0);
        float[] a = [.. Enumerable.Range(0, 18 * 70).Select(_ => 1f)], b = [.. Enumerable.Range(0, 70 * 19).Select(_ => 2f)];
        a[(3 * 70) + 69] = float.NaN;
        a[(17 * 70) + 5] = float.PositiveInfinity;
        b[(18 * 70) + 64] = float.NegativeInfinity;
        b[(18 * 70) + 6] = 0;
        float[] expected = Multiply(Device.Cpu, null, shape, a, b, null);
        float[] actual = Multiply(
            device,
            (to, x, y, start) => device.MatMul<Scalar<Float32, float>, float>(Plan(way, 2), shape, to, x, y, start),
            shape, a, b, null);
        Assert.Equal(expected, actual);
        Assert.Equal(19 + 1, actual.Count(float.IsNaN));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void RealNumbersAreMultipliedToRoundingErrorAndAlwaysToTheSameBits(string name)
    {
        var device = (IlgpuDevice)TestDevices.Open(name);
        var random = new Random(3);
        foreach (var shape in new MatMulShape[] { new(3, 20, 10, 30, false, true, 200, 300), new(1, 20, 1100, 18, true, false, 0, 0) })
        {
            float[] a = Uniform((shape.BatchStrideA * 2) + (shape.Rows * shape.Inner));
            float[] b = Uniform((shape.BatchStrideB * 2) + (shape.Inner * shape.Columns));
            double[] expected = Multiply(Device.Cpu, null, shape, Wide(a), Wide(b), null);
            float[] first = Multiply(device, null, shape, a, b, null), second = Multiply(device, null, shape, a, b, null);
            Assert.Equal(first.Select(BitConverter.SingleToInt32Bits), second.Select(BitConverter.SingleToInt32Bits));
            Assert.All(first.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-4));
        }

        Assert.True(MatMulPlan.Of(new(1, 20, 1100, 18, true, false, 0, 0), ElementType.Float32).Pieces > 1);
        float[] Uniform(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
        double[] Wide(float[] numbers) => [.. numbers.Select(number => (double)number)];
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void TensorCoresRoundWhatIsMultipliedAndAreForCudaOnly(string name)
    {
        if (!name.StartsWith("cuda", StringComparison.Ordinal))
        {
            Assert.Contains("only CUDA cards", Assert.Throws<ArgumentException>(() => Device.Open(name + "+tf32")).Message);
            return;
        }

        using var device = Device.Open(name + "+tf32");
        Assert.Equal(name + "+tf32", device.Name);
        var shape = new MatMulShape(1, 512, 260, 512, false, true, 0, 0);
        Assert.Equal(MatMulWay.TensorCores, MatMulPlan.Of(shape, ElementType.Float32, true).Way);
        var random = new Random(4);
        float[] a = Uniform(), b = Uniform();
        double[] exact = Multiply(Device.Cpu, null, shape, Wide(a), Wide(b), null);
        double[] sizes = Multiply(Device.Cpu, null, shape, Wide(a, Math.Abs), Wide(b, Math.Abs), null);
        float[] result = Multiply(device, null, shape, a, b, null);
        double worst = Enumerable.Range(0, result.Length).Max(i => Math.Abs(result[i] - exact[i]) / sizes[i]);
        Assert.InRange(worst, 1e-5, 1.0 / 1024);

        float[] Uniform() => [.. Enumerable.Range(0, 512 * 260).Select(_ => (random.NextSingle() * 2) - 1)];
        double[] Wide(float[] numbers, Func<double, double>? change = null)
            => [.. numbers.Select(number => change is null ? number : change(number))];
    }

    [Fact]
    public void ShapesTakeTheKernelsMeantForThem()
    {
        var shapes = new (MatMulShape Shape, MatMulWay Way, bool Split)[]
        {
            (Shape(1, 1024, 1024, 1024), MatMulWay.Tall, false),
            (Shape(1, 4096, 64, 4096), MatMulWay.Tall, false),
            (Shape(1, 512, 512, 512), MatMulWay.Square, true),
            (Shape(1, 64, 4096, 64), MatMulWay.Small, true),
            (Shape(1000, 64, 64, 64), MatMulWay.Square, false),
            (Shape(1, 256, 256, 256), MatMulWay.Small, false),
            (Shape(1, 32, 288, 40), MatMulWay.Small, false),
            (Shape(1, 640, 40, 4), MatMulWay.Small, false),
            (Shape(1, 288, 640, 40), MatMulWay.Small, true),
            (Shape(2048, 10, 1, 10), MatMulWay.Body, false),
            (Shape(256, 10, 10, 10), MatMulWay.Body, false),
            (Shape(2048, 1, 64, 1), MatMulWay.Body, false),
        };
        Assert.All(shapes, expected =>
        {
            var plan = MatMulPlan.Of(expected.Shape, ElementType.Float32);
            Assert.Equal(expected.Way, plan.Way);
            Assert.Equal(expected.Split, plan.Pieces > 1);
        });
        Assert.Equal(MatMulWay.Square, MatMulPlan.Of(Shape(1, 1024, 1024, 1024), ElementType.Float64).Way);

        static MatMulShape Shape(int batch, int rows, int inner, int columns)
            => new(batch, rows, inner, columns, false, false, rows * inner, inner * columns);
    }

    private static MatMulPlan Plan(MatMulWay way, int pieces) => new(way, way == MatMulWay.Body ? 1 : pieces);

    private static int Rounds(string device) => device == "emulator" ? 15 : 400;

    // Small integers: sums are exact, in whatever order.
    private static void MatchesTheProcessor<V, T>(IlgpuDevice device, MatMulPlan plan, MatMulShape shape, bool hasBias, Random random)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, INumber<T>
    {
        T[] a = Integers(shape.Rows * shape.Inner, shape.BatchStrideA), b = Integers(shape.Inner * shape.Columns, shape.BatchStrideB);
        T[]? bias = hasBias ? Integers(shape.Columns, shape.BatchStrideBias) : null;
        T[] expected = Multiply(Device.Cpu, null, shape, a, b, bias);
        T[] actual = Multiply(device, (to, x, y, start) => device.MatMul<V, T>(plan, shape, to, x, y, start), shape, a, b, bias);
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{plan}, {shape}, bias: {hasBias}, {typeof(T).Name}");

        T[] Integers(int size, int stride)
            => [.. Enumerable.Range(0, size + ((shape.Batch - 1) * stride)).Select(_ => T.CreateChecked(random.Next(-4, 5)))];
    }

    private static T[] Multiply<T>(
        Device device, Action<Buffer, Buffer, Buffer, Buffer?>? multiply, MatMulShape shape, T[] a, T[] b, T[]? bias)
        where T : unmanaged, INumber<T>
    {
        T untouched = T.CreateChecked(-77777);
        int count = shape.Batch * shape.Rows * shape.Columns;
        Buffer x = Before(T.CreateChecked(double.NaN), a), y = Before(T.CreateChecked(double.NaN), b);
        var start = bias is null ? null : Before(T.CreateChecked(double.NaN), bias);
        var to = Before(untouched, [.. Enumerable.Repeat(untouched, count)]);
        multiply ??= (to, x, y, start) => device.MatMul(ElementTypes.Of<T>(), shape, to, x, y, start);
        multiply(to, x, y, start);
        var result = new T[count + Zone];
        device.Download<T>(to, result);
        Assert.True(result.AsSpan(count).IndexOfAnyExcept(untouched) < 0, $"{shape}: something is written behind the result");
        foreach (var buffer in new[] { x, y, to })
            device.Free(buffer);
        if (start is not null)
            device.Free(start);
        return result[..count];

        Buffer Before(T filler, T[] numbers)
        {
            T[] whole = [.. numbers, .. Enumerable.Repeat(filler, Zone)];
            var buffer = device.Allocate(whole.Length * (long)ElementTypes.Of<T>().Size());
            device.Upload<T>(whole, buffer);
            return buffer;
        }
    }
}
