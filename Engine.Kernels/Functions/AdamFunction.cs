using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>
/// An update of Adam. From gradient, first moment, second moment, parameter, rate and bias correction of the second moment it makes
/// scale, first moment, second moment and parameter; the rate is negative to descend.
/// </summary>
/// <param name="first">The new first moment, from the old one and the gradient.</param>
/// <param name="second">The new second moment, likewise.</param>
/// <param name="scale">What the first moment is multiplied by, from the second and its correction.</param>
internal readonly struct AdamFunction(LinearCombinationFunction first, SquareCombinationFunction second, AdamScaleFunction scale) : IUpdate
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Invoke<V>(ref V a, ref V b, ref V c, ref V d, V s, V t)
        where V : struct, ILanes<V>
    {
        b = first.Invoke(b, a);
        c = second.Invoke(c, a);
        a = scale.Invoke(c, t);
        d = V.MultiplyAdd(b * a, s, d);
    }
}
