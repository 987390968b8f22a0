using Engine.Core;

namespace Engine.Tests.Kernels;

/// <summary>Loop nests done the plain way.</summary>
internal static class Nest
{
    private static readonly int[] s_sizes = [1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33];

    /// <summary>The element at which an operand is in each run of the body.</summary>
    public static int[] Offsets(ReadOnlySpan<int> sizes, int[] strides)
    {
        var offsets = new List<int> { 0 };
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            int size = sizes[axis], stride = strides[axis];
            offsets = [.. offsets.SelectMany(outer => Enumerable.Range(0, size).Select(i => outer + (i * stride)))];
        }

        return [.. offsets];
    }

    /// <summary>A shape of up to 4 axes, now and then empty.</summary>
    public static Shape Shape(Random random, int largest = 20_000)
    {
        while (true)
        {
            var sizes = new int[random.Next(5)];
            for (int axis = 0; axis < sizes.Length; axis++)
                sizes[axis] = random.Next(40) == 0 ? 0 : s_sizes[random.Next(s_sizes.Length)];
            if (sizes.Aggregate(1L, (count, size) => count * size) <= largest)
                return sizes;
        }
    }

    /// <summary>A shape that broadcasts to another.</summary>
    public static Shape Operand(Random random, Shape target)
    {
        int[] sizes = [.. target.Select(size => random.Next(3) == 0 ? 1 : size)];
        int dropped = 0;
        while (dropped < sizes.Length && sizes[dropped] == 1 && random.Next(2) == 0)
            dropped++;
        return sizes[dropped..];
    }
}
