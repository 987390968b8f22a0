using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>Uniform between two bounds, which themselves are practically never drawn.</summary>
/// <param name="low">The lower bound.</param>
/// <param name="high">The upper bound.</param>
internal readonly struct UniformDistribution(double low, double high) : IDistribution
{
    /// <inheritdoc/>
    public static bool TakesDistances => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Invoke<V>(ref V a, ref V b, ref V c, ref V d)
        where V : struct, ILanes<V>
    {
        V scale = V.Constant(high - low), shift = V.Constant(low);
        a = V.MultiplyAdd(a, scale, shift);
        b = V.MultiplyAdd(b, scale, shift);
        c = V.MultiplyAdd(c, scale, shift);
        d = V.MultiplyAdd(d, scale, shift);
    }
}

/// <summary>Normal, by the method of Box and Muller. Float32 reaches 5.7 deviations, float64 reaches 6.7.</summary>
/// <param name="mean">The mean.</param>
/// <param name="deviation">The standard deviation.</param>
internal readonly struct NormalDistribution(double mean, double deviation) : IDistribution
{
    /// <inheritdoc/>
    public static bool TakesDistances => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Invoke<V>(ref V a, ref V b, ref V c, ref V d)
        where V : struct, ILanes<V>
    {
        Pair(ref a, ref b);
        Pair(ref c, ref d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Pair<V>(ref V x, ref V y)
        where V : struct, ILanes<V>
    {
        V radius = V.Constant(deviation) * V.Sqrt(V.Constant(-2) * Transcendentals.LogOfNormal(x));
        Transcendentals.SinCosOfTurns(y, out V sine, out V cosine);
        V shift = V.Constant(mean);
        x = V.MultiplyAdd(radius, cosine, shift);
        y = V.MultiplyAdd(radius, sine, shift);
    }
}

/// <summary>Normal, given that it is within two deviations of the mean, by the inverse of the distribution function.</summary>
/// <remarks>The inverse is a polynomial, after Giles (2010), to a relative 1e-6 in float32 and 1e-14 in float64.</remarks>
/// <param name="mean">The mean.</param>
/// <param name="deviation">The standard deviation before truncation; afterwards it is 0.8796 of that.</param>
internal readonly struct TruncatedNormalDistribution(double mean, double deviation) : IDistribution
{
    /// <inheritdoc/>
    public static bool TakesDistances => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Invoke<V>(ref V a, ref V b, ref V c, ref V d)
        where V : struct, ILanes<V>
    {
        a = One(a);
        b = One(b);
        c = One(c);
        d = One(d);
    }

    // Not inlined, because the JIT gives up on four of these in one method.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private V One<V>(V uniform)
        where V : struct, ILanes<V>
    {
        // z = sqrt(2) erfinv(2 erf(sqrt(2)) v) is v times a smooth function of log(1 - erf(z / sqrt(2))^2).
        V v = uniform - V.Constant(0.5), one = V.Constant(1);
        V error = v * V.Constant(1.908999472207283171);
        V t = V.Constant(-1.2) - Transcendentals.LogOfNormal((one - error) * (one + error));
        V p;
        if (V.ElementType == ElementType.Float64)
        {
            p = V.MultiplyAdd(V.Constant(4.76662161815531762e-13), t, V.Constant(-2.09275549998999251e-12));
            p = V.MultiplyAdd(p, t, V.Constant(-1.82499874190355892e-11));
            p = V.MultiplyAdd(p, t, V.Constant(1.44297917289869693e-10));
            p = V.Horner(p, t, 4.413984705954258e-10, -7.61240723010887134e-9, 3.83826605567559723e-10, 3.45078306936269045e-7);
            p = V.Horner(p, t, -9.81886931555059808e-7, -0.0000133011970544147953, 0.0000881520945162342613, 0.000366121412833081528);
            p = V.Horner(p, t, -0.0061599950001054866, 0.0076992778258439603, 0.672912460692753083, 3.17783447536140988);
        }
        else
        {
            p = V.MultiplyAdd(V.Constant(-1.251896742e-5), t, V.Constant(8.565970264e-5));
            p = V.MultiplyAdd(p, t, V.Constant(0.0003656297363));
            p = V.Horner(p, t, -0.006158184874, 0.007699336101, 0.6729121318, 3.177834479);
        }

        return V.MultiplyAdd(V.Clamp(v * p, -2, 2), V.Constant(deviation), V.Constant(mean));
    }
}

/// <summary>
/// Gumbel, -log(-log(u)): what added to logits makes the largest one a draw from their softmax. It reaches 22.9, so that choices of a
/// probability down to some 1e-9 are drawn as often as they should be.
/// </summary>
internal readonly struct GumbelDistribution : IDistribution
{
    /// <inheritdoc/>
    public static bool TakesDistances => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Invoke<V>(ref V a, ref V b, ref V c, ref V d)
        where V : struct, ILanes<V>
    {
        a = Of(a);
        b = Of(b);
        c = Of(c);
        d = Of(d);
    }

    /// <summary>One number, from the distance from 1 of a uniform one.</summary>
    /// <remarks>Not inlined, because the JIT gives up on four of these in one method.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V Of<V>(V distance)
        where V : struct, ILanes<V>
        => -Transcendentals.LogOfNormal(-Transcendentals.Log1pOfNormal(-distance));
}
