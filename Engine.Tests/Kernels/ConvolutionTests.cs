using System.Numerics;
using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Cpu;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Kernels;

public sealed class ConvolutionTests : IDisposable
{
    // Elements behind each operand, NaN, and behind each result, which must stay as they are.
    private const int Zone = 40;

    private readonly CpuDevice _one = new(1);
    private readonly CpuDevice _two = new(2);
    private readonly CpuDevice _three = new(3);

    public static TheoryData<ConvolutionForm> Forms => [.. Enum.GetValues<ConvolutionForm>()];

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
        _three.Dispose();
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void SmallConvolutionsAreThoseOfTheBody(ConvolutionForm form)
    {
        for (int sizes = 0; sizes < 5 * 5 * 4 * 4; sizes++)
        {
            int height = sizes % 5, width = sizes / 5 % 5, inputs = sizes / 25 % 4, outputs = sizes / 100;
            foreach (int window in (int[])[1, 3, 5])
            {
                MatchesBody<float>(form, Same(sizes % 3, height, width, inputs, outputs, window, 3));
                MatchesBody<double>(form, Same(2, height, width, inputs, outputs, 3, window));
                if (height >= window && width >= 3)
                    MatchesBody<float>(form, Valid(2, height, width, inputs, outputs, window, 3));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ConvolutionsAroundTileEdgesAreThoseOfTheBody(ConvolutionForm form)
    {
        int[] channels = [4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 64, 70];
        for (int i = 0; i < channels.Length * channels.Length; i++)
        {
            int inputs = channels[i % channels.Length], outputs = channels[i / channels.Length];
            MatchesBody<float>(form, Same(1 + (i % 3), 3, 6 + (i % 9), inputs, outputs, 3, 3));
            MatchesBody<double>(form, Valid(1 + (i % 2), 4, 5 + (i % 9), inputs, outputs, 3, 3));
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void LargeConvolutionsAreThoseOfTheBody(ConvolutionForm form)
    {
        MatchesBody<float>(form, Same(70, 12, 12, 5, 32, 3, 3));
        MatchesBody<double>(form, Same(37, 6, 6, 32, 32, 3, 3));
        MatchesBody<float>(form, Valid(9, 20, 31, 3, 20, 5, 7));
        MatchesBody<float>(form, Same(300, 3, 3, 2, 3, 3, 3));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ConvolutionsOfMostlyZerosAreThoseOfTheBody(ConvolutionForm form)
    {
        foreach (int channels in (int[])[1, 5, 8, 16, 32, 37, 64])
        {
            ConvolutionShape[] shapes =
            [
                Same(5, 7, 12, channels, channels, 3, 3), Same(3, 4, 3, channels, 32, 5, 7), Valid(3, 6, 9, channels, 64, 3, 5),
                Valid(2, 5, 5, 64, channels, 1, 1), new(2, 6, 7, channels, 32, 3, 3, 1, 0, 3, 6),
            ];
            foreach (var shape in shapes)
            {
                MatchesBody<float>(form, shape, zeros: 10);
                MatchesBody<double>(form, shape, zeros: 10);
            }
        }
    }

    // With few zeros and with many, full panels of channels and others, padding on all sides, on some and none.
    [Theory]
    [MemberData(nameof(Forms))]
    public void WhatIsNotFiniteMeetsAllZeros(ConvolutionForm form)
    {
        foreach (int channels in (int[])[1, 16, 37, 64])
        {
            ConvolutionShape[] shapes =
            [
                Same(5, 5, 6, channels, channels, 3, 3), Same(2, 4, 3, channels, 32, 5, 7), Valid(2, 6, 7, channels, 64, 3, 5),
                Same(9, 4, 5, 3, channels, 3, 1), new(2, 6, 7, channels, 32, 3, 3, 1, 0, 3, 6),
            ];
            foreach (var shape in shapes)
            {
                foreach (double number in (double[])[double.NegativeInfinity, double.NaN])
                {
                    MatchesBody(form, shape, operands => operands.A[operands.A.Length / 3] = (float)number);
                    MatchesBody(form, shape, operands => operands.B[operands.B.Length / 2] = (float)number);
                    MatchesBody(form, shape, operands => operands.A[0] = operands.B[^1] = (float)number);
                }
            }
        }

        void MatchesBody(ConvolutionForm form, ConvolutionShape shape, Action<Operands<float>> change)
        {
            foreach (int zeros in (int[])[0, 10])
            {
                var operands = Operands<float>.Integers(form, shape, zeros);
                change(operands);
                Assert.True(operands.ConvolveByBody(_two).AsSpan().SequenceEqual(operands.Convolve(_two)), $"{form}, {zeros}, {shape}");
            }
        }
    }

    [Fact]
    public void LongSumsOfWeightsLoseLittle()
    {
        var shape = Same(30, 100, 100, 1, 1, 1, 1);
        var operands = Operands<float>.Of(ConvolutionForm.WeightGradient, shape, () => 0.1f);
        Assert.Equal(3e5 * 0.1f * 0.1f, operands.Convolve(_two)[0], 3e3 * 6e-6);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void NumbersOfThreadsDoNotChangeABit(ConvolutionForm form)
    {
        ConvolutionShape[] shapes =
            [Same(65, 12, 12, 5, 32, 3, 3), Same(50, 6, 6, 33, 31, 3, 3), Valid(40, 9, 9, 3, 7, 3, 3) with { Members = 3 }];
        foreach (var shape in shapes)
        {
            foreach (double zeros in (double[])[0, 0.9])
            {
                var random = new Random(1);
                var operands = Operands<float>.Of(
                    form, shape, () => random.NextDouble() < zeros ? 0 : (float)((random.NextDouble() * 2) - 1));
                float[] expected = operands.Convolve(_one);
                Assert.Equal(expected, operands.Convolve(_two));
                Assert.Equal(expected, operands.Convolve(_three));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ScratchMemoryIsReturned(ConvolutionForm form)
    {
        Operands<float>.Integers(form, Same(65, 12, 12, 5, 30, 3, 3)).Convolve(_two);
        Assert.Equal(0, _two.Pool.LiveBlocks);
    }

    [Fact]
    public void OtherPaddingsAreThoseOfTheBody()
    {
        foreach (var form in Enum.GetValues<ConvolutionForm>())
        {
            MatchesBody<float>(form, new ConvolutionShape(2, 4, 5, 3, 4, 5, 5, 3, 1, 5, 6));
            MatchesBody<float>(form, new ConvolutionShape(2, 6, 7, 3, 4, 3, 3, 0, 0, 2, 3));
            MatchesBody<float>(form, new ConvolutionShape(2, 6, 7, 3, 4, 3, 3, 1, 0, 3, 6));
        }
    }

    private static ConvolutionShape Same(int batch, int height, int width, int inputs, int outputs, int windowHeight, int windowWidth)
        => new(batch, height, width, inputs, outputs, windowHeight, windowWidth, windowHeight / 2, windowWidth / 2, height, width);

    private static ConvolutionShape Valid(int batch, int height, int width, int inputs, int outputs, int windowHeight, int windowWidth)
        => new(
            batch, height, width, inputs, outputs, windowHeight, windowWidth, 0, 0, height - windowHeight + 1, width - windowWidth + 1);

    [Theory]
    [MemberData(nameof(Forms))]
    public void ConvolutionsOfMembersAreThoseOfTheBody(ConvolutionForm form)
    {
        ConvolutionShape[] shapes =
        [
            Same(3, 5, 4, 3, 37, 3, 3), Same(1, 12, 12, 5, 32, 3, 3), Valid(20, 4, 5, 2, 3, 3, 1), Same(0, 4, 4, 2, 3, 3, 3),
            Same(2, 4, 4, 0, 3, 3, 3), new(2, 6, 7, 3, 4, 3, 3, 1, 0, 3, 6),
        ];
        foreach (var shape in shapes)
        {
            foreach (int members in (int[])[0, 2, 5])
            {
                MatchesBody<float>(form, shape with { Members = members });
                MatchesBody<double>(form, shape with { Members = members }, zeros: 5);
            }
        }
    }

    // Small integers: sums are exact, in whatever order.
    private void MatchesBody<T>(ConvolutionForm form, ConvolutionShape shape, int zeros = 0)
        where T : unmanaged, INumber<T>
    {
        var operands = Operands<T>.Integers(form, shape, zeros);
        Assert.True(operands.ConvolveByBody(_two).AsSpan().SequenceEqual(operands.Convolve(_two)), $"{form}, {typeof(T).Name}, {shape}");
    }

    private sealed record Operands<T>(ConvolutionForm Form, ConvolutionShape Shape, T[] A, T[] B, int Count)
        where T : unmanaged, INumber<T>
    {
        private static T Untouched => T.CreateChecked(-77777);

        // With so many zeros for each other number, on average.
        public static Operands<T> Integers(ConvolutionForm form, ConvolutionShape shape, int zeros = 0)
        {
            int next = 1;
            return Of(form, shape, () => (next = next * 31 % 1009) % (zeros + 1) > 0 ? T.Zero : T.CreateChecked((next % 9) - 4));
        }

        public static Operands<T> Of(ConvolutionForm form, ConvolutionShape shape, Func<T> next)
        {
            int images = shape.Members * shape.ImageCount, results = shape.Members * shape.ResultCount;
            int weights = shape.Members * shape.WeightCount;
            var (a, b, count) = form switch
            {
                ConvolutionForm.Forward => (images, weights, results),
                ConvolutionForm.InputGradient => (results, weights, images),
                _ => (images, results, weights),
            };
            return new(form, shape, Numbers(a), Numbers(b), count);

            T[] Numbers(int size) => [.. Enumerable.Range(0, size).Select(_ => next())];
        }

        public T[] Convolve(CpuDevice device)
            => On(device, (to, a, b) => device.Convolve(ElementTypes.Of<T>(), Form, Shape, to, a, b));

        public T[] ConvolveByBody(CpuDevice device) => On(device, (to, a, b) =>
        {
            var sizes = new ConvolutionSizes(Shape);
            switch (Form)
            {
                case ConvolutionForm.Forward:
                    device.For(Count, new ConvolutionBody<T>(sizes, to.Write<T>(), a.Read<T>(), b.Read<T>()));
                    break;
                case ConvolutionForm.InputGradient:
                    device.For(Count, new ConvolutionInputGradientBody<T>(sizes, to.Write<T>(), a.Read<T>(), b.Read<T>()));
                    break;
                default:
                    device.For(Count, new ConvolutionWeightGradientBody<T>(sizes, to.Write<T>(), a.Read<T>(), b.Read<T>()));
                    break;
            }
        });

        private T[] On(CpuDevice device, Action<Buffer, Buffer, Buffer> compute)
        {
            Buffer a = Before(T.CreateChecked(double.NaN), A), b = Before(T.CreateChecked(double.NaN), B);
            var to = Before(Untouched, [.. Enumerable.Repeat(Untouched, Count)]);
            compute(to, a, b);
            var numbers = new T[Count + Zone];
            device.Download<T>(to, numbers);
            foreach (var buffer in (Buffer[])[a, b, to])
                device.Free(buffer);
            Assert.True(numbers.AsSpan(Count).IndexOfAnyExcept(Untouched) < 0, $"{Form}, {Shape}: something is written behind the result");
            return numbers[..Count];

            Buffer Before(T filler, T[] values)
            {
                var zone = new T[Zone];
                Array.Fill(zone, filler);
                var buffer = device.Allocate((values.Length + Zone) * (long)ElementTypes.Of<T>().Size());
                device.Upload<T>([.. values, .. zone], buffer);
                return buffer;
            }
        }
    }
}
