using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Sums of pieces of equal length, in an order that the number of pieces alone decides.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="y">The sums.</param>
/// <param name="pieces">The pieces, one after the other.</param>
/// <param name="length">Numbers of a piece.</param>
/// <param name="count">The number of pieces.</param>
internal readonly struct SumPiecesKernel<T>(View<T> y, View<T> pieces, int length, int count) : IGroupKernel
    where T : unmanaged, INumber<T>
{
    /// <summary>Sums of a group.</summary>
    public const int Sums = 32;

    /// <summary>Threads of a group: some for each sum.</summary>
    public const int Threads = Sums * Slices;

    private const int Slices = 8;

    /// <inheritdoc/>
    public void Invoke()
    {
        var memory = SharedMemory.Allocate<T>(Threads);
        int thread = Group.IdxX, slice = thread / Sums, at = (Grid.IdxX * Sums) + (thread & (Sums - 1));
        memory[thread] = at < length ? Sum(slice, at) : default;
        Group.Barrier();
        if (slice > 0 || at >= length)
            return;
        T sum = memory[thread];
        for (int other = thread + Sums; other < Threads; other += Sums)
            sum += memory[other];
        y[at] = sum;
    }

    // Four pieces at a time, for them to be on their way together.
    private T Sum(int slice, int at)
    {
        T first = default, second = default, third = default, fourth = default;
        int piece = slice;
        for (; piece < count - (3 * Slices); piece += 4 * Slices)
        {
            first += pieces[(piece * length) + at];
            second += pieces[((piece + Slices) * length) + at];
            third += pieces[((piece + (2 * Slices)) * length) + at];
            fourth += pieces[((piece + (3 * Slices)) * length) + at];
        }

        for (; piece < count; piece += Slices)
            first += pieces[(piece * length) + at];
        return first + second + (third + fourth);
    }
}
