using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using ILGPU;

namespace Engine.Kernels.Gpu.Reductions;

/// <summary>
/// A reduction in a fixed order: each thread combines its elements, block by block, then the threads of a result theirs, by halves.
/// </summary>
/// <typeparam name="TReducer">The combination.</typeparam>
/// <typeparam name="TLast">How the last threads of a result combine theirs.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="reducer">The combination.</param>
/// <param name="grid">How threads share the work.</param>
/// <param name="kept">Loops over the results.</param>
/// <param name="strideKept">How x moves in them.</param>
/// <param name="reduced">Loops over the elements of a result.</param>
/// <param name="strideReduced">How x moves in them.</param>
/// <param name="pieceStride">Elements of y from the results of one piece to those of the next.</param>
/// <param name="y">The results.</param>
/// <param name="x">The elements.</param>
internal readonly struct ReduceKernel<TReducer, TLast, V, T>(
    TReducer reducer, ReduceGrid grid, Nest kept, Strides strideKept, Nest reduced, Strides strideReduced, int pieceStride,
    View<T> y, View<T> x) : IGroupKernel
    where TReducer : struct, IReducer
    where TLast : struct, ILastThreads
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged
{
    // Fours of elements of a block: so the rounding errors of a thread's sum don't add up.
    private const int Block = 64;

    /// <inheritdoc/>
    public void Invoke()
    {
        var shared = SharedMemory.Allocate<V>(256);
        int thread = Group.IdxX;
        var part = grid.Part(Grid.IdxX, thread);
        bool isBusy = part.Piece < grid.Pieces;
        V total = reducer.Identity<V>();
        if (isBusy)
            total = Own(part, total);

        shared[thread] = total;
        for (int half = grid.Parts >> 1; half >= TLast.Threads; half >>= 1)
        {
            Group.Barrier();
            if (part.Number < half)
            {
                total = reducer.Combine(total, shared[thread + (half * grid.PartStride)]);
                shared[thread] = total;
            }
        }

        total = TLast.Combine<TReducer, V, T>(total);
        if (isBusy && part.Number == 0)
            y[(part.Piece * pieceStride) + part.Result] = V.Lane(total, 0);
    }

    // Four elements at a time are on their way.
    private V Own(ReducePart part, V total)
    {
        int start = strideKept.At(kept.At(part.Result)), step = grid.Parts, i = part.Start;
        while (part.End - i > 3 * step)
        {
            V block = reducer.Identity<V>();
            for (int rest = Block; rest > 0 && part.End - i > 3 * step; rest--, i += 4 * step)
            {
                V a = At(start, i), b = At(start, i + step), c = At(start, i + (2 * step)), d = At(start, i + (3 * step));
                block = reducer.Combine(block, reducer.Combine(reducer.Combine(a, b), reducer.Combine(c, d)));
            }

            total = reducer.Combine(total, block);
        }

        for (; i < part.End; i += step)
            total = reducer.Combine(total, At(start, i));
        return total;
    }

    private V At(int start, int i) => V.Splat(x[start + strideReduced.At(reduced.At(i))]);
}
