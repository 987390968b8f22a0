using System.Numerics;
using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Cpu;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Kernels;

public sealed class MatMulTests : IDisposable
{
    // Elements behind each operand, NaN, and behind each result, which must stay as they are.
    private const int Zone = 40;

    private static readonly int[] s_edges = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100];

    private readonly CpuDevice _one = new(1);
    private readonly CpuDevice _two = new(2);
    private readonly CpuDevice _three = new(3);

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
        _three.Dispose();
    }

    [Fact]
    public void SmallFloatProductsAreThoseOfTheBody() => SmallProductsAreThoseOfTheBody<float>();

    [Fact]
    public void SmallDoubleProductsAreThoseOfTheBody() => SmallProductsAreThoseOfTheBody<double>();

    [Property]
    public Property FloatProductsAroundTileEdgesAreThoseOfTheBody() => ProductsAroundTileEdgesAreThoseOfTheBody<float>();

    [Property]
    public Property DoubleProductsAroundTileEdgesAreThoseOfTheBody() => ProductsAroundTileEdgesAreThoseOfTheBody<double>();

    [Theory]
    [InlineData(70, 300, 700)]
    [InlineData(131, 515, 405)]
    [InlineData(64, 1030, 200)]
    [InlineData(17, 120, 100)]
    [InlineData(515, 405, 66)]
    public void LargeProductsAreThoseOfTheBody(int rows, int inner, int columns)
    {
        for (int variant = 0; variant < 4; variant++)
        {
            var shape = Shape(2, rows, inner, columns, (variant & 1) != 0, (variant & 2) != 0, variant == 1, variant == 2, 0);
            MatchesBody<float>(shape, variant != 3);
            if (variant == 3)
                MatchesBody<double>(shape, true);
        }
    }

    // Ten rows are a tile of their own, others a tile and a rest.
    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(18)]
    [InlineData(26)]
    public void BatchesOfNarrowProductsAreThoseOfTheBody(int rows)
    {
        foreach (int columns in (int[])[5, 10, 16])
        {
            for (int variant = 0; variant < 8; variant++)
            {
                var shape = Shape(40, rows, 10, columns, (variant & 1) != 0, (variant & 2) != 0, false, false, 0);
                MatchesBody<float>(shape, (variant & 4) != 0);
                MatchesBody<double>(shape, (variant & 4) != 0);
            }
        }
    }

    // Of equal numbers, whose rounding errors all point in one direction: a block of them is off by 4e-6.
    [Theory]
    [InlineData(1, 1 << 21, 1)]
    [InlineData(1, 1 << 18, 2)]
    [InlineData(1, 1 << 18, 20)]
    [InlineData(3, 1 << 18, 1)]
    [InlineData(7, 1 << 18, 5)]
    [InlineData(70, 1 << 16, 70)]
    [InlineData(20, 1 << 16, 300)]
    public void LongSumsLoseLittle(int rows, int inner, int columns)
    {
        using var scope = new TensorScope();
        foreach (bool transposeA in (bool[])[false, true])
        {
            foreach (bool transposeB in (bool[])[false, true])
            {
                var a = Tensor.Full(0.1, transposeA ? [inner, rows] : [rows, inner], device: _two);
                var b = Tensor.Full(0.7, transposeB ? [columns, inner] : [inner, columns], device: _two);
                double exact = (double)0.1f * 0.7f * inner;
                Assert.All(
                    a.MatMul(b, transposeA, transposeB).ToDoubles(), sum => Assert.InRange(Math.Abs(sum - exact) / exact, 0, 6e-6));
            }
        }
    }

    [Fact]
    public void OnesAreCounted()
    {
        using var scope = new TensorScope();
        var ones = Tensor.Full(1, [1 << 25], device: _two);
        Assert.Equal(1 << 25, ones.ReshapeTo([1, ones.Count]).MatMul(ones.ReshapeTo([ones.Count, 1])).Item());
    }

    [Theory]
    [InlineData(100, 200, 200)]
    [InlineData(70, 450, 460)]
    public void ColumnsTimesOneLargeMatrixAreThoseOfTheBody(int batch, int rows, int inner)
    {
        // Computed as one product with the operands exchanged, in which the bias is one number for all.
        foreach (bool transposed in (bool[])[false, true])
            MatchesBody<float>(Shape(batch, rows, inner, 1, transposed, false, true, false, 0) with { BatchStrideBias = 0 }, true);
    }

    [Fact]
    public void NumbersOfThreadsDoNotChangeABit()
    {
        foreach (var shape in Threadable())
        {
            var operands = Operands<float>.Random(shape, true, 5);
            float[] expected = operands.Multiply(_one);
            Assert.Equal(expected, operands.Multiply(_two));
            Assert.Equal(expected, operands.Multiply(_three));
        }
    }

    [Property]
    public Property SplitBatchesDoNotChangeABit()
        => Prop.ForAll(Shapes(12, 12).ToArbitrary(), Seeds(), (shape, seed) =>
        {
            var operands = Operands<float>.Random(shape, seed % 2 == 0, seed);
            float[] whole = operands.Multiply(_one);
            int size = shape.Rows * shape.Columns;
            for (int matrix = 0; matrix < shape.Batch; matrix++)
            {
                var alone = operands.Only(matrix);
                Assert.Equal(whole.AsSpan(matrix * size, size).ToArray(), alone.Multiply(_one));
            }
        });

    [Fact]
    public void ColumnsOfAProductAreProductsWithColumns()
    {
        // Whichever kernel a shape takes, an element is the same sum in the same order.
        var operands = Operands<float>.Random(Shape(1, 37, 29, 21, false, false, false, false, 0), false, 3);
        float[] whole = operands.Multiply(_one);
        for (int column = 0; column < 21; column++)
        {
            float[] b = [.. Enumerable.Range(0, 29).Select(k => operands.B[(k * 21) + column])];
            float[] single = new Operands<float>(Shape(1, 37, 29, 1, false, false, false, false, 0), operands.A, b, null).Multiply(_one);
            Assert.Equal(Enumerable.Range(0, 37).Select(row => whole[(row * 21) + column]), single);
        }
    }

    [Property]
    public Property RealNumbersAreMultipliedToRoundingError()
        => Prop.ForAll(Shapes(40, 3).ToArbitrary(), Seeds(), (shape, seed) =>
        {
            var operands = Operands<double>.Random(shape, seed % 2 == 0, seed);
            double[] expected = operands.MultiplyByBody(_one), actual = operands.Multiply(_two);
            double[] single = [.. operands.To<float>().Multiply(_two).Select(value => (double)value)];
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], actual[i], 1e-12);
                Assert.Equal(expected[i], single[i], 1e-4);
            }
        });

    [Fact]
    public void NothingIsAllocatedPerProductButItsCommand()
    {
        var operands = Operands<float>.Random(Shape(50, 10, 10, 10, false, true, false, false, 0), true, 1);
        operands.Multiply(_one);
        using var buffers = operands.Upload(_one);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            buffers.Multiply();
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100 * 512);
    }

    [Fact]
    public void ARecordingReplaysALargeProduct()
    {
        var operands = Operands<float>.Random(Shape(1, 65, 450, 450, false, true, false, false, 0), true, 9);
        float[] expected = operands.Multiply(_two);
        using var buffers = operands.Upload(_two);
        using var recording = new Recording(_two);
        recording.Observe(() =>
        {
            buffers.Multiply();
            return [buffers.C];
        });
        recording.Store(() =>
        {
            buffers.Multiply();
            return [buffers.C];
        });
        buffers.Clear();
        recording.Replay();
        Assert.Equal(2, recording.CommandCount);
        Assert.Equal(expected, buffers.Result());
    }

    private static Arbitrary<int> Seeds() => Gen.Choose(0, 1000).ToArbitrary();

    private static Gen<MatMulShape> Shapes(int largest, int batches)
        => from size in Gen.Choose(1, largest).Three()
           from batch in Gen.Choose(1, batches)
           from gap in Gen.Choose(0, 2)
           from flags in Gen.Choose(0, 15)
           select Shape(
               batch, size.Item1, size.Item2, size.Item3, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, gap);

    // Each large enough for three threads, one for each kernel.
    private static IEnumerable<MatMulShape> Threadable() =>
    [
        Shape(4000, 10, 10, 10, false, false, false, false, 0),
        Shape(4000, 10, 10, 10, false, true, false, false, 0),
        Shape(9000, 10, 10, 1, false, false, false, false, 0),
        Shape(9000, 10, 1, 10, true, false, false, false, 0),
        Shape(20000, 1, 10, 3, false, false, false, false, 0),
        Shape(1, 645, 288, 40, false, false, false, false, 0),
        Shape(1, 289, 670, 41, true, false, false, false, 0),
        Shape(3, 405, 500, 409, true, true, false, false, 0),
    ];

    private static MatMulShape Shape(
        int batch, int rows, int inner, int columns, bool transposeA, bool transposeB, bool shareA, bool shareB, int gap)
        => new(
            batch, rows, inner, columns, transposeA, transposeB, shareA ? 0 : (rows * inner) + gap, shareB ? 0 : (inner * columns) + gap,
            shareB ? 0 : columns);

    private void SmallProductsAreThoseOfTheBody<T>()
        where T : unmanaged, INumber<T>
    {
        for (int sizes = 0; sizes < 1000; sizes++)
        {
            for (int variant = 0; variant < 32; variant++)
            {
                int rows = sizes / 100, inner = sizes / 10 % 10, columns = sizes % 10;
                bool shareA = (variant & 4) != 0, shareB = (variant & 8) != 0;
                var shape = Shape(3, rows, inner, columns, (variant & 1) != 0, (variant & 2) != 0, shareA, shareB, 0);
                MatchesBody<T>(shape, (variant & 16) != 0);
            }
        }
    }

    private Property ProductsAroundTileEdgesAreThoseOfTheBody<T>()
        where T : unmanaged, INumber<T>
        => Prop.ForAll(Gen.Elements(s_edges).Three().ToArbitrary(), Gen.Choose(0, 31).ToArbitrary(), (size, variant) =>
        {
            var (rows, inner, columns) = size;
            bool shareA = (variant & 4) != 0, shareB = (variant & 8) != 0;
            MatchesBody<T>(Shape(2, rows, inner, columns, (variant & 1) != 0, (variant & 2) != 0, shareA, shareB, 0), (variant & 16) != 0);
        });

    // Small integers: sums are exact, in whatever order.
    private void MatchesBody<T>(MatMulShape shape, bool hasBias)
        where T : unmanaged, INumber<T>
    {
        var operands = Operands<T>.Integers(shape, hasBias);
        Assert.True(operands.MultiplyByBody(_two).AsSpan().SequenceEqual(operands.Multiply(_two)), $"{shape}, bias: {hasBias}");
    }

    private sealed record Operands<T>(MatMulShape Shape, T[] A, T[] B, T[]? Bias)
        where T : unmanaged, INumber<T>
    {
        public static Operands<T> Integers(MatMulShape shape, bool hasBias)
        {
            int next = 1;
            return Of(shape, hasBias, () => T.CreateChecked((next = next * 31 % 1009) % 9 - 4));
        }

        public static Operands<T> Random(MatMulShape shape, bool hasBias, int seed)
        {
            var random = new Random(seed);
            return Of(shape, hasBias, () => T.CreateChecked((random.NextDouble() * 2) - 1));
        }

        public Operands<TTo> To<TTo>()
            where TTo : unmanaged, INumber<TTo>
            => new(Shape, Converted<TTo>(A), Converted<TTo>(B), Bias is null ? null : Converted<TTo>(Bias));

        public Operands<T> Only(int matrix) => new(
            Shape with { Batch = 1 }, A[(matrix * Shape.BatchStrideA)..], B[(matrix * Shape.BatchStrideB)..],
            Bias?[(matrix * Shape.BatchStrideBias)..]);

        public OnDevice<T> Upload(CpuDevice device) => new(device, this);

        public T[] Multiply(CpuDevice device)
        {
            using var buffers = Upload(device);
            buffers.Multiply();
            return buffers.Result();
        }

        public T[] MultiplyByBody(CpuDevice device)
        {
            using var buffers = Upload(device);
            int count = Shape.Batch * Shape.Rows * Shape.Columns;
            var bias = buffers.Bias is null ? default : buffers.Bias.Read<T>();
            device.For(count, new MatMulBody<T>(Shape, buffers.C.Write<T>(), buffers.A.Read<T>(), buffers.B.Read<T>(), bias));
            return buffers.Result();
        }

        private static Operands<T> Of(MatMulShape shape, bool hasBias, Func<T> next)
        {
            T[] Numbers(int size, int stride) => [.. Enumerable.Range(0, size + ((shape.Batch - 1) * stride)).Select(_ => next())];
            return new(
                shape, Numbers(shape.Rows * shape.Inner, shape.BatchStrideA), Numbers(shape.Inner * shape.Columns, shape.BatchStrideB),
                hasBias ? Numbers(shape.Columns, shape.BatchStrideBias) : null);
        }

        private static TTo[] Converted<TTo>(T[] numbers)
            where TTo : unmanaged, INumber<TTo>
            => [.. numbers.Select(TTo.CreateChecked)];
    }

    private sealed class OnDevice<T> : IDisposable
        where T : unmanaged, INumber<T>
    {
        private readonly CpuDevice _device;
        private readonly MatMulShape _shape;

        public OnDevice(CpuDevice device, Operands<T> operands)
        {
            _device = device;
            _shape = operands.Shape;
            A = Before(T.CreateChecked(double.NaN), operands.A);
            B = Before(T.CreateChecked(double.NaN), operands.B);
            Bias = operands.Bias is null ? null : Before(T.CreateChecked(double.NaN), operands.Bias);
            C = Before(Untouched, Untouchables());
        }

        public Buffer A { get; }

        public Buffer B { get; }

        public Buffer? Bias { get; }

        public Buffer C { get; }

        private static T Untouched => T.CreateChecked(-77777);

        private int Count => _shape.Batch * _shape.Rows * _shape.Columns;

        public void Multiply() => _device.MatMul(ElementTypes.Of<T>(), _shape, C, A, B, Bias);

        public void Clear() => _device.Upload<T>(Untouchables(), C);

        public T[] Result()
        {
            var numbers = new T[Count + Zone];
            _device.Download<T>(C, numbers);
            Assert.True(numbers.AsSpan(Count).IndexOfAnyExcept(Untouched) < 0, $"{_shape}: something is written behind the result");
            return numbers[..Count];
        }

        public void Dispose()
        {
            foreach (var buffer in new[] { A, B, C })
                _device.Free(buffer);
            if (Bias is not null)
                _device.Free(Bias);
        }

        private Buffer Before(T filler, T[] numbers)
        {
            var zone = new T[Zone];
            Array.Fill(zone, filler);
            var buffer = _device.Allocate((numbers.Length + Zone) * (long)ElementTypes.Of<T>().Size());
            _device.Upload<T>([.. numbers, .. zone], buffer);
            return buffer;
        }

        private T[] Untouchables() => [.. Enumerable.Repeat(Untouched, Count)];
    }
}
