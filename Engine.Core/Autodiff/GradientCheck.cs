namespace Engine.Core.Autodiff;

/// <summary>Compares derivatives, of derivatives too, with finite differences in Float64.</summary>
public static class GradientCheck
{
    /// <summary>Checks a function's derivatives up to an order.</summary>
    /// <param name="function">A smooth function of Float64 tensors near <paramref name="xs"/>; results of any shapes.</param>
    /// <param name="xs">Where to check; Int32 inputs are kept constant.</param>
    /// <param name="order">1 for gradients, 2 for gradients of gradients, and so on.</param>
    /// <param name="tolerance">The largest difference allowed, relative to the size of the derivative plus 1.</param>
    /// <param name="seed">For the directions in which derivatives are taken.</param>
    /// <returns>The largest relative difference of each order.</returns>
    /// <exception cref="ArgumentException">An input is Float32, which is too coarse for finite differences; or none is Float64.</exception>
    /// <exception cref="InvalidOperationException">A derivative differs by more than <paramref name="tolerance"/>.</exception>
    public static double[] Check(Func<Tensor[], Tensor[]> function, Tensor[] xs, int order = 2, double tolerance = 1e-6, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        if (Array.Find(xs, x => x.Type == Kernels.ElementType.Float32) is { } coarse)
            throw new ArgumentException($"GradientCheck: needs Float64, got Float32 {coarse.Shape}: convert it with Cast.", nameof(xs));
        if (!Array.Exists(xs, x => x.Type == Kernels.ElementType.Float64))
            throw new ArgumentException("GradientCheck: without a Float64 input there is nothing to check.", nameof(xs));
        var random = new Random(seed);
        var errors = new double[order];
        var current = function;
        for (int level = 1; level <= order; level++)
        {
            using var scope = new TensorScope();
            errors[level - 1] = Compare(current, xs, random);
            if (!(errors[level - 1] <= tolerance))
            {
                throw new InvalidOperationException(
                    $"GradientCheck: derivatives of order {level} differ from finite differences by "
                    + $"{errors[level - 1]:G3} (relative), which exceeds {tolerance:G3}.");
            }

            current = GradientOf(current, random.Next());
        }

        return errors;
    }

    /// <summary>
    /// Compares, for all results at once, the derivative along a random direction by Jvp, by Vjp and by central differences.
    /// </summary>
    private static double Compare(Func<Tensor[], Tensor[]> function, Tensor[] xs, Random random)
    {
        var free = Free(xs);
        var direction = free.Select(x => RandomLike(x, random)).ToArray();
        var ys = function(xs);
        var cotangents = ys.Select(y => RandomLike(y, random)).ToArray();
        double forward = Dot(Gradient.Jvp(ys, free, direction), cotangents);
        double backward = Dot(Gradient.Vjp(ys, free, cotangents), direction);

        // Richardson extrapolation of central differences: the error is of order h^4.
        const double H = 1e-3;
        double coarse = Difference(2 * H), fine = Difference(H);
        double numeric = ((4 * fine) - coarse) / 3;
        double scale = 1 + Math.Abs(numeric);
        return Math.Max(Math.Abs(forward - numeric), Math.Abs(backward - numeric)) / scale;

        double Difference(double h)
        {
            double ahead = Dot(function(Moved(h)), cotangents), behind = Dot(function(Moved(-h)), cotangents);
            return (ahead - behind) / (2 * h);
        }

        Tensor[] Moved(double h)
        {
            int next = 0;
            return [.. xs.Select(x => free.Contains(x) ? x + (direction[next++] * h) : x)];
        }
    }

    // The gradient of a random combination of the results, as a function of its own.
    private static Func<Tensor[], Tensor[]> GradientOf(Func<Tensor[], Tensor[]> function, int seed) => xs =>
    {
        var random = new Random(seed);
        var ys = function(xs);
        return Gradient.Vjp(ys, Free(xs), [.. ys.Select(y => RandomLike(y, random))]);
    };

    private static Tensor[] Free(Tensor[] xs) => [.. xs.Where(x => x.Type == Kernels.ElementType.Float64)];

    private static double Dot(Tensor[] left, Tensor[] right)
        => left.Zip(right).Sum(pair => pair.First.ToDoubles().Zip(pair.Second.ToDoubles()).Sum(values => values.First * values.Second));

    private static Tensor RandomLike(Tensor x, Random random)
    {
        var values = new double[x.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (2 * random.NextDouble()) - 1;
        return Tensor.From(values, x.Shape, x.Type, x.Device);
    }
}
