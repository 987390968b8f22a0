using Engine.Kernels.Functions;

namespace Engine.Kernels;

/// <summary>
/// What a draw is keyed by, beside the seed, iteration and replicate of each row: the same key gives the same numbers on every
/// device and however rows are split over calls.
/// </summary>
/// <param name="Rows">The number of rows, each with a stream of its own.</param>
/// <param name="Columns">Numbers drawn for each row.</param>
/// <param name="Purpose">What the numbers are for: part of the key, so that uses don't share numbers.</param>
/// <param name="Step">A number within an iteration, such as the inner step.</param>
public sealed record RandomShape(int Rows, int Columns, uint Purpose, uint Step);

/// <summary>
/// Turns random bits into numbers, written for any bundle of lanes. Called with four bundles of independent uniform numbers for each
/// four bundles of results.
/// </summary>
public interface IDistribution
{
    /// <summary>
    /// Whether the distribution takes distances of the uniform numbers from 1, and so, in float32 too, knows 32 bits of small ones.
    /// </summary>
    static abstract bool TakesDistances { get; }

    /// <summary>Makes four results from four uniform numbers.</summary>
    /// <param name="a">
    /// Uniform in the open interval (0, 1), as are the others; 23 random bits in float32, 32 in float64. The distance from 1 of such a
    /// number, with 32 bits in float32 too, where <see cref="TakesDistances"/>.
    /// </param>
    /// <param name="b">The second uniform number, and the second result in its place, as for the others.</param>
    /// <param name="c">The third.</param>
    /// <param name="d">The fourth.</param>
    void Invoke<V>(ref V a, ref V b, ref V c, ref V d)
        where V : struct, ILanes<V>;
}
