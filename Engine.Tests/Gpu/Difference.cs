using Engine.Core;

namespace Engine.Tests.Gpu;

/// <summary>How far a device's results are from the processor's.</summary>
internal static class Difference
{
    /// <summary>The largest difference, relative to the largest number of the tensor; infinite where only one of two is NaN.</summary>
    public static double Of(Tensor expected, Tensor actual)
    {
        double[] a = expected.ToDoubles(), b = actual.ToDoubles();
        if (expected.Type != actual.Type || expected.Shape != actual.Shape)
            return double.PositiveInfinity;
        double size = 1e-30, worst = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i].Equals(b[i]))
                continue;
            if (!double.IsFinite(a[i]) || !double.IsFinite(b[i]))
                return double.PositiveInfinity;
            size = Math.Max(size, Math.Max(Math.Abs(a[i]), Math.Abs(b[i])));
            worst = Math.Max(worst, Math.Abs(a[i] - b[i]));
        }

        foreach (double number in a.Where(double.IsFinite))
            size = Math.Max(size, Math.Abs(number));
        return worst / size;
    }
}
