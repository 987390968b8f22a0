using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// The results of a convolution at positions, one of each pool's window and channel; zero where a position is negative. Each is the sum of
/// a channel's products with the window of the image there: three results in four are never computed. A unit is an image.
/// </summary>
/// <remarks>
/// An image that is mostly zeros, or has an infinity or NaN, is left to the convolution as a whole. That depends on the image alone, so
/// that results don't depend on the number of threads.
/// </remarks>
internal readonly unsafe struct PooledPicks<L, V, R, T>(
    ConvolutionShape shape, BufferPool pool, T* y, T* x, T* packed, int* positions, PooledConvolutions<PickPool<L, T>, V, R, T> whole)
    : IMemberKernel<PooledPicks<L, V, R, T>>
    where L : struct, ILanes<L, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    // Bytes of images that should stay in the first cache.
    private const int ImageBytes = 24 * 1024;

    // How many times the products of an image's numbers that differ from 0 cost those of a window.
    private const int SparseAdvantage = 8;

    // Results at once, which share the loads of weights.
    private const int Group = 4;

    private int Pixels => shape.OutputHeight / 2 * (shape.OutputWidth / 2);

    /// <summary>Whether windows take fewer steps than the convolution as a whole, with what it takes to find and to sum them.</summary>
    public static bool Suits(ConvolutionShape shape) => 3 * (WindowVectors<V, R, T>.Count(shape) + 12) * V.Count <= 8 * shape.Taps;

    public PooledPicks<L, V, R, T> Of(int member)
        => new(
            shape, pool, y + (member * shape.PooledCount), x + (member * shape.ImageCount),
            packed + (member * (nint)PackWindows<V, R, T>.Length(shape)), positions + (member * shape.PooledCount), whole.Of(member));

    public void Run(int start, int end)
    {
        nint length = (nint)shape.Height * shape.Width * shape.InputChannels;
        int rows = shape.OutputHeight / 2, most = (int)Math.Clamp(ImageBytes / Math.Max(1, length * sizeof(T)), 1, end - start);
        using var windows = new PooledWindows<L, T>(shape, pool, most);
        long targetBytes = (windows.Most * (long)Pixels * (sizeof(nint) + sizeof(int))) + (2 * Group * sizeof(nint));
        nint* targets = (nint*)pool.Rent(targetBytes);
        nint* vectors = stackalloc nint[WindowVectors<V, R, T>.Count(shape)];
        for (int i = 0; i < WindowVectors<V, R, T>.Count(shape); i++)
            vectors[i] = WindowVectors<V, R, T>.Offset(shape, windows.RowStride, i);
        bool finite = Finite<V, R, T>.Are(packed, (nint)PackWindows<V, R, T>.Length(shape));
        while (start < end)
        {
            int count = 0;
            while (count < windows.Most && start + count < end && finite && IsDense(x + ((start + count) * length), length))
                count++;
            if (count > 0)
            {
                windows.Load(x + (start * length), count);
                windows.Aim(null, positions + (start * shape.OutputChannels * (nint)Pixels), count);
                Pick(windows, start, count, vectors, targets);
            }
            else
            {
                count = 1;
                whole.Run(start * rows, (start + 1) * rows);
            }

            start += count;
        }

        pool.Return((long)targets, targetBytes);
    }

    private static bool IsDense(T* image, nint length)
        => !SparseConvolutions<V, R, T>.AreMostlyZeros(image, length, SparseAdvantage) && Finite<V, R, T>.Are(image, length);

    private void Pick(in PooledWindows<L, T> windows, int first, int count, nint* vectors, nint* targets)
    {
        int channels = shape.OutputChannels, total = WindowVectors<V, R, T>.Count(shape);
        int* places = (int*)(targets + (windows.Most * (nint)Pixels) + Group);
        T* weights = packed;
        for (int channel = 0; channel < channels; channel++, weights += total * V.Count)
        {
            int found = Find(windows, first, count, channel, targets, places);
            for (int i = found; i < ((found + Group - 1) & -Group); i++)
                (targets[i], places[i]) = (targets[found - 1], places[found - 1]);
            for (int i = 0; i < found; i += Group)
                Four(windows.Images, places + i, vectors, total, weights, targets + i);
        }
    }

    // Where results of a channel are wanted and where they come from; the others are zero.
    private int Find(in PooledWindows<L, T> windows, int first, int count, int channel, nint* targets, int* places)
    {
        int found = 0;
        nint channels = shape.OutputChannels, length = Pixels * channels;
        T* wanted = windows.Numbers + channel;
        int* offsets = windows.Offsets + channel;
        for (int pixel = 0; pixel < Pixels; pixel++)
        {
            nint target = (first * length) + (pixel * channels) + channel;
            for (int image = 0; image < count; image++, target += length, wanted += channels, offsets += channels)
            {
                y[target] = T.Zero;
                targets[found] = target;
                places[found] = *offsets;
                found += *wanted == T.Zero ? 0 : 1;
            }
        }

        return found;
    }

    // The number of vectors is a multiple of three.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Four(T* images, int* places, nint* vectors, int total, T* weights, nint* targets)
    {
        T* a = images + places[0], b = images + places[1], c = images + places[2], d = images + places[3];
        R a0 = default, a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0, c0 = a0, c1 = a0, c2 = a0, d0 = a0, d1 = a0, d2 = a0;
        for (; total > 0; total -= 3, vectors += 3, weights += 3 * V.Count)
        {
            nint at = vectors[0];
            R weight = V.Load(weights);
            a0 = V.MultiplyAdd(weight, V.Load(a + at), a0);
            b0 = V.MultiplyAdd(weight, V.Load(b + at), b0);
            c0 = V.MultiplyAdd(weight, V.Load(c + at), c0);
            d0 = V.MultiplyAdd(weight, V.Load(d + at), d0);
            at = vectors[1];
            weight = V.Load(weights + V.Count);
            a1 = V.MultiplyAdd(weight, V.Load(a + at), a1);
            b1 = V.MultiplyAdd(weight, V.Load(b + at), b1);
            c1 = V.MultiplyAdd(weight, V.Load(c + at), c1);
            d1 = V.MultiplyAdd(weight, V.Load(d + at), d1);
            at = vectors[2];
            weight = V.Load(weights + (2 * V.Count));
            a2 = V.MultiplyAdd(weight, V.Load(a + at), a2);
            b2 = V.MultiplyAdd(weight, V.Load(b + at), b2);
            c2 = V.MultiplyAdd(weight, V.Load(c + at), c2);
            d2 = V.MultiplyAdd(weight, V.Load(d + at), d2);
        }

        y[targets[0]] = V.Sum(V.Add(V.Add(a0, a1), a2));
        y[targets[1]] = V.Sum(V.Add(V.Add(b0, b1), b2));
        y[targets[2]] = V.Sum(V.Add(V.Add(c0, c1), c2));
        y[targets[3]] = V.Sum(V.Add(V.Add(d0, d1), d2));
    }
}
