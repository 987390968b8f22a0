using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Tests.Kernels;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Core;

public sealed class IndexingTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Property(MaxTest = 300)]
    public void PartsEqualThoseOfAPlainArray(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var shape = Nest.Shape(random, 3000);
        var x = Tensor.From([.. Enumerable.Range(0, shape.ElementCount).Select(i => (double)i)], shape);
        var parts = new Along[random.Next(shape.Rank + 1)];
        int[][] positions = [.. shape.Select(size => Enumerable.Range(0, size).ToArray())];
        var sizes = new List<int>();
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            bool drops = false;
            if (axis < parts.Length)
                (parts[axis], positions[axis], drops) = Part(random, positions[axis]);
            if (!drops)
                sizes.Add(positions[axis].Length);
        }

        if (parts.Length == 0)
            return;
        var y = x[parts];
        int[] strides = shape.Strides();
        IEnumerable<int> expected = [0];
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            int at = axis;
            expected = expected.SelectMany(outer => positions[at].Select(i => outer + (i * strides[at]))).ToArray();
        }

        Assert.Equal(sizes, y.Shape);
        Assert.Equal(expected.Select(i => (double)i), y.ToDoubles());
        double[] marks = new double[shape.ElementCount];
        foreach (int i in expected)
            marks[i] = 2;
        Assert.Equal(marks, Gradient.Of((y * 2).Sum(), x).ToDoubles());
    }

    [Fact]
    public void PositionsAndRangesFromTheEnd()
    {
        var x = Tensor.From(0.0, 1, 2, 3, 4);
        Assert.Equal(4, x[-1].Item());
        Assert.Equal(0, x[^5].Item());
        Assert.Equal([3.0, 4], x[^2..].ToDoubles());
        Assert.Equal([0.0, 2, 4], x[Along.Every(2)].ToDoubles());
        Assert.Equal([1.0, 4], x[Along.Every(3, 1..)].ToDoubles());
        Assert.Equal([1.0], x[Along.Every(30, 1..)].ToDoubles());
        Assert.Empty(x[5..].ToDoubles());
        Assert.Equal([2.0, 3], x.Narrow(-1, 2, 2).ToDoubles());
    }

    [Fact]
    public void WhatIsOutsideIsNamed()
    {
        var x = Tensor.Zeros([2, 3]);
        Says("position 3 is outside axis 1 of [2, 3]", () => x[0, 3]);
        Says("position ^4 is outside axis 1 of [2, 3]", () => x[0, -4]);
        Says("range 1..5 is outside axis 0 of [2, 3]", () => x[1..5]);
        Says("range 2..1 is outside axis 0 of [2, 3]", () => x[2..1]);
        Says("3 positions were given for the axes of [2, 3]", () => x[0, 0, 0]);
        Says("Steps along an axis are at least 1", () => x[Along.Every(0)]);
        Says("[2, 3]", () => x.Narrow(1, 2, 2));
        Assert.ThrowsAny<ArgumentException>(() => x.Narrow(1, -1, 2));
        Assert.ThrowsAny<ArgumentException>(() => x.Narrow(2, 0, 1));

        static void Says(string part, Func<Tensor> action)
            => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => _ = action()).Message);
    }

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void TheFirstNaNIsTheLargest()
    {
        Assert.Equal([1, 0], Tensor.From([2, double.NaN, 3, double.NaN, double.NaN, 5, 1, 0], [2, 4]).ArgMax(1).ToArray<int>());
        Assert.Equal([2, 0], Tensor.From([2, 1, 3, 3, -1f, -1, -2, -3], [2, 4]).ArgMax(1).ToArray<int>());
    }

    [Fact]
    public void AStepMayBeLongerThanTheAxis()
    {
        var x = Tensor.From([1, 2, 3, 4], [2, 2]);
        Assert.Equal([1], x[Along.Every(int.MaxValue), Along.Every(int.MaxValue)].ToArray<int>());
        Assert.Equal(0, x[Along.Every(int.MaxValue, 1..1)].Count);
    }

    [Fact]
    public void ACheckingScopeNamesIndicesOutOfRange()
    {
        var x = Tensor.From([1.0, 2, 3, 4, 5, 6], [3, 2]);
        var far = Tensor.From(0, -1, 3);
        Assert.Equal([1.0, 2, 0, 0, 0, 0], x.Take(0, far).ToDoubles());
        Assert.Equal([1.0, 2, 0, 0], x.ScatterAdd(0, far, 2).ToDoubles());
        var images = Tensor.From([1.0, 2, 3, 4], [1, 2, 2, 1]);
        var positions = Tensor.From([-1, 4], [1, 1, 2, 1]);
        Assert.Equal([0.0, 0], new PoolGather().Apply(images, positions).ToDoubles());
        Assert.Equal(new double[4], new PoolScatter(images.Shape).Apply(images[.., 0..1], positions).ToDoubles());
        using var scope = new TensorScope(checkFinite: true);
        Says("Take: index -1, element 1 of [3], is out of range: there are 3 positions, from 0 up", () => x.Take(0, far));
        Says("ScatterAdd: index 2, element 0 of [3], is out of range: there are 2", () => x.ScatterAdd(0, Tensor.From(2, 1, 0), 2));
        Says("PoolGather: index 4, element 1 of [1, 1, 2, 1]", () => new PoolGather().Apply(images, positions));
        Says("PoolScatter: index 4", () => new PoolScatter(images.Shape).Apply(images[.., 0..1], positions));
        Assert.Equal([5.0, 6], x.Take(0, Tensor.From(2)).ToDoubles());

        static void Says(string part, Func<Tensor> action)
            => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => _ = action()).Message);
    }

    [Fact]
    public void WhatLiesOutsideAnAxisIsNamedByItsArgument()
    {
        var x = Tensor.Zeros([2, 3]);
        Says("start -1 is outside axis 0 of [2, 3]", "start", () => x.Narrow(0, -1, 1));
        Says("axis -1 of [2, 3] has no 2 positions from 2", "size", () => x.Narrow(-1, 2, 2));
        Says("axis 0 of [2, 3] has no -1 positions", "size", () => x.Narrow(0, 1, -1));
        Says("[-1, 0] and [0, 0] must not be negative", null, () => x.Pad([-1, 0], [0, 0]));
        Says("at most one size of [-1, -1] may be -1", "sizes", () => x.Reshape(-1, -1));
        Says("sizes of [-2, 3] must be at least 0", "sizes", () => x.Reshape(-2, 3));
        Says("from [-1, 0] in steps of [1, 1] do not fit [2, 3]", null, () => new Slice([-1, 0], [1, 3], [1, 1]).Apply(x));

        static void Says(string part, string? argument, Func<Tensor> action)
        {
            var failure = Assert.ThrowsAny<ArgumentException>(() => _ = action());
            Assert.Contains(part, failure.Message);
            Assert.Equal(argument, failure.ParamName);
        }
    }

    [Fact]
    public void AxesAreNoSizes()
    {
        int[] ones = [.. Enumerable.Repeat(1, 12)], axes = [.. Enumerable.Range(0, 14)];
        var x = Tensor.From([1.0, 2, 3, 4, 5, 6], [2, .. ones, 3]);
        int[] back = [.. axes.Reverse()];
        Assert.Equal([1.0, 4, 2, 5, 3, 6], x.Permute(back).ToDoubles());
        Assert.Equal(21, x.Sum().Item());
        Assert.Equal([9.0, 18], (x.Sum(axes[1..]) + 3).ToDoubles());
        Assert.Equal(6, x.Max(axes).Item());
        Assert.Equal([5.0], x[1, .., .., .., .., .., .., .., .., .., .., .., .., 1].ToDoubles()[..1]);
        var y = x.Permute(back);
        Assert.Equal(x.ToDoubles(), Gradient.Of((y * y).Sum() * 0.5, x).ToDoubles());
        var long1 = Tensor.Zeros([70_000, 1]);
        Assert.Equal([70_000, 1], long1.Pad([0, 0], [0, 0])[Along.Every(1)].Shape);
        Assert.Equal(1, long1[69_999..].Narrow(0, 0, 1).Count);
    }

    private static (Along Part, int[] Positions, bool Drops) Part(Random random, int[] all)
    {
        int size = all.Length, start = random.Next(size + 1), end = random.Next(start, size + 1), step = random.Next(1, 4);
        return random.Next(size == 0 ? 3 : 6) switch
        {
            0 => (.., all, false),
            1 => (start..^(size - end), all[start..end], false),
            2 => (Along.Every(step, start..end), [.. all[start..end].Where((_, i) => i % step == 0)], false),
            3 => (start % size, [start % size], true),
            4 => ((start % size) - size, [start % size], true),
            _ => (^(size - (start % size)), [start % size], true),
        };
    }
}
