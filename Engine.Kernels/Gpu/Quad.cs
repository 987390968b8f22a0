using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Gpu;

/// <summary>Four neighbouring numbers, which a GPU moves with one instruction where it knows that their address is aligned.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct Quad<T>(T x, T y, T z, T w)
    where T : unmanaged, INumber<T>
{
    /// <summary>The first number.</summary>
    public readonly T X = x;

    /// <summary>The second number.</summary>
    public readonly T Y = y;

    /// <summary>The third number.</summary>
    public readonly T Z = z;

    /// <summary>The fourth number.</summary>
    public readonly T W = w;

    /// <summary>The sums with other numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<T> Plus(Quad<T> other) => new(X + other.X, Y + other.Y, Z + other.Z, W + other.W);

    /// <summary>The sums with a multiple of other numbers: four fused multiply-adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<T> PlusProduct(T factor, Quad<T> quad)
        => new((factor * quad.X) + X, (factor * quad.Y) + Y, (factor * quad.Z) + Z, (factor * quad.W) + W);
}
