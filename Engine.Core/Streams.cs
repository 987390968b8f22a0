using Engine.Kernels;

namespace Engine.Core;

/// <summary>Streams of random numbers: the rows (seed, iteration, replicate) that key every draw, see <see cref="Purpose"/>.</summary>
public static class Streams
{
    /// <summary>Streams of consecutive replicates of consecutive seeds.</summary>
    /// <param name="seed">The first seed.</param>
    /// <param name="seeds">The number of seeds.</param>
    /// <param name="iteration">The iteration.</param>
    /// <param name="replicates">Replicates of a seed, such as environments.</param>
    /// <param name="device">Where they are needed; the processor if null.</param>
    /// <param name="firstReplicate">The number of the first replicate of each seed.</param>
    /// <returns>Int32 [seeds x replicates, 3], those of the first seed first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is a negative number of seeds or replicates.</exception>
    public static Tensor Of(
        int seed, int seeds = 1, int iteration = 0, int replicates = 1, Device? device = null, int firstReplicate = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seeds);
        ArgumentOutOfRangeException.ThrowIfNegative(replicates);
        int rows = checked(seeds * replicates);
        int[] values = new int[rows * 3];
        for (int row = 0; row < rows; row++)
        {
            values[3 * row] = seed + (row / replicates);
            values[(3 * row) + 1] = iteration;
            values[(3 * row) + 2] = firstReplicate + (row % replicates);
        }

        return Tensor.From(values, [rows, 3], device);
    }
}
