using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using ILGPU;

namespace Engine.Kernels.Gpu.Reductions;

/// <summary>
/// A reduction in a fixed order: each thread combines its elements, block by block, then the threads of a result theirs, by halves.
/// </summary>
/// <typeparam name="TReducer">The combination.</typeparam>
/// <typeparam name="TArity">The function of the operands that gives the elements.</typeparam>
/// <typeparam name="TEnd">The function of each result, and of other operands.</typeparam>
/// <typeparam name="TLast">How the last threads of a result combine theirs.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="reducer">The combination.</param>
/// <param name="function">The function that gives the elements.</param>
/// <param name="end">The function of the results.</param>
/// <param name="grid">How threads share the work.</param>
/// <param name="kept">Loops over the results.</param>
/// <param name="reduced">Loops over the elements of a result.</param>
/// <param name="pieceStride">Elements of y from the results of one piece to those of the next.</param>
/// <param name="place">Which operand of the function of the results is the result.</param>
/// <param name="y">What is written.</param>
/// <param name="x0">The first operand.</param>
/// <param name="x1">The second operand.</param>
/// <param name="x2">The third operand.</param>
/// <param name="x3">The fourth operand.</param>
/// <param name="e0">The first operand of the function of the results.</param>
/// <param name="e1">The second one.</param>
/// <param name="e2">The third one.</param>
/// <param name="e3">The fourth one.</param>
internal readonly struct ReduceKernel<TReducer, TArity, TEnd, TLast, V, T>(
    TReducer reducer, TArity function, TEnd end, ReduceGrid grid, Nest kept, Nest reduced, int pieceStride, int place, View<T> y,
    ReduceOperand<T> x0, ReduceOperand<T> x1, ReduceOperand<T> x2, ReduceOperand<T> x3, EndOperand<T> e0, EndOperand<T> e1,
    EndOperand<T> e2, EndOperand<T> e3) : IGroupKernel
    where TReducer : struct, IReducer
    where TArity : struct, IArity
    where TEnd : struct, IArity
    where TLast : struct, ILastThreads
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged
{
    // Fours of elements of a block: so the rounding errors of a thread's sum don't add up.
    private const int Block = 64;

    /// <inheritdoc/>
    public void Invoke() => Invoke(Grid.IdxX, 0, SharedMemory.Allocate<V>(256));

    /// <summary>Does the work of a group, whichever one does it: it may have more threads.</summary>
    /// <param name="group">Which one.</param>
    /// <param name="first">The result that the first one of the grid is.</param>
    /// <param name="shared">Shared memory with a place for each thread.</param>
    public void Invoke(int group, int first, ArrayView<V> shared)
    {
        int thread = Group.IdxX;
        var part = grid.Part(group, thread);
        int result = first + part.Result;
        bool isBusy = part.Piece < grid.Pieces && thread < grid.GroupSize;
        V total = reducer.Identity<V>();
        if (isBusy)
            total = Own(part, kept.At(result), total);

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
            y[(part.Piece * pieceStride) + result] = V.Lane(End(total, result), 0);
    }

    // Four elements at a time are on their way.
    private V Own(ReducePart part, Place result, V total)
    {
        var starts = Starts(result);
        int step = grid.Parts, i = part.Start;
        while (part.End - i > 3 * step)
        {
            V block = reducer.Identity<V>();
            for (int rest = Block; rest > 0 && part.End - i > 3 * step; rest--, i += 4 * step)
            {
                V a = At(starts, i), b = At(starts, i + step), c = At(starts, i + (2 * step)), d = At(starts, i + (3 * step));
                block = reducer.Combine(block, reducer.Combine(reducer.Combine(a, b), reducer.Combine(c, d)));
            }

            total = reducer.Combine(total, block);
        }

        for (; i < part.End; i += step)
            total = reducer.Combine(total, At(starts, i));
        return total;
    }

    private V End(V total, int result)
    {
        if (TEnd.Operands == 1)
            return end.Invoke(total, total, total, total);
        V a = place == 0 ? total : V.Splat(e0.At(result)), b = place == 1 ? total : V.Splat(e1.At(result));
        V c = TEnd.Operands < 3 || place == 2 ? total : V.Splat(e2.At(result));
        return end.Invoke(a, b, c, TEnd.Operands < 4 || place == 3 ? total : V.Splat(e3.At(result)));
    }

    private ReduceStarts Starts(Place result)
    {
        int start = x0.Start(result);
        return new(
            start, TArity.Operands > 1 ? x1.Start(result) : start, TArity.Operands > 2 ? x2.Start(result) : start,
            TArity.Operands > 3 ? x3.Start(result) : start);
    }

    private V At(ReduceStarts starts, int i)
    {
        var place = reduced.At(i);
        V a = V.Splat(x0.At(starts.X, place)), b = TArity.Operands > 1 ? V.Splat(x1.At(starts.Y, place)) : a;
        V c = TArity.Operands > 2 ? V.Splat(x2.At(starts.Z, place)) : a;
        return function.Invoke(a, b, c, TArity.Operands > 3 ? V.Splat(x3.At(starts.W, place)) : a);
    }
}

/// <summary>An operand of a reduction.</summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="view">Its numbers.</param>
/// <param name="kept">How it moves in loops over the results.</param>
/// <param name="reduced">How it moves in loops over the elements of a result.</param>
internal readonly struct ReduceOperand<T>(View<T> view, Strides kept, Strides reduced)
    where T : unmanaged
{
    /// <summary>Where the elements of a result start.</summary>
    public int Start(Place result) => kept.At(result);

    /// <summary>An element of a result.</summary>
    public T At(int start, Place place) => view[start + reduced.At(place)];
}

/// <summary>An operand of what becomes of results: one number for each, or one for all.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct EndOperand<T>(View<T> view, int stride)
    where T : unmanaged
{
    /// <summary>A result's number.</summary>
    public T At(int result) => view[result * stride];
}

/// <summary>Where the elements of a result start in each operand.</summary>
internal readonly record struct ReduceStarts(int X, int Y, int Z, int W);
