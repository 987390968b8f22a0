namespace Engine.Kernels.Cpu;

/// <summary>Tells numbers from infinities and NaN: only theirs is a product with zero that is not zero.</summary>
internal static unsafe class Finite<V, R, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    /// <summary>Whether none of some numbers is infinite or NaN.</summary>
    public static bool Are(T* numbers, nint count)
    {
        R a = default, b = a, c = a, d = a, zero = a;
        for (; count >= 4 * V.Count; count -= 4 * V.Count, numbers += 4 * V.Count)
        {
            a = V.MultiplyAdd(zero, V.Load(numbers), a);
            b = V.MultiplyAdd(zero, V.Load(numbers + V.Count), b);
            c = V.MultiplyAdd(zero, V.Load(numbers + (2 * V.Count)), c);
            d = V.MultiplyAdd(zero, V.Load(numbers + (3 * V.Count)), d);
        }

        for (; count >= V.Count; count -= V.Count, numbers += V.Count)
            a = V.MultiplyAdd(zero, V.Load(numbers), a);
        if (count > 0)
            b = V.MultiplyAdd(zero, Rest(numbers, (int)count), b);
        return V.NonZeros(V.Add(V.Add(a, b), V.Add(c, d))) == 0;
    }

    private static R Rest(T* numbers, int count)
    {
        T* rest = stackalloc T[V.Count];
        new Span<T>(rest, V.Count).Clear();
        new Span<T>(numbers, count).CopyTo(new Span<T>(rest, count));
        return V.Load(rest);
    }
}
