using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public sealed class CopyTests : IDisposable
{
    private readonly CpuDevice _device = new(3);

    [Property(MaxTest = 150)]
    public void StridedCopiesTouchTheElementsTheyNameAndNoOthers(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        Check(random, ElementType.Int32, i => i);
        Check(random, ElementType.Float32, i => (float)i);
        Check(random, ElementType.Float64, i => (double)i);
    }

    [Fact]
    public void ALargeTranspositionIsSharedByThreads()
    {
        using var scope = new TensorScope();
        int[] values = [.. Enumerable.Range(0, 400 * 301)];
        int[] transposed = Tensor.From(values, [400, 301], _device).Transpose().ToArray<int>();
        for (int i = 0; i < transposed.Length; i++)
            Assert.Equal((i % 400 * 301) + (i / 400), transposed[i]);
    }

    [Fact]
    public void CopyReachesPartsOfBuffersLargerThanAViewOfBytesCounts()
    {
        const long Large = (1L << 31) + 64;
        var source = _device.Allocate(Large);
        var destination = _device.Allocate(8);
        long word = 0x0102030405060708;
        unsafe
        {
            *(long*)((byte*)source.Read<long>().Pointer + Large - 8) = word;
        }

        _device.Copy(source, Large - 8, destination, 0, 8);
        long[] copied = new long[1];
        _device.Download(destination, copied.AsSpan());
        Assert.Equal(word, copied[0]);
    }

    [Property(MaxTest = 150)]
    public void TakeAndScatterAddEqualNaiveLoops(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        Shape shape = Nest.Shape(random, 3000);
        if (shape.Rank == 0)
            return;
        using var scope = new TensorScope();
        int axis = random.Next(shape.Rank), size = shape[axis];
        int[] indices = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(-2, size + 2))];
        int inner = 1;
        for (int i = axis + 1; i < shape.Rank; i++)
            inner *= shape[i];
        foreach (var type in Enum.GetValues<ElementType>())
        {
            double[] values = [.. Enumerable.Range(0, shape.ElementCount).Select(i => (double)(i + 1))];
            var positions = Tensor.From(indices, [indices.Length], _device);
            double[] taken = Tensor.From(values, shape, type, _device).Take(axis, positions).ToDoubles();
            Assert.Equal(shape.With(axis, indices.Length).ElementCount, taken.Length);
            for (int i = 0; i < taken.Length; i++)
            {
                int at = indices[i / inner % indices.Length], outer = i / inner / indices.Length;
                Assert.Equal(at >= 0 && at < size ? values[(((outer * size) + at) * inner) + (i % inner)] : 0, taken[i]);
            }

            var slices = shape.With(axis, indices.Length);
            double[] given = [.. Enumerable.Range(0, slices.ElementCount).Select(i => (double)(i + 1))];
            double[] expected = new double[shape.ElementCount];
            for (int i = 0; i < given.Length; i++)
            {
                int at = indices[i / inner % indices.Length], outer = i / inner / indices.Length;
                if (at >= 0 && at < size)
                    expected[(((outer * size) + at) * inner) + (i % inner)] += given[i];
            }

            Assert.Equal(expected, Tensor.From(given, slices, type, _device).ScatterAdd(axis, positions, size).ToDoubles());
        }
    }

    public void Dispose() => _device.Dispose();

    private void Check<T>(Random random, ElementType type, Func<int, T> value)
        where T : unmanaged
    {
        var shape = Nest.Shape(random, 4000);
        int[] to = Spread(random, shape, out int toCount), from = Spread(random, shape, out int fromCount);
        int toStart = random.Next(5), fromStart = random.Next(5);
        T[] source = [.. Enumerable.Range(1, fromStart + fromCount).Select(value)];
        T[] expected = new T[toStart + toCount + 20];
        int[] toOffsets = Nest.Offsets(shape.Sizes, to), fromOffsets = Nest.Offsets(shape.Sizes, from);
        for (int i = 0; i < toOffsets.Length; i++)
            expected[toStart + toOffsets[i]] = source[fromStart + fromOffsets[i]];

        var sourceBuffer = _device.Allocate((long)source.Length * type.Size());
        var destination = _device.Allocate((long)expected.Length * type.Size());
        _device.Upload<T>(source, sourceBuffer);
        _device.Fill(type, destination, 0);
        _device.CopyStrided(type, Loops.Of(shape.Sizes, to, from), destination, toStart, sourceBuffer, fromStart);
        T[] actual = new T[expected.Length];
        _device.Download(destination, actual.AsSpan());
        Assert.Equal(expected, actual);
        _device.Free(sourceBuffer);
        _device.Free(destination);
    }

    // Axes lie in memory in any order, each with a step of 1 or 2.
    private static int[] Spread(Random random, Shape shape, out int count)
    {
        int[] order = [.. Enumerable.Range(0, shape.Rank)];
        random.Shuffle(order);
        int[] strides = new int[shape.Rank];
        count = 1;
        foreach (int axis in order)
        {
            strides[axis] = count * random.Next(1, 3);
            count = Math.Max(1, strides[axis] * Math.Max(1, shape[axis]));
        }

        return strides;
    }
}
