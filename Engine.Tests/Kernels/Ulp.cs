using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;

namespace Engine.Tests.Kernels;

/// <summary>Functions applied to arrays in lanes of a given kind, and their errors in units in the last place.</summary>
internal static unsafe class Ulp
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static T[] Apply<V, T, TFunction>(TFunction function, T[] x)
        where V : struct, ILanes<V, T>
        where T : unmanaged
        where TFunction : struct, IUnary
    {
        var padded = new T[x.Length + 64];
        x.CopyTo(padded, 0);
        fixed (T* p = padded)
        {
            for (int i = 0; i < x.Length; i += V.Count)
                V.Store(function.Invoke(V.Load(p + i)), p + i);
        }

        return padded[..x.Length];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static T[] Apply<V, T, TFunction>(TFunction function, T[] x, T[] y)
        where V : struct, ILanes<V, T>
        where T : unmanaged
        where TFunction : struct, IBinary
    {
        T[] padded = new T[x.Length + 64], other = new T[x.Length + 64];
        x.CopyTo(padded, 0);
        y.CopyTo(other, 0);
        fixed (T* p = padded, q = other)
        {
            for (int i = 0; i < x.Length; i += V.Count)
                V.Store(function.Invoke(V.Load(p + i), V.Load(q + i)), p + i);
        }

        return padded[..x.Length];
    }

    /// <summary>Results by the name of the lanes, for the widths that this processor has.</summary>
    public static IEnumerable<(string Name, float[] Values)> Singles<TFunction>(TFunction function, float[] x)
        where TFunction : struct, IUnary
    {
        yield return ("scalar", Apply<Scalar<Float32, float>, float, TFunction>(function, x));
        yield return ("128", Apply<Lanes128<float>, float, TFunction>(function, x));
        if (Vector256.IsHardwareAccelerated)
            yield return ("256", Apply<Lanes256<float>, float, TFunction>(function, x));
        if (Vector512.IsHardwareAccelerated)
            yield return ("512", Apply<Lanes512<float>, float, TFunction>(function, x));
    }

    public static IEnumerable<(string Name, double[] Values)> Doubles<TFunction>(TFunction function, double[] x)
        where TFunction : struct, IUnary
    {
        yield return ("scalar", Apply<Scalar<Float64, double>, double, TFunction>(function, x));
        yield return ("128", Apply<Lanes128<double>, double, TFunction>(function, x));
        if (Vector256.IsHardwareAccelerated)
            yield return ("256", Apply<Lanes256<double>, double, TFunction>(function, x));
        if (Vector512.IsHardwareAccelerated)
            yield return ("512", Apply<Lanes512<double>, double, TFunction>(function, x));
    }

    /// <summary>The error of a float, given the exact result in double.</summary>
    public static double Error(float actual, double exact)
    {
        if (double.IsNaN(exact))
            return float.IsNaN(actual) ? 0 : double.PositiveInfinity;
        if ((float)exact == actual)
            return 0;
        if (float.IsNaN(actual) || double.IsInfinity(exact))
            return double.PositiveInfinity;

        // An infinity counts as the number after the largest.
        double value = float.IsInfinity(actual) ? Math.CopySign(Math.ScaleB(1, 128), actual) : actual;
        int exponent = Math.Clamp(Math.ILogB(exact == 0 ? double.Epsilon : exact), -126, 127);
        return Math.Abs(value - exact) / Math.ScaleB(1, exponent - 23);
    }

    public static double Error(double actual, double exact)
    {
        if (double.IsNaN(exact))
            return double.IsNaN(actual) ? 0 : double.PositiveInfinity;
        if (exact == actual)
            return 0;
        return Math.Abs(actual - exact) / (Math.BitIncrement(Math.Abs(exact)) - Math.Abs(exact));
    }
}
