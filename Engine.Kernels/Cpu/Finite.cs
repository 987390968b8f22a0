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
        R a = default, b = default;
        for (; count >= 2 * V.Count; count -= 2 * V.Count, numbers += 2 * V.Count)
        {
            a = V.MultiplyAdd(default(R), V.Load(numbers), a);
            b = V.MultiplyAdd(default(R), V.Load(numbers + V.Count), b);
        }

        T* rest = stackalloc T[2 * V.Count];
        new Span<T>(rest, 2 * V.Count).Clear();
        new Span<T>(numbers, (int)count).CopyTo(new Span<T>(rest, (int)count));
        a = V.MultiplyAdd(default(R), V.Load(rest), a);
        b = V.MultiplyAdd(default(R), V.Load(rest + V.Count), b);
        return V.NonZeros(V.Add(a, b)) == 0;
    }
}
