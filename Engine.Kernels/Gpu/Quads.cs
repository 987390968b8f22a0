using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu;

/// <summary>Memory that is read and written by quads, of which those past an end are cut off.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal interface IQuads<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>The numbers from an element on; zero past the first <paramref name="available"/> ones, which may be none.</summary>
    Quad<T> Read(int element, int available);

    /// <summary>Stores the first <paramref name="available"/> numbers, which may be none, from an element on.</summary>
    void Write(int element, int available, Quad<T> quad);
}

/// <summary>Quads of which each starts at a multiple of four elements, and is there as a whole or not at all.</summary>
/// <remarks>
/// ILGPU takes an address within its own kind of view to be as aligned as the element type's size; for one that is computed it has to
/// take the worst, and moves number by number.
/// </remarks>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct AlignedQuads<T>(ArrayView<Quad<T>> quads) : IQuads<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public Quad<T> Read(int element, int available) => available > 0 ? quads[element >> 2] : default;

    /// <inheritdoc/>
    public void Write(int element, int available, Quad<T> quad)
    {
        if (available > 0)
            quads[element >> 2] = quad;
    }
}

/// <summary>Quads that start anywhere.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct AnyQuads<T>(View<T> numbers) : IQuads<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public Quad<T> Read(int element, int available)
    {
        T x = available > 0 ? numbers[element] : T.Zero, y = available > 1 ? numbers[element + 1] : T.Zero;
        T z = available > 2 ? numbers[element + 2] : T.Zero, w = available > 3 ? numbers[element + 3] : T.Zero;
        return new(x, y, z, w);
    }

    /// <inheritdoc/>
    public void Write(int element, int available, Quad<T> quad)
    {
        if (available > 0)
            numbers[element] = quad.X;
        if (available > 1)
            numbers[element + 1] = quad.Y;
        if (available > 2)
            numbers[element + 2] = quad.Z;
        if (available > 3)
            numbers[element + 3] = quad.W;
    }
}
