using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Sixteen sums of a thread: four numbers for each of four.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct SixteenSums<T>(Quad<T> a, Quad<T> b, Quad<T> c, Quad<T> d)
    where T : unmanaged, INumber<T>
{
    /// <summary>How many sums these are.</summary>
    public const int Count = 16;

    /// <summary>The sums of the first factor.</summary>
    public Quad<T> A { get; } = a;

    /// <summary>The sums of the second factor.</summary>
    public Quad<T> B { get; } = b;

    /// <summary>The sums of the third factor.</summary>
    public Quad<T> C { get; } = c;

    /// <summary>The sums of the fourth factor.</summary>
    public Quad<T> D { get; } = d;

    /// <summary>The sums with the products of four factors and four numbers.</summary>
    public SixteenSums<T> PlusProducts(T a, T b, T c, T d, Quad<T> numbers)
        => new(A.PlusProduct(a, numbers), B.PlusProduct(b, numbers), C.PlusProduct(c, numbers), D.PlusProduct(d, numbers));

    /// <summary>
    /// The sums of the first slice of a group's threads plus those of the other slices, in their order; only threads of the first
    /// slice get them. All threads of the group call it.
    /// </summary>
    /// <param name="memory">Shared memory for <paramref name="slices"/> - 1 times 16 numbers of each thread; its contents are lost.</param>
    /// <param name="threads">Threads of a slice.</param>
    /// <param name="slices">The number of slices; threads after these have no sums.</param>
    public SixteenSums<T> PlusSlices(ArrayView<T> memory, int threads, int slices)
    {
        int thread = Group.IdxX, others = threads * (slices - 1);
        Group.Barrier();
        if (thread >= threads && thread < threads + others)
            Store(memory, thread - threads, others);
        Group.Barrier();
        var sums = this;
        if (thread < threads)
        {
            for (int other = thread; other < others; other += threads)
                sums = sums.PlusStored(memory, other, others);
        }

        return sums;
    }

    // Beside those of other threads, so that these store to other banks of memory.
    private void Store(ArrayView<T> memory, int at, int step)
    {
        Store(memory, A, at, step);
        Store(memory, B, at + (4 * step), step);
        Store(memory, C, at + (8 * step), step);
        Store(memory, D, at + (12 * step), step);
    }

    private SixteenSums<T> PlusStored(ArrayView<T> memory, int at, int step)
        => new(
            A.Plus(Stored(memory, at, step)), B.Plus(Stored(memory, at + (4 * step), step)),
            C.Plus(Stored(memory, at + (8 * step), step)), D.Plus(Stored(memory, at + (12 * step), step)));

    private static void Store(ArrayView<T> memory, Quad<T> sums, int at, int step)
    {
        memory[at] = sums.X;
        memory[at + step] = sums.Y;
        memory[at + (2 * step)] = sums.Z;
        memory[at + (3 * step)] = sums.W;
    }

    private static Quad<T> Stored(ArrayView<T> memory, int at, int step)
        => new(memory[at], memory[at + step], memory[at + (2 * step)], memory[at + (3 * step)]);
}
