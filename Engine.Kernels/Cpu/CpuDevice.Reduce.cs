using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    // A reduction to few results is cut into pieces of this many elements, whose results are combined in order.
    private const int ReducePiece = 16384;

    // Combinations that a chain does in a row. More are split into halves, whose results are combined, so that the rounding error of a
    // sum grows with the logarithm of its length.
    private const int ReduceChain = 64;

    /// <inheritdoc/>
    public override void Reduce<TReducer>(ElementType type, TReducer reducer, Loops kept, Loops reduced, Buffer destination, Buffer x)
    {
        if (kept.Count == 1 && reduced.Rows == 1 && reduced.Inner >= 2 * ReducePiece && reduced.InnerStride(0) == 1)
        {
            int pieces = reduced.Inner / ReducePiece;
            int rest = reduced.Inner - (pieces * ReducePiece);
            var partial = Allocate((pieces + 1L) * type.Size());
            Reduce(type, reducer, Loops.Of([pieces], [1], [ReducePiece]), Loops.Of([ReducePiece], [1]), partial, 0, x, 0);
            Reduce(type, reducer, Loops.Of([1], [1], [1]), Loops.Of([rest], [1]), partial, pieces, x, pieces * ReducePiece);
            Reduce(type, reducer, kept, Loops.Of([pieces + 1], [1]), destination, 0, partial, 0);
            if (!Recording.IsActive)
                Free(partial);
            return;
        }

        Reduce(type, reducer, kept, reduced, destination, 0, x, 0);
    }

    private void Reduce<TReducer>(
        ElementType type, TReducer reducer, Loops kept, Loops reduced, Buffer destination, int destinationOffset, Buffer x, int offset)
        where TReducer : struct, IReducer
    {
        switch (type)
        {
            case ElementType.Float32:
                Reduce(reducer, kept, reduced, destination.Write<float>(), destinationOffset, x.Read<float>(), offset);
                break;
            case ElementType.Float64:
                Reduce(reducer, kept, reduced, destination.Write<double>(), destinationOffset, x.Read<double>(), offset);
                break;
            default:
                Reduce(reducer, kept, reduced, destination.Write<int>(), destinationOffset, x.Read<int>(), offset);
                break;
        }
    }

    private unsafe void Reduce<TReducer, T>(
        TReducer reducer, Loops kept, Loops reduced, View<T> destination, int destinationOffset, View<T> x, int offset)
        where TReducer : struct, IReducer
        where T : unmanaged, INumber<T>
    {
        T* to = destination.Pointer + destinationOffset, from = x.Pointer + offset;
        int grain = Math.Max(1, ElementGrain / Math.Max(1, reduced.Count));
        if (Vector512.IsHardwareAccelerated)
            Launch(new ReduceRows<Lanes512<T>, TReducer, T>(reducer, kept, reduced, to, from), kept.Count, grain);
        else if (Vector256.IsHardwareAccelerated)
            Launch(new ReduceRows<Lanes256<T>, TReducer, T>(reducer, kept, reduced, to, from), kept.Count, grain);
        else
            Launch(new ReduceRows<Lanes128<T>, TReducer, T>(reducer, kept, reduced, to, from), kept.Count, grain);
    }

    /// <summary>
    /// Rows of the result. Where the operand moves along a result row, vectors lie across the row (each lane one result); where it
    /// moves along what is reduced, vectors lie along that and are folded at the end.
    /// </summary>
    private readonly unsafe struct ReduceRows<V, TReducer, T>(TReducer reducer, Loops kept, Loops reduced, T* to, T* from) : IKernel
        where V : struct, ILanes<V, T>
        where TReducer : struct, IReducer
        where T : unmanaged, INumber<T>
    {
        // Units are results: whole rows of them, and parts of rows at both ends.
        public void Run(int start, int end)
        {
            int inner = kept.Inner;
            T* limit = to + end;
            while (start < end)
            {
                int row = start / inner, column = start % inner, width = Math.Min(inner - column, end - start);
                if (width == inner)
                {
                    Rows(row, end / inner, limit);
                    start = end / inner * inner;
                }
                else
                {
                    Row(to + start, limit, from + kept.RowOffset(1, row) + ((long)column * kept.InnerStride(1)), width);
                    start += width;
                }
            }
        }

        private void Rows(int start, int end, T* limit)
        {
            int inner = kept.Inner;
            T* result = to + ((long)start * inner);
            var rows = new RowWalk(kept, start, 1, 1, stackalloc int[kept.Sizes.Length + 1]);
            for (int row = start, run; row < end; row += run)
            {
                run = rows.RunLength(end - row);
                T* source = from + rows[0];
                int step = rows.Step(0);
                for (int i = 0; i < run; i++, result += inner, source += step)
                    Row(result, limit, source, inner);
                rows.Skip(run);
            }
        }

        // The last vector may spill over into the next row, which is written after it.
        private void Row(T* result, T* limit, T* source, int width)
        {
            int step = kept.InnerStride(1);
            if (step != 1)
            {
                for (int i = 0; i < width; i++)
                    result[i] = Along(source + ((long)i * step));
                return;
            }

            for (int i = 0; i < width; i += V.Count)
            {
                V total = Across(source + i);
                if (result + i + V.Count <= limit)
                    V.Store(total, result + i);
                else
                    V.StoreFirst(total, result + i, (int)Math.Min(width - i, limit - (result + i)));
            }
        }

        private V Across(T* source)
        {
            int inner = reduced.Inner, step = reduced.InnerStride(0);
            if (reduced.Rows == 1)
                return Chains(source, inner, step);
            var rows = new RowWalk(reduced, 0, 0, 1, stackalloc int[reduced.Sizes.Length + 1]);
            return AllRows(ref rows, reduced.Rows, source, along: false);
        }

        // The next rows of what is reduced.
        private V AllRows(ref RowWalk rows, int count, T* source, bool along)
        {
            if (count > ReduceChain)
            {
                V first = AllRows(ref rows, count / 2, source, along);
                return reducer.Combine(first, AllRows(ref rows, count - (count / 2), source, along));
            }

            V total = reducer.Identity<V>();
            int inner = reduced.Inner, step = reduced.InnerStride(0);
            for (; count > 0; count--)
            {
                T* at = source + rows[0];
                total = reducer.Combine(
                    total, !along ? Chains(at, inner, step) : step == 1 ? Contiguous(at, inner) : Strided(at, inner, step));
                rows.Skip(1);
            }

            return total;
        }

        // Whole vectors at a stride, in four chains that hide the latency of a combination.
        private V Chains(T* at, int count, int step)
        {
            if (count > 4 * ReduceChain)
            {
                int half = count / 8 * 4;
                return reducer.Combine(Chains(at, half, step), Chains(at + (half * (long)step), count - half, step));
            }

            V a = reducer.Identity<V>();
            V b = a, c = a, d = a;
            for (; count >= 4; count -= 4, at += 4 * (long)step)
            {
                a = reducer.Combine(a, V.Load(at));
                b = reducer.Combine(b, V.Load(at + step));
                c = reducer.Combine(c, V.Load(at + (2 * (long)step)));
                d = reducer.Combine(d, V.Load(at + (3 * (long)step)));
            }

            for (; count > 0; count--, at += step)
                a = reducer.Combine(a, V.Load(at));
            return reducer.Combine(reducer.Combine(a, b), reducer.Combine(c, d));
        }

        private T Along(T* source)
        {
            if (reduced.Rows == 1 && reduced.InnerStride(0) == 1)
                return Fold(Contiguous(source, reduced.Inner));
            var rows = new RowWalk(reduced, 0, 0, 1, stackalloc int[reduced.Sizes.Length + 1]);
            return Fold(AllRows(ref rows, reduced.Rows, source, along: true));
        }

        // The lanes past the end take no part.
        private V Contiguous(T* at, int length)
        {
            int whole = length / V.Count, rest = length % V.Count;
            V total = Chains(at, whole, V.Count);
            return rest == 0 ? total : reducer.Combine(
                total, V.Select(V.Indices < V.Constant(rest), V.Load(at + ((long)whole * V.Count)), reducer.Identity<V>()));
        }

        private V Strided(T* at, int length, int step)
        {
            if (length > ReduceChain)
            {
                int half = length / 2;
                return reducer.Combine(Strided(at, half, step), Strided(at + (half * (long)step), length - half, step));
            }

            V first = V.Indices < V.Constant(1), total = reducer.Identity<V>();
            for (int i = 0; i < length; i++)
                total = reducer.Combine(total, V.Select(first, V.Splat(at[(long)i * step]), reducer.Identity<V>()));
            return total;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private T Fold(V total)
        {
            T* lanes = stackalloc T[2 * V.Count];
            for (int width = V.Count / 2; width > 0; width /= 2)
            {
                V.Store(total, lanes);
                total = reducer.Combine(total, V.Load(lanes + width));
            }

            return V.Lane(total, 0);
        }
    }
}
