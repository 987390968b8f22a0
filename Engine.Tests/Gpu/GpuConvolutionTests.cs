using System.Numerics;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Gpu;

/// <summary>
/// Convolutions of GPU devices against those of the processor. The emulator runs one code for both types of numbers, and takes long:
/// Float32 will do there.
/// </summary>
[Collection(nameof(GpuCollection))]
public class GpuConvolutionTests
{
    // Numbers behind each result, which must stay as they are.
    private const int Zone = 40, Untouched = -77777;

    // Sizes at which something changes: no, one, few and many channels, odd ones, windows that stand out, kernels as large as images,
    // kernels and images too large for shared memory, sums shared out among threads, several groups and pieces.
    private static readonly ConvolutionShape[] s_small =
    [
        Same(1, 1, 1, 1, 1, 1, 1), Same(2, 4, 4, 1, 1, 3, 3), Same(5, 5, 7, 3, 5, 3, 3), Valid(3, 6, 6, 2, 4, 3, 3),
        Same(1, 3, 3, 5, 40, 3, 3), Same(1, 2, 3, 33, 3, 3, 1), Valid(2, 4, 4, 3, 9, 1, 1), Same(1, 4, 3, 2, 70, 1, 3),
        Valid(2, 4, 5, 2, 3, 4, 5), Same(0, 4, 4, 2, 3, 3, 3), Same(2, 4, 4, 0, 3, 3, 3), Same(2, 4, 4, 3, 0, 3, 3),
        new(2, 4, 5, 3, 4, 5, 5, 3, 1, 5, 6), new(2, 6, 7, 3, 4, 3, 3, 0, 0, 2, 3), new(2, 6, 7, 3, 4, 3, 3, 1, 0, 3, 6),
        Valid(1, 28, 28, 1, 1, 27, 27), Valid(1, 34, 34, 1, 1, 33, 33), Same(1, 2, 130, 1, 5, 3, 3), Same(1, 2, 2, 300, 2, 1, 1),
        Same(300, 2, 2, 1, 2, 3, 3), Same(2, 9, 9, 2, 5, 5, 3), Same(1, 6, 6, 16, 8, 3, 3),
        Same(2, 4, 4, 2, 5, 3, 3) with { Members = 3 }, Valid(5, 4, 5, 9, 40, 3, 1) with { Members = 2 },
        Valid(1, 28, 28, 1, 1, 27, 27) with { Members = 2 }, Valid(1, 34, 34, 1, 1, 33, 33) with { Members = 2 },
        Same(3, 2, 2, 1, 2, 1, 3) with { Members = 150 }, Same(2, 4, 4, 2, 3, 3, 3) with { Members = 0 },
    ];

    // Those of the networks here.
    private static readonly ConvolutionShape[] s_usual
        = [Same(1, 12, 12, 5, 32, 3, 3), Same(1, 6, 6, 32, 32, 3, 3), Same(2, 3, 3, 32, 32, 3, 3)];

    public static TheoryData<string, ConvolutionForm, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, ConvolutionForm, bool>();
            foreach (string device in TestDevices.KernelDevices)
            {
                foreach (var form in Enum.GetValues<ConvolutionForm>())
                {
                    data.Add(device, form, false);
                    data.Add(device, form, true);
                }
            }

