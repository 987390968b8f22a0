using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Update<TFunction>(
        ElementType type,
        TFunction function,
        Loops loops,
        (Buffer A, Buffer B, Buffer C, Buffer D) results,
        (Buffer A, Buffer B, Buffer C, Buffer D) operands,
        Buffer s,
        Buffer t)
    {
        switch (type)
        {
            case ElementType.Float32: UpdateOf<TFunction, float>(function, loops, results, operands, s, t); break;
            case ElementType.Float64: UpdateOf<TFunction, double>(function, loops, results, operands, s, t); break;
            default: throw new ArgumentException($"Update: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    private void UpdateOf<TFunction, T>(
        TFunction function,
        Loops loops,
        (Buffer A, Buffer B, Buffer C, Buffer D) results,
        (Buffer A, Buffer B, Buffer C, Buffer D) operands,
        Buffer s,
        Buffer t)
        where TFunction : struct, IUpdate
        where T : unmanaged, INumber<T>
    {
        if (Vector512.IsHardwareAccelerated)
            Launch(new UpdateRows<Lanes512<T>, TFunction, T>(function, loops, results, operands, s, t));
        else if (Vector256.IsHardwareAccelerated)
            Launch(new UpdateRows<Lanes256<T>, TFunction, T>(function, loops, results, operands, s, t));
        else
            Launch(new UpdateRows<Lanes128<T>, TFunction, T>(function, loops, results, operands, s, t));
    }

    private void Launch<V, TFunction, T>(UpdateRows<V, TFunction, T> kernel)
        where V : struct, ILanes<V, T>
        where TFunction : struct, IUpdate
        where T : unmanaged, INumber<T>
        => Launch(kernel, kernel.Units, Math.Max(1, ElementGrain / kernel.UnitLength));

    /// <summary>Works along rows, and shares them among threads, as <see cref="MapRows{V, TArity, T}"/> does.</summary>
    private readonly unsafe struct UpdateRows<V, TFunction, T>(
        TFunction function,
        Loops loops,
        (Buffer A, Buffer B, Buffer C, Buffer D) results,
        (Buffer A, Buffer B, Buffer C, Buffer D) operands,
        Buffer s,
        Buffer t) : IKernel
        where V : struct, ILanes<V, T>
        where TFunction : struct, IUpdate
        where T : unmanaged, INumber<T>
    {
        private const int Operands = 6;
        private const int Piece = 4096;

        private readonly T* _toA = results.A.Write<T>().Pointer;
        private readonly T* _toB = results.B.Write<T>().Pointer;
        private readonly T* _toC = results.C.Write<T>().Pointer;
        private readonly T* _toD = results.D.Write<T>().Pointer;
        private readonly T* _a = operands.A.Read<T>().Pointer;
        private readonly T* _b = operands.B.Read<T>().Pointer;
        private readonly T* _c = operands.C.Read<T>().Pointer;
        private readonly T* _d = operands.D.Read<T>().Pointer;
        private readonly T* _s = s.Read<T>().Pointer;
        private readonly T* _t = t.Read<T>().Pointer;
        private readonly bool _moveA = loops.InnerStride(1) != 0;
        private readonly bool _moveB = loops.InnerStride(2) != 0;
        private readonly bool _moveC = loops.InnerStride(3) != 0;
        private readonly bool _moveD = loops.InnerStride(4) != 0;
        private readonly bool _moveS = loops.InnerStride(5) != 0;
        private readonly bool _moveT = loops.InnerStride(6) != 0;

        public int Units => loops.Rows == 1 ? ((loops.Inner - 1) / Piece) + 1 : loops.Rows;

        public int UnitLength => loops.Rows == 1 ? Piece : Math.Max(1, loops.Inner);

        public void Run(int start, int end)
        {
            int* at = stackalloc int[Operands], step = stackalloc int[Operands];
            if (loops.Rows == 1)
            {
                int first = start * Piece, last = (int)Math.Min(loops.Inner, (long)end * Piece);
                for (int operand = 0; operand < Operands; operand++)
                    at[operand] = first * loops.InnerStride(operand + 1);
                Rows(first, last, 1, last - first, at, step);
                return;
            }

            long limit = (long)end * loops.Inner;
            var rows = new RowWalk(loops, start, 1, Operands, stackalloc int[loops.Sizes.Length + Operands]);
            for (int row = start, run; row < end; row += run)
            {
                run = rows.RunLength(end - row);
                for (int operand = 0; operand < Operands; operand++)
                    (at[operand], step[operand]) = (rows[operand], rows.Step(operand));
                Rows((long)row * loops.Inner, limit, run, loops.Inner, at, step);
                rows.Skip(run);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Load(T* source, bool moves, int i) => moves ? V.Load(source + i) : V.Splat(*source);

        // The last vector of a row spills over into the next row, which is written after it; only at the limit is it cut short.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Rows(long to, long limit, int count, int length, int* at, int* step)
        {
            T* a = _a + at[0], b = _b + at[1], c = _c + at[2], d = _d + at[3], s = _s + at[4], t = _t + at[5];
            for (; count > 0; count--, to += length)
            {
                for (int i = 0; i < length; i += V.Count)
                {
                    V resultA = Load(a, _moveA, i), resultB = Load(b, _moveB, i);
                    V resultC = Load(c, _moveC, i), resultD = Load(d, _moveD, i);
                    function.Invoke(ref resultA, ref resultB, ref resultC, ref resultD, Load(s, _moveS, i), Load(t, _moveT, i));
                    long first = to + i;
                    if (first + V.Count <= limit)
                    {
                        V.Store(resultA, _toA + first);
                        V.Store(resultB, _toB + first);
                        V.Store(resultC, _toC + first);
                        V.Store(resultD, _toD + first);
                    }
                    else
                    {
                        int rest = (int)Math.Min(length - i, limit - first);
                        V.StoreFirst(resultA, _toA + first, rest);
                        V.StoreFirst(resultB, _toB + first, rest);
                        V.StoreFirst(resultC, _toC + first, rest);
                        V.StoreFirst(resultD, _toD + first, rest);
                    }
                }

                a += step[0];
                b += step[1];
                c += step[2];
                d += step[3];
                s += step[4];
                t += step[5];
            }
        }
    }
}
