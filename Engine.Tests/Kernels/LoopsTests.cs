using Engine.Kernels;
using Engine.Kernels.Cpu;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public class LoopsTests
{
    [Property(MaxTest = 500)]
    public void MergingPreservesTheVisitedOffsets(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var shape = Nest.Shape(random, 2000);
        int[] sizes = [.. shape];
        int[][] strides = [shape.Strides(), Nest.Operand(random, shape).StridesIn(shape), [.. sizes.Select(_ => random.Next(-3, 4))]];
        var loops = Loops.Of(sizes, strides);
        Assert.Equal(shape.ElementCount, loops.Count);
        Assert.Equal(loops.Count, loops.Rows * loops.Inner);
        Assert.DoesNotContain(1, loops.Sizes);
        for (int operand = 0; operand < strides.Length; operand++)
        {
            int[] expected = Nest.Offsets(sizes, strides[operand]);
            Assert.Equal(expected, Visited(loops, operand));
            Assert.Equal(expected, Walked(loops, operand, 0));
            int start = random.Next(loops.Rows + 1);
            Assert.Equal(expected[(start * loops.Inner)..], Walked(loops, operand, start));
        }
    }

    // If it is said of an operand, then all places that a row meets are of its part. It is said of one without gaps.
    [Property(MaxTest = 1000)]
    public void RowsAreApartWhereEachMeetsItsOwnPartOnly(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var shape = Nest.Shape(random, 200);
        int[] sizes = [.. shape], strides = random.Next(3) switch
        {
            0 => shape.Strides(),
            1 => Nest.Operand(random, shape).StridesIn(shape),
            _ => [.. sizes.Select(_ => random.Next(-1, 9))],
        };
        var loops = Loops.Of(sizes, strides, shape.Strides());
        int rows = random.Next(1, 9), row = random.Next(1, 9), start = random.Next(3) - 1, length = (rows * row) + random.Next(2);
        if (loops.Count == 0 || loops.Count % rows != 0)
            return;
        int more = random.Next(3);
        int[] offsets = Nest.Offsets(sizes, strides);
        Assert.Equal(Array.Exists(loops.Strides[0], stride => stride < 0) ? null : (long)offsets.Max(), loops.Reach(0));
        if (loops.IsApart(0, start, length, rows, more))
        {
            Assert.Equal(0, length % rows);
            foreach (var (run, offset) in offsets.Index())
            {
                Assert.Equal(run / (loops.Count / rows), (start + offset) / (length / rows));
                Assert.Equal(run / (loops.Count / rows), (start + offset + more) / (length / rows));
                Assert.InRange(start + offset, 0, length - 1 - more);
            }
        }

        Assert.True(loops.Sizes.Length != 1 || loops.IsApart(1, 0, loops.Count, rows));
    }

    [Fact]
    public void ContiguousOperandsMakeOneLoop()
    {
        int[] strides = [12, 4, 1];
        var loops = Loops.Of([5, 3, 4], strides, strides);
        Assert.Equal([60], loops.Sizes);
        Assert.Equal(1, loops.InnerStride(1));
    }

    [Fact]
    public void AnEmptyLoopAnywhereLeavesNoRows()
    {
        foreach (int[] sizes in new int[][] { [0, 5], [5, 0], [2, 0, 3], [65536, 65536, 0] })
        {
            var loops = Loops.Of(sizes, new int[sizes.Length]);
            Assert.Equal((0, 0), (loops.Count, loops.Rows));
        }
    }

    private static int[] Visited(Loops loops, int operand)
        => [.. Enumerable.Range(0, loops.Rows).SelectMany(row =>
            Enumerable.Range(0, loops.Inner).Select(i => loops.RowOffset(operand, row) + (i * loops.InnerStride(operand))))];

    private static int[] Walked(Loops loops, int operand, int start)
    {
        if (loops.Rows == 0)
            return [];
        var offsets = new List<int>();
        var walk = new RowWalk(loops, start, operand, 1, stackalloc int[loops.Sizes.Length + 1]);
        for (int row = start; row < loops.Rows; row++)
        {
            for (int i = 0; i < loops.Inner; i++)
                offsets.Add(walk[0] + (i * loops.InnerStride(operand)));
            walk.Skip(1);
        }

        return [.. offsets];
    }
}
