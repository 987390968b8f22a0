using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Products;

/// <summary>How one operand of a product lies in memory. "Outer" is a row of the left operand and a column of the right one.</summary>
/// <param name="outers">The number of outer indices.</param>
/// <param name="inner">The number of inner indices.</param>
/// <param name="alongInner">Whether numbers of neighbouring inner indices are neighbours; those of outer ones are otherwise.</param>
/// <param name="batchStride">Elements from one matrix to the next.</param>
internal readonly struct MatMulOperand(int outers, int inner, bool alongInner, int batchStride)
{
    // Not a bool, which has no fixed layout.
    private readonly int _alongInner = alongInner ? 1 : 0;

    /// <summary>The number of outer indices.</summary>
    public int Outers { get; } = outers;

    /// <summary>Whether numbers of neighbouring inner indices are neighbours.</summary>
    public bool AlongInner => _alongInner != 0;

    /// <summary>Whether all quads along the neighbours are whole, and start at multiples of four elements.</summary>
    public bool HasWholeQuads => ((AlongInner ? inner : Outers) & 3) == 0 && (BatchStride & 3) == 0;

    private int BatchStride { get; } = batchStride;

    /// <summary>The element of an index.</summary>
    public int At(int matrix, int outer, int k)
        => (matrix * BatchStride) + (AlongInner ? (outer * inner) + k : (k * Outers) + outer);

    /// <summary>The outer index of the first of the four neighbours that one of 256 threads brings to a slab of 64 x 16.</summary>
    public int OuterOf(int thread) => AlongInner ? thread >> 2 : (thread & 15) << 2;

    /// <summary>The inner index of the same.</summary>
    public int InnerOf(int thread) => AlongInner ? (thread & 3) << 2 : thread >> 4;

    /// <summary>Puts four neighbours into a slab in shared memory.</summary>
    /// <param name="slab">For each inner index the numbers of all outer ones.</param>
    /// <param name="quads">Quads for each inner index.</param>
    /// <param name="outer">The outer index of the first.</param>
    /// <param name="k">The inner index of the first.</param>
    /// <param name="quad">The neighbours.</param>
    public void Put<T>(ArrayView<Quad<T>> slab, int quads, int outer, int k, Quad<T> quad)
        where T : unmanaged, INumber<T>
    {
        if (AlongInner)
        {
            var numbers = slab.Cast<T>();
            int at = (k * quads * 4) + outer;
            numbers[at] = quad.X;
            numbers[at + (quads * 4)] = quad.Y;
            numbers[at + (quads * 8)] = quad.Z;
            numbers[at + (quads * 12)] = quad.W;
        }
        else
        {
            slab[(k * quads) + (outer >> 2)] = quad;
        }
    }

    /// <summary>Reads four neighbours.</summary>
    /// <param name="numbers">The operand.</param>
    /// <param name="matrix">The matrix of the batch.</param>
    /// <param name="outer">The outer index of the first.</param>
    /// <param name="k">The inner index of the first.</param>
    /// <param name="end">The inner index to read up to.</param>
    public Quad<T> Read<TQuads, T>(TQuads numbers, int matrix, int outer, int k, int end)
        where TQuads : struct, IQuads<T>
        where T : unmanaged, INumber<T>
    {
        int available = AlongInner ? (outer < Outers ? end - k : 0) : (k < end ? Outers - outer : 0);
        return numbers.Read(At(matrix, outer, k), available);
    }

    /// <summary>Reads one number; zero past the ends.</summary>
    public T Read<T>(View<T> numbers, int matrix, int outer, int k, int end)
        where T : unmanaged
        => outer < Outers && k < end ? numbers[At(matrix, outer, k)] : default;
}
