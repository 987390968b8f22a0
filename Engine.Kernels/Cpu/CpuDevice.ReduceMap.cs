using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <summary>By how many elements each operand moves; those that there aren't stay where they are.</summary>
    private readonly record struct Steps(int X, int Y, int Z, int W)
    {
        /// <summary>Those of the innermost loop.</summary>
        public static Steps Of(Loops loops, int first)
        {
            return new(Step(0), Step(1), Step(2), Step(3));

            int Step(int operand) => first + operand < loops.Strides.Length ? loops.InnerStride(first + operand) : 0;
        }
    }

    /// <summary>Where each operand stands.</summary>
    private readonly unsafe struct Operands<T>(T* x, T* y, T* z, T* w)
        where T : unmanaged
    {
        public Operands(T* only)
            : this(only, only, only, only)
        {
        }

        public T* X => x;

        public T* Y => y;

        public T* Z => z;

        public T* W => w;

        public static Operands<T> Of<TArity>(Buffer x, Buffer y, Buffer z, Buffer w)
            where TArity : struct, IArity
        {
            T* first = x.Read<T>().Pointer;
            return new(
                first, TArity.Operands > 1 ? y.Read<T>().Pointer : first, TArity.Operands > 2 ? z.Read<T>().Pointer : first,
                TArity.Operands > 3 ? w.Read<T>().Pointer : first);
        }

        public Operands<T> By(Steps step, long times)
            => new(x + (step.X * times), y + (step.Y * times), z + (step.Z * times), w + (step.W * times));
    }

    /// <summary>
    /// A reduction of a map's results, which are computed by blocks that stay in the cache, and combined from there in the same order as
    /// if all of them were written first.
    /// </summary>
    private readonly unsafe struct ReduceMap<V, TReducer, TArity, T> : IKernel
        where V : struct, ILanes<V, T>
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where T : unmanaged, INumber<T>
    {
        // Vectors of results side by side in a block, if vectors lie across a row of them.
        private const int Abreast = 4;

        private const int Longest = Combining<V, TReducer, T>.LongestChains;

        private readonly TReducer _reducer;
        private readonly Combining<V, TReducer, T> _all;
        private readonly MapRows<V, TArity, T> _map;
        private readonly Loops _kept;
        private readonly T* _to;
        private readonly Operands<T> _from;
        private readonly Steps _nextResult;
        private readonly Steps _nextElement;
        private readonly Steps _nextColumn;
        private readonly int _count;
        private readonly bool _across;

        public ReduceMap(TReducer reducer, TArity function, Loops kept, Loops reduced, T* to, Operands<T> from)
        {
            _across = kept.InnerStride(1) == 1;
            var columns = _across ? kept.Over([.. Enumerable.Range(1, TArity.Operands + 1)]) : reduced;
            _reducer = reducer;
            _all = new(reducer);
            _map = new(function, columns, null, null, null, null, null);
            _kept = kept;
            _to = to;
            _from = from;
            _nextResult = Steps.Of(kept, 2);
            _nextElement = Steps.Of(reduced, 1);
            _nextColumn = Steps.Of(columns, 1);
            _count = reduced.Count;
        }

        private static int BlockLength => Longest * Abreast * V.Count;

        // Units are results.
        [SkipLocalsInit]
        public void Run(int start, int end)
        {
            T* block = stackalloc T[BlockLength + V.Count];
            int inner = _kept.Inner;
            var rows = new RowWalk(_kept, start / inner, 2, TArity.Operands, stackalloc int[_kept.Sizes.Length + TArity.Operands]);
            for (int width; start < end; start += width)
            {
                int column = start % inner;
                width = Math.Min(inner - column, end - start);
                var row = new Operands<T>(
                    _from.X + rows[0], TArity.Operands > 1 ? _from.Y + rows[1] : _from.X, TArity.Operands > 2 ? _from.Z + rows[2] : _from.X,
                    TArity.Operands > 3 ? _from.W + rows[3] : _from.X);
                if (_across)
                    Across(_to + start, row.By(_nextResult, column), width, block);
                else
                    Along(_to + start, row.By(_nextResult, column), width, block);
                rows.Skip(1);
            }
        }

        // Elements of as many results at a time as a block has room for.
        private void Along(T* to, Operands<T> from, int results, T* block)
        {
            int most = Math.Max(1, BlockLength / Math.Max(1, _count));
            for (int first = 0, some; first < results; first += some)
            {
                some = Math.Min(most, results - first);
                var at = from.By(_nextResult, first);
                if (_count > BlockLength)
                {
                    int whole = _count / V.Count * V.Count;
                    V total = Chains(at, whole / V.Count, block);
                    Fill(block, at.By(_nextColumn, whole), 1, default, _count - whole);
                    to[first] = _all.Fold(_reducer.Combine(total, _all.Contiguous(block, _count - whole)), V.Count);
                    continue;
                }

                Fill(block, at, some, _nextResult, _count);
                for (int i = 0; i < some; i++)
                    to[first + i] = _all.Fold(_all.Contiguous(block + (i * _count), _count), _count);
            }
        }

        private V Chains(Operands<T> at, int count, T* block)
        {
            if (count > Longest)
            {
                int half = Combining<V, TReducer, T>.Half(count);
                V first = Chains(at, half, block);
                return _reducer.Combine(first, Chains(at.By(_nextColumn, (long)half * V.Count), count - half, block));
            }

            Fill(block, at, 1, default, count * V.Count);
            return _all.Chains(block, count, V.Count);
        }

        private void Across(T* to, Operands<T> from, int results, T* block)
        {
            T* totals = stackalloc T[Abreast * V.Count];
            for (int first = 0, some; first < results; first += some)
            {
                some = Math.Min(Abreast * V.Count, results - first);
                Chains(totals, some, from.By(_nextResult, first), _count, block);
                new ReadOnlySpan<T>(totals, some).CopyTo(new Span<T>(to + first, some));
            }
        }

        private void Chains(T* totals, int width, Operands<T> at, int count, T* block)
        {
            if (count > Longest)
            {
                int half = Combining<V, TReducer, T>.Half(count);
                T* others = stackalloc T[Abreast * V.Count];
                Chains(totals, width, at, half, block);
                Chains(others, width, at.By(_nextElement, half), count - half, block);
                for (int i = 0; i < width; i += V.Count)
                    V.Store(_reducer.Combine(V.Load(totals + i), V.Load(others + i)), totals + i);
                return;
            }

            Fill(block, at, count, _nextElement, width);
            for (int i = 0; i < width; i += V.Count)
                V.Store(_all.Chains(block + i, count, width), totals + i);
        }

        // Rows of elements; where every operand's lie one after the other, they are one.
        private void Fill(T* block, Operands<T> at, int rows, Steps next, int width)
        {
            T* limit = block + (rows * width) + V.Count;
            bool isOne = Follow(next.X, _nextColumn.X) && Follow(next.Y, _nextColumn.Y) && Follow(next.Z, _nextColumn.Z)
                && Follow(next.W, _nextColumn.W);
            if (isOne)
                (rows, width) = (1, rows * width);
            _map.Rows(block, limit, rows, width, at.X, at.Y, at.Z, at.W, next.X, next.Y, next.Z, next.W);

            bool Follow(int row, int column) => row == column * width;
        }
    }
}