            return data;
        }
    }

    // A layer of the network here at each of the batches with which it is trained and played.
    private static readonly ConvolutionShape[] s_batches
        = [Same(32, 12, 12, 5, 32, 3, 3), Same(640, 3, 3, 32, 32, 3, 3), Same(672, 6, 6, 5, 32, 3, 3)];

    // Chunks of channels that are whole and not, several images to a group and parts of images, other windows and paddings.
    private static readonly ConvolutionShape[] s_tensorCores =
    [
        Same(3, 12, 12, 5, 32, 3, 3), Same(2, 6, 6, 32, 32, 3, 3), Same(130, 2, 2, 4, 16, 3, 3),
        Same(2, 3, 3, 20, 40, 3, 3) with { Members = 2 },
        Valid(3, 5, 6, 33, 17, 2, 4), Same(1, 9, 14, 16, 32, 1, 1), Same(1, 7, 9, 16, 16, 5, 5), Same(1, 2, 2, 3, 32, 3, 3),
    ];

    public static TheoryData<string> Names => TestDevices.ForKernels;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void ConvolutionsOfAllKindsOfSizesAreThoseOfTheProcessor(string device, ConvolutionForm form, bool pooled)
    {
        foreach (var shape in s_small)
        {
            Agrees<float>(device, form, shape, pooled);
            if (device != "emulator")
                Agrees<double>(device, form, shape, pooled);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void UsualConvolutionsAreThoseOfTheProcessor(string device, ConvolutionForm form, bool pooled)
    {
        foreach (var shape in s_usual)
            Agrees<float>(device, form, shape, pooled);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void WhatIsNotFiniteMeetsAllZeros(string device, ConvolutionForm form, bool pooled)
    {
        foreach (var shape in s_small.Where(shape => shape.Taps < 500 && (device != "emulator" || shape.Batch == 2)))
        {
            Agrees<float>(device, form, shape, pooled, operands => operands.A[operands.A.Length / 2] = float.NegativeInfinity);
            Agrees<float>(device, form, shape, pooled, operands => operands.B[operands.B.Length / 3] = float.PositiveInfinity);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void BatchesOfTheNetworkAreThoseOfTheProcessor(string device, ConvolutionForm form, bool pooled)
    {
        Assert.SkipWhen(device == "emulator", "The emulator is too slow for these sizes.");
        foreach (var shape in s_batches)
            Agrees<float>(device, form, shape, pooled);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void ReluPoolIsThatOfTheProcessor(string device)
    {
        foreach (var shape in s_small)
        {
            PoolAgrees<float>(device, shape, hasNaN: false);
            if (device != "emulator")
                PoolAgrees<double>(device, shape, hasNaN: true);
        }

        foreach (var shape in s_usual)
            PoolAgrees<float>(device, shape, hasNaN: true);
    }

    // Small integers are numbers of tf32: the sums are exact.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void TensorCoresConvolveAsTheProcessor(string name, ConvolutionForm form, bool pooled)
    {
        Assert.SkipUnless(name.StartsWith("cuda", StringComparison.Ordinal), "Only CUDA cards have tensor cores.");
        using var device = (IlgpuDevice)Device.Open(name + "+tf32");
        device.LargeConvolution = 0;
        foreach (var shape in s_tensorCores)
        {
            var operands = Operands<float>.Integers(form, shape, pooled);
            Assert.Equal(operands.Convolve(Device.Cpu), operands.Convolve(device));
            if (form == ConvolutionForm.Forward && pooled)
            {
                var (expected, places) = operands.ReluPool(Device.Cpu);
                var (actual, actualPlaces) = operands.ReluPool(device);
                Assert.Equal(expected, actual);
                Assert.Equal(places, actualPlaces);
            }
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void TensorCoresRoundWhatIsLargeAndNothingElse(string name)
    {
        Assert.SkipUnless(name.StartsWith("cuda", StringComparison.Ordinal), "Only CUDA cards have tensor cores.");
        using var device = (IlgpuDevice)Device.Open(name + "+tf32");
        var random = new Random(1);
        var operands = Operands<float>.Of(ConvolutionForm.Forward, Same(2, 6, 6, 32, 32, 3, 3), false, () => random.NextSingle() - 0.5f);
        Assert.Equal(operands.Convolve(TestDevices.Open(name)), operands.Convolve(device));
        device.LargeConvolution = operands.Shape.Operations;
        double[] exact = Wide(x => x).Convolve(Device.Cpu), sizes = Wide(Math.Abs).Convolve(Device.Cpu);
        float[] rounded = operands.Convolve(device);
        Assert.InRange(Enumerable.Range(0, rounded.Length).Max(i => Math.Abs(rounded[i] - exact[i]) / sizes[i]), 1e-5, 1.0 / 1024);

        Operands<double> Wide(Func<double, double> change)
            => new(
                operands.Form, operands.Shape, [.. operands.A.Select(x => change(x))], [.. operands.B.Select(x => change(x))], null,
                operands.Count);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void TheSameIsComputedTwice(string device, ConvolutionForm form, bool pooled)
    {
        foreach (var shape in (ConvolutionShape[])[Same(3, 6, 6, 5, 9, 3, 3), Same(1, 4, 4, 32, 8, 3, 3)])
        {
            var random = new Random(1);
            var operands = Operands<float>.Of(form, shape, pooled, () => (float)((random.NextDouble() * 2) - 1));
            float[] first = operands.Convolve(TestDevices.Open(device));
            Assert.Equal(first, operands.Convolve(TestDevices.Open(device)));
            Assert.Contains(first, number => number != 0);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void MemoryOnTheWayIsReturned(string device)
    {
        // A device of its own, so that no other test's memory counts.
        using var gpu = Device.Open(device);
        Operands<float>.Integers(ConvolutionForm.WeightGradient, Same(3, 4, 4, 2, 3, 3, 3), false).Convolve(gpu);
        Assert.Equal(0, gpu.Pool.LiveBlocks);
    }

    private static ConvolutionShape Same(int batch, int height, int width, int inputs, int outputs, int windowHeight, int windowWidth)
        => new(batch, height, width, inputs, outputs, windowHeight, windowWidth, windowHeight / 2, windowWidth / 2, height, width);

    private static ConvolutionShape Valid(int batch, int height, int width, int inputs, int outputs, int windowHeight, int windowWidth)
        => new(
            batch, height, width, inputs, outputs, windowHeight, windowWidth, 0, 0, height - windowHeight + 1, width - windowWidth + 1);

    // Small integers: sums are exact, in whatever order.
    private static void Agrees<T>(
        string device, ConvolutionForm form, ConvolutionShape shape, bool pooled, Action<Operands<T>>? change = null)
        where T : unmanaged, INumber<T>
    {
        var operands = Operands<T>.Integers(form, shape, pooled);
        if (operands.A.Length > 0 && operands.B.Length > 0)
            change?.Invoke(operands);
        T[] expected = operands.Convolve(Device.Cpu), actual = operands.Convolve(TestDevices.Open(device));
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{form}, {typeof(T).Name}, pooled {pooled}, {shape}");
    }

    private static void PoolAgrees<T>(string device, ConvolutionShape shape, bool hasNaN)
        where T : unmanaged, INumber<T>
    {
        var operands = Operands<T>.Integers(ConvolutionForm.Forward, shape, true);
        if (hasNaN && operands.A.Length > 0)
            operands.A[operands.A.Length / 2] = T.CreateChecked(double.NaN);
        var (expected, places) = operands.ReluPool(Device.Cpu);
        var (actual, actualPlaces) = operands.ReluPool(TestDevices.Open(device));
        Assert.True(expected.SequenceEqual(actual), $"{typeof(T).Name}, {shape}");
        Assert.True(places.SequenceEqual(actualPlaces), $"positions, {typeof(T).Name}, {shape}");
    }

    private sealed record Operands<T>(ConvolutionForm Form, ConvolutionShape Shape, T[] A, T[] B, int[]? Positions, int Count)
        where T : unmanaged, INumber<T>
    {
        private int Pooled => Shape.Members * Shape.PooledCount;

        public static Operands<T> Integers(ConvolutionForm form, ConvolutionShape shape, bool pooled)
        {
            int next = 1;
            return Of(form, shape, pooled, () => T.CreateChecked(((next = next * 31 % 1009) % 9) - 4));
        }

        public static Operands<T> Of(ConvolutionForm form, ConvolutionShape shape, bool pooled, Func<T> next)
        {
            int[]? positions = pooled ? PositionsOf(shape) : null;
            int images = shape.Members * shape.ImageCount, weights = shape.Members * shape.WeightCount;
            int results = positions?.Length ?? (shape.Members * shape.ResultCount);
            var (a, b, count) = form switch
            {
                ConvolutionForm.Forward => (images, weights, results),
                ConvolutionForm.InputGradient => (results, weights, images),
                _ => (images, results, weights),
            };
            return new(form, shape, Numbers(a), Numbers(b), positions, count);

            T[] Numbers(int size) => [.. Enumerable.Range(0, size).Select(_ => next())];
        }

        public T[] Convolve(Device device)
        {
            Buffer a = Filled(device, A, 0), b = Filled(device, B, 0), to = Empty<T>(device, Count);
            var positions = Positions is null ? null : Filled(device, Positions, 0);
            device.Convolve(ElementTypes.Of<T>(), Form, Shape, to, a, b, positions);
            T[] numbers = Take<T>(device, to, Count);
            Free(device, a, b, positions);
            return numbers;
        }

        public (T[] Numbers, int[] Positions) ReluPool(Device device)
        {
            T[] shifts = [.. Enumerable.Range(0, Shape.Members * Shape.OutputChannels).Select(i => T.CreateChecked((i % 5) - 3))];
            Buffer a = Filled(device, A, 0), b = Filled(device, B, 0), bias = Filled(device, shifts, 0);
            Buffer to = Empty<T>(device, Pooled), positions = Empty<int>(device, Pooled);
            device.ConvolveReluPool(ElementTypes.Of<T>(), Shape, to, positions, a, b, bias);
            var results = (Take<T>(device, to, Pooled), Take<int>(device, positions, Pooled));
            Free(device, a, b, bias);
            return results;
        }

        // One of each window's four pixels, or none.
        private static int[] PositionsOf(ConvolutionShape shape)
        {
            var positions = new List<int>();
            for (int image = 0; image < shape.Members * shape.Batch; image++)
            {
                for (int row = 0; row < shape.OutputHeight / 2; row++)
                {
                    for (int column = 0; column < shape.OutputWidth / 2; column++)
                    {
                        for (int channel = 0; channel < shape.OutputChannels; channel++)
                        {
                            int choice = positions.Count * 7 % 11 % 5;
                            int pixel = (((2 * row) + (choice >> 1)) * shape.OutputWidth) + (2 * column) + (choice & 1);
                            positions.Add(choice == 4 ? -1 : (pixel * shape.OutputChannels) + channel);
                        }
                    }
                }
            }

            return [.. positions];
        }

        private static Buffer Empty<TElement>(Device device, int count)
            where TElement : unmanaged, INumber<TElement>
            => Filled(device, Enumerable.Repeat(TElement.CreateChecked(Untouched), count).ToArray(), Zone);

        private static Buffer Filled<TElement>(Device device, TElement[] values, int zone)
            where TElement : unmanaged, INumber<TElement>
        {
            TElement[] all = [.. values, .. Enumerable.Repeat(TElement.CreateChecked(Untouched), zone)];
            var buffer = device.Allocate(Math.Max(1, all.Length) * (long)ElementTypes.Of<TElement>().Size());
            device.Upload<TElement>(all, buffer);
            return buffer;
        }

        private static TElement[] Take<TElement>(Device device, Buffer buffer, int count)
            where TElement : unmanaged, INumber<TElement>
        {
            var all = new TElement[count + Zone];
            device.Download<TElement>(buffer, all);
            device.Free(buffer);
            Assert.True(
                all.AsSpan(count).IndexOfAnyExcept(TElement.CreateChecked(Untouched)) < 0, "something is written behind the result");
            return all[..count];
        }

        private static void Free(Device device, params Buffer?[] buffers)
        {
            foreach (var buffer in buffers)
            {
                if (buffer is not null)
                    device.Free(buffer);
            }
        }
    }
}
