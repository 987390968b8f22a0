using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    internal override void MapOf<TArity>(
        ElementType type, TArity function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z, Buffer w)
    {
        switch (type)
        {
            case ElementType.Float32: MapOf<TArity, float>(function, loops, destination, x, y, z, w); break;
            case ElementType.Float64: MapOf<TArity, double>(function, loops, destination, x, y, z, w); break;
            default: MapOf<TArity, int>(function, loops, destination, x, y, z, w); break;
        }
    }

    private unsafe void MapOf<TArity, T>(TArity function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z, Buffer w)
        where TArity : struct, IArity
        where T : unmanaged, INumber<T>
    {
        T* to = destination.Write<T>().Pointer, from0 = x.Read<T>().Pointer;
        T* from1 = TArity.Operands > 1 ? y.Read<T>().Pointer : from0;
        T* from2 = TArity.Operands > 2 ? z.Read<T>().Pointer : from0;
        T* from3 = TArity.Operands > 3 ? w.Read<T>().Pointer : from0;
        if (Vector512.IsHardwareAccelerated)
            Launch(new MapRows<Lanes512<T>, TArity, T>(function, loops, to, from0, from1, from2, from3));
        else if (Vector256.IsHardwareAccelerated)
            Launch(new MapRows<Lanes256<T>, TArity, T>(function, loops, to, from0, from1, from2, from3));
        else
            Launch(new MapRows<Lanes128<T>, TArity, T>(function, loops, to, from0, from1, from2, from3));
    }

    private void Launch<V, TArity, T>(MapRows<V, TArity, T> kernel)
        where V : struct, ILanes<V, T>
        where TArity : struct, IArity
        where T : unmanaged, INumber<T>
        => Launch(kernel, kernel.Units, Math.Max(1, ElementGrain / kernel.UnitLength));

    /// <summary>
    /// Applies a function along rows of a contiguous destination; along a row an operand moves by one element or not at all.
    /// A nest that is a single row is cut into pieces of <see cref="Piece"/> elements instead.
    /// </summary>
    private readonly unsafe struct MapRows<V, TArity, T> : IKernel
        where V : struct, ILanes<V, T>
        where TArity : struct, IArity
        where T : unmanaged, INumber<T>
    {
        private const int Piece = 4096;

        private const int FewVectors = 4;

        private readonly TArity _function;
        private readonly Loops _loops;
        private readonly T* _to;
        private readonly T* _x;
        private readonly T* _y;
        private readonly T* _z;
        private readonly T* _w;
        private readonly int _rows;
        private readonly int _inner;
        private readonly bool _moveX;
        private readonly bool _moveY;
        private readonly bool _moveZ;
        private readonly bool _moveW;

        public MapRows(TArity function, Loops loops, T* to, T* x, T* y, T* z, T* w)
        {
            _function = function;
            _loops = loops;
            _to = to;
            _x = x;
            _y = y;
            _z = z;
            _w = w;
            _rows = loops.Rows;
            _inner = loops.Inner;
            _moveX = loops.InnerStride(1) != 0;
            _moveY = TArity.Operands > 1 && loops.InnerStride(2) != 0;
            _moveZ = TArity.Operands > 2 && loops.InnerStride(3) != 0;
            _moveW = TArity.Operands > 3 && loops.InnerStride(4) != 0;
        }

        public int Units => _rows == 1 ? ((_inner - 1) / Piece) + 1 : _rows;

        public int UnitLength => _rows == 1 ? Piece : Math.Max(1, _inner);

        public void Run(int start, int end)
        {
            if (_rows == 1)
            {
                Elements(start * Piece, (int)Math.Min(_inner, (long)end * Piece));
                return;
            }

            T* to = _to + ((long)start * _inner);
            T* limit = _to + ((long)end * _inner);
            var rows = new RowWalk(_loops, start, 1, TArity.Operands, stackalloc int[_loops.Sizes.Length + TArity.Operands]);
            for (int row = start, run; row < end; row += run, to += (long)run * _inner)
            {
                run = rows.RunLength(end - row);
                T* x = _x + rows[0], y = TArity.Operands > 1 ? _y + rows[1] : _y, z = TArity.Operands > 2 ? _z + rows[2] : _z;
                T* w = TArity.Operands > 3 ? _w + rows[3] : _w;
                int stepX = rows.Step(0), stepY = TArity.Operands > 1 ? rows.Step(1) : 0, stepZ = TArity.Operands > 2 ? rows.Step(2) : 0;
                int stepW = TArity.Operands > 3 ? rows.Step(3) : 0;
                Rows(to, limit, run, _inner, x, y, z, w, stepX, stepY, stepZ, stepW);
                rows.Skip(run);
            }
        }

        /// <summary>Elements of a nest that is a single row.</summary>
        public void Elements(int first, int last)
            => Row(
                _to + first, _to + last, last - first, Along(_x, _moveX, first), Along(_y, _moveY, first), Along(_z, _moveZ, first),
                Along(_w, _moveW, first));

        /// <summary>Rows that follow each other in the result; each operand moves by the same step from one to the next.</summary>
        public void Rows(
            T* to, T* limit, int count, int length, T* x, T* y, T* z, T* w, int stepX, int stepY, int stepZ, int stepW)
        {
            if (length <= FewVectors * V.Count)
            {
                ShortRows(to, limit, count, length, x, y, z, w, stepX, stepY, stepZ, stepW);
                return;
            }

            for (int i = 0; i < count; i++)
            {
                Row(
                    to + ((long)i * length), limit, length, x + ((long)i * stepX), y + ((long)i * stepY), z + ((long)i * stepZ),
                    w + ((long)i * stepW));
            }
        }

        private static T* Along(T* pointer, bool moves, int elements) => moves ? pointer + elements : pointer;

        private void Row(T* to, T* limit, int length, T* x, T* y, T* z, T* w)
        {
            bool allMove = _moveX && (TArity.Operands < 2 || _moveY) && (TArity.Operands < 3 || _moveZ) && (TArity.Operands < 4 || _moveW);
            if (allMove)
                AllMove(to, limit, length, x, y, z, w);
            else
                SomeMove(to, limit, length, x, y, z, w);
        }

        // The last vector of a row spills over into the next row, which is written after it; only at the limit is it cut short.
        // A loop is a method of its own with one copy of the function, because the JIT stops inlining in methods that get large.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void AllMove(T* to, T* limit, int length, T* x, T* y, T* z, T* w)
        {
            for (int i = 0; i < length; i += V.Count)
            {
                V first = V.Load(x + i);
                V result = _function.Invoke(
                    first,
                    TArity.Operands > 1 ? V.Load(y + i) : first,
                    TArity.Operands > 2 ? V.Load(z + i) : first,
                    TArity.Operands > 3 ? V.Load(w + i) : first);
                if (to + i + V.Count <= limit)
                    V.Store(result, to + i);
                else
                    V.StoreFirst(result, to + i, (int)Math.Min(length - i, limit - (to + i)));
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void SomeMove(T* to, T* limit, int length, T* x, T* y, T* z, T* w)
        {
            V stillX = V.Splat(*x), stillY = V.Splat(*y), stillZ = V.Splat(*z), stillW = V.Splat(*w);
            for (int i = 0; i < length; i += V.Count)
            {
                V result = _function.Invoke(
                    _moveX ? V.Load(x + i) : stillX,
                    TArity.Operands > 1 && _moveY ? V.Load(y + i) : stillY,
                    TArity.Operands > 2 && _moveZ ? V.Load(z + i) : stillZ,
                    TArity.Operands > 3 && _moveW ? V.Load(w + i) : stillW);
                if (to + i + V.Count <= limit)
                    V.Store(result, to + i);
                else
                    V.StoreFirst(result, to + i, (int)Math.Min(length - i, limit - (to + i)));
            }
        }

        // Rows of a few vectors, for which a call each would take too long.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void ShortRows(
            T* to, T* limit, int count, int length, T* x, T* y, T* z, T* w, int stepX, int stepY, int stepZ, int stepW)
        {
            for (; count > 0; count--, to += length, x += stepX, y += stepY, z += stepZ, w += stepW)
            {
                for (int i = 0; i < length; i += V.Count)
                {
                    V result = _function.Invoke(
                        _moveX ? V.Load(x + i) : V.Splat(*x),
                        TArity.Operands > 1 && _moveY ? V.Load(y + i) : V.Splat(*y),
                        TArity.Operands > 2 && _moveZ ? V.Load(z + i) : V.Splat(*z),
                        TArity.Operands > 3 && _moveW ? V.Load(w + i) : V.Splat(*w));
                    if (to + i + V.Count <= limit)
                        V.Store(result, to + i);
                    else
                        V.StoreFirst(result, to + i, (int)Math.Min(length - i, limit - (to + i)));
                }
            }
        }
    }
}
