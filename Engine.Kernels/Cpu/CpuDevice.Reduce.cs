using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Engine.Kernels.Fusion;
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
    internal override void ReduceOf<TReducer, TArity, TEnd>(
        ElementType type, TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, Buffer destination, Buffer x,
        Buffer y, Buffer z, Buffer w)
    {
        switch (type)
        {
            case ElementType.Float32: Of<float>(); break;
            case ElementType.Float64: Of<double>(); break;
            default: Of<int>(); break;
        }

        void Of<T>()
            where T : unmanaged, INumber<T>
            => ReduceOf(reducer, function, kept, reduced, ending, destination, Operands<T>.Of<TArity>(x, y, z, w));
    }

    private unsafe void ReduceOf<TReducer, TArity, TEnd, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, Buffer destination, Operands<T> from)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where T : unmanaged, INumber<T>
    {
        T* to = destination.Write<T>().Pointer;
        if (kept.Count != 1 || reduced.Rows != 1 || reduced.Inner < 2 * ReducePiece || reduced.InnerStride(0) != 1)
        {
            Reduce(reducer, function, kept, reduced, ending, to, from);
            return;
        }

        int pieces = reduced.Inner / ReducePiece, rest = reduced.Inner - (pieces * ReducePiece);
        var partial = Allocate((pieces + 1L) * sizeof(T));
        T* sums = partial.Write<T>().Pointer;
        int[][] nextPiece = [[1], .. reduced.Strides.Select(strides => new[] { strides[0] * ReducePiece })];
        Reduce(
            reducer, function, Loops.Of([pieces], nextPiece), Loops.Of([ReducePiece], reduced.Strides), Ending.None, sums, from);
        var end = from.By(Steps.Of(reduced, 1), pieces * ReducePiece);
        Reduce(reducer, function, kept, Loops.Of([rest], reduced.Strides), Ending.None, sums + pieces, end);
        OfUnary<IdentityFunction> same = default;
        Reduce(reducer, same, kept.Over(0, 1, 1), Loops.Of([pieces + 1], [1], [1]), ending, to, new(sums));
        if (!Recording.IsActive)
            Free(partial);
    }

    private unsafe void Reduce<TReducer, TArity, TEnd, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, T* to, Operands<T> from)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where T : unmanaged, INumber<T>
    {
        if (Vector512.IsHardwareAccelerated)
            Reduce<Lanes512<T>, TReducer, TArity, TEnd, T>(reducer, function, kept, reduced, ending, to, from);
        else if (Vector256.IsHardwareAccelerated)
            Reduce<Lanes256<T>, TReducer, TArity, TEnd, T>(reducer, function, kept, reduced, ending, to, from);
        else
            Reduce<Lanes128<T>, TReducer, TArity, TEnd, T>(reducer, function, kept, reduced, ending, to, from);
    }

    private unsafe void Reduce<V, TReducer, TArity, TEnd, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, T* to, Operands<T> from)
        where V : struct, ILanes<V, T>
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where T : unmanaged, INumber<T>
    {
        // Elements that are the operand's own are read where they lie, if vectors of them are.
        bool isSame = typeof(TArity) == typeof(OfUnary<IdentityFunction>)
            && (kept.InnerStride(1) == 1) == (kept.InnerStride(2) == 1) && (reduced.InnerStride(0) == 1) == (reduced.InnerStride(1) == 1);
        if (isSame)
            With(new ReduceRows<V, TReducer, T>(reducer, kept.Over(0, 2), reduced.Over(1), to, from.X));
        else
            With(new ReduceMap<V, TReducer, TArity, T>(reducer, function, kept, reduced, to, from));

        void With<TKernel>(TKernel kernel)
            where TKernel : struct, IKernel
        {
            int grain = Math.Max(1, ElementGrain / Math.Max(1, reduced.Count));
            if (typeof(TEnd) == typeof(OfUnary<IdentityFunction>))
            {
                Launch(kernel, kept.Count, grain);
                return;
            }

            T* x = Operand(0), y = TEnd.Operands > 1 ? Operand(1) : x, z = TEnd.Operands > 2 ? Operand(2) : x;
            var map = new MapRows<V, TEnd, T>(ending.Function, ending.Loops, to, x, y, z, TEnd.Operands > 3 ? Operand(3) : x);
            Launch(new ReduceEnd<TKernel, V, TEnd, T>(kernel, map), kept.Count, grain);
        }

        // Results are in their place already.
        T* Operand(int number) => number == ending.Place ? to : ending.Operands[number].Read<T>().Pointer;
    }

    /// <summary>A reduction, and a map of its results in their place.</summary>
    private readonly struct ReduceEnd<TKernel, V, TEnd, T>(TKernel reduction, MapRows<V, TEnd, T> map) : IKernel
        where TKernel : struct, IKernel
        where V : struct, ILanes<V, T>
        where TEnd : struct, IArity
        where T : unmanaged, INumber<T>
    {
        public void Run(int start, int end)
        {
            reduction.Run(start, end);
            map.Elements(start, end);
        }
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
        private readonly Combining<V, TReducer, T> _all = new(reducer);

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
            bool isShort = inner <= V.Count && kept.InnerStride(1) == 1 && reduced.Rows == 1
                && reduced.Inner <= Combining<V, TReducer, T>.LongestChains;
            T* result = to + ((long)start * inner);
            var rows = new RowWalk(kept, start, 1, 1, stackalloc int[kept.Sizes.Length + 1]);
            for (int row = start, run; row < end; row += run)
            {
                run = rows.RunLength(end - row);
                T* source = from + rows[0];
                int step = rows.Step(0);
                int whole = isShort ? (int)Math.Clamp((limit - V.Count - result + inner) / inner, 0, run) : 0;
                ShortRows(result, source, step, whole);
                result += (long)whole * inner;
                source += (long)whole * step;
                for (int i = whole; i < run; i++, result += inner, source += step)
                    Row(result, limit, source, inner);
                rows.Skip(run);
            }
        }

        // Rows of one vector, which may spill over, with little around their sums.
        private void ShortRows(T* result, T* source, int step, int count)
        {
            int inner = kept.Inner, length = reduced.Inner, stride = reduced.InnerStride(0);
            for (int i = 0; i < count; i++, result += inner, source += step)
                V.Store(_all.FewChains(source, length, stride), result);
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
                return _all.Chains(source, inner, step);
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
                    total, !along ? _all.Chains(at, inner, step) : step == 1 ? _all.Contiguous(at, inner) : Strided(at, inner, step));
                rows.Skip(1);
            }

            return total;
        }

        private T Along(T* source)
        {
            if (reduced.Rows == 1 && reduced.InnerStride(0) == 1)
                return _all.Fold(_all.Contiguous(source, reduced.Inner), reduced.Inner);
            var rows = new RowWalk(reduced, 0, 0, 1, stackalloc int[reduced.Sizes.Length + 1]);
            return _all.Fold(AllRows(ref rows, reduced.Rows, source, along: true), V.Count);
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
    }

    /// <summary>Combines numbers in memory.</summary>
    private readonly unsafe struct Combining<V, TReducer, T>(TReducer reducer)
        where V : struct, ILanes<V, T>
        where TReducer : struct, IReducer
        where T : unmanaged, INumber<T>
    {
        /// <summary>Vectors in chains that are not split.</summary>
        public const int LongestChains = 4 * ReduceChain;

        /// <summary>Of more vectors than these, those that are combined first.</summary>
        public static int Half(int count) => count / 8 * 4;

        /// <summary>Whole vectors at a stride, in four chains that hide the latency of a combination.</summary>
        public V Chains(T* at, int count, int step)
        {
            if (count <= LongestChains)
                return FewChains(at, count, step);
            int half = Half(count);
            return reducer.Combine(Chains(at, half, step), Chains(at + (half * (long)step), count - half, step));
        }

        /// <summary>The same of few vectors.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V FewChains(T* at, int count, int step)
        {
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

        /// <summary>Numbers that follow each other; the lanes past the end take no part.</summary>
        public V Contiguous(T* at, int length)
        {
            int whole = length / V.Count, rest = length % V.Count;
            V total = Chains(at, whole, V.Count);
            return rest == 0 ? total : reducer.Combine(
                total, V.Select(V.Indices < V.Constant(rest), V.Load(at + ((long)whole * V.Count)), reducer.Identity<V>()));
        }

        /// <summary>The first lanes of a vector, by halves; those behind take no part.</summary>
        public T Fold(V total, int count)
        {
            for (int width = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(count, 1, V.Count)) / 2; width > 0; width /= 2)
                total = reducer.Combine(total, LaneShift<V, T>.From(total, width));
            return V.Lane(total, 0);
        }
    }
}
