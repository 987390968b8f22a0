using System.Numerics;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Four numbers that are loaded from shared memory at once.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct Four<T>(T x, T y, T z, T w)
    where T : unmanaged, INumber<T>
{
    /// <summary>The first number.</summary>
    public T X { get; } = x;

    /// <summary>The second number.</summary>
    public T Y { get; } = y;

    /// <summary>The third number.</summary>
    public T Z { get; } = z;

    /// <summary>The fourth number.</summary>
    public T W { get; } = w;

    /// <summary>These numbers plus others.</summary>
    public Four<T> Plus(Four<T> other) => new(X + other.X, Y + other.Y, Z + other.Z, W + other.W);

    /// <summary>These numbers plus a multiple of others: four fused multiply-adds.</summary>
    public Four<T> PlusProduct(T factor, Four<T> other)
        => new((factor * other.X) + X, (factor * other.Y) + Y, (factor * other.Z) + Z, (factor * other.W) + W);
}
