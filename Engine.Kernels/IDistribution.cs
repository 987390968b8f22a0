using Engine.Kernels.Functions;

namespace Engine.Kernels;

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
