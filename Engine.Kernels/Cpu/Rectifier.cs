using System.Numerics;

namespace Engine.Kernels.Cpu;

/// <summary>Makes numbers below 0 in memory 0; NaN stays.</summary>
internal static unsafe class Rectifier<T>
    where T : unmanaged
{
    public static void Run(T* start, T* end)
    {
        for (; start <= end - Vector<T>.Count; start += Vector<T>.Count)
        {
            var numbers = Vector.Load(start);
            Vector.ConditionalSelect(Vector.LessThan(numbers, Vector<T>.Zero), Vector<T>.Zero, numbers).Store(start);
        }

        var rest = new Span<T>(start, (int)(end - start));
        Span<T> side = stackalloc T[Vector<T>.Count];
        rest.CopyTo(side);
        var last = new Vector<T>(side);
        Vector.ConditionalSelect(Vector.LessThan(last, Vector<T>.Zero), Vector<T>.Zero, last).CopyTo(side);
        side[..rest.Length].CopyTo(rest);
    }
}
