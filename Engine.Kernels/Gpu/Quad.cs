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

    /// <summary>This + factor * quad, number by number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<T> Plus(T factor, Quad<T> quad)
        => new((factor * quad.X) + X, (factor * quad.Y) + Y, (factor * quad.Z) + Z, (factor * quad.W) + W);
}
