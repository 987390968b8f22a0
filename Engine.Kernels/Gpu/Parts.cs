namespace Engine.Kernels.Gpu;

/// <summary>Counts of parts of a whole, and the parts.</summary>
internal static class Parts
{
    /// <summary>The least number of parts of at most <paramref name="size"/> that give the whole.</summary>
    public static int Of(int whole, int size) => checked(whole + size - 1) / size;

    /// <summary>The size of the least number of parts of at most <paramref name="most"/> that are about equal.</summary>
    public static int Even(int whole, int most) => Of(whole, Of(whole, most));

    /// <summary>Parts of <paramref name="size"/>, one after the other, of which the last one may be smaller.</summary>
    public static IEnumerable<(long Start, int Length)> Along(long whole, int size)
    {
        for (long start = 0; start < whole; start += size)
            yield return (start, (int)Math.Min(size, whole - start));
    }
}
