using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>How the products of one number move through results and weights, in elements.</summary>
/// <param name="Panels">Panels of output channels.</param>
/// <param name="Result">From one pixel of the result to the next.</param>
/// <param name="ResultRow">From one row of the result to the next.</param>
/// <param name="Weight">From one place of the window to the next.</param>
/// <param name="WeightRow">From one row of the window to the next.</param>
/// <param name="WeightPanel">From one panel of weights to the next.</param>
internal readonly record struct SparseSteps(
    int Panels, nint Result, nint ResultRow, nint Weight, nint WeightRow, nint WeightPanel);

/// <summary>
/// Convolutions of images that are mostly zeros: every other number adds its products to the results around it, which lie in whole
/// panels of channels.
/// </summary>
/// <remarks>
/// A result takes up its products in the order of <see cref="ConvolutionTiles{V, R, T}"/>; that products with zeros are left out
/// changes nothing where weights are finite, and this is only for these.
/// </remarks>
internal static unsafe class SparseConvolutions<V, R, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    // Numbers that one word of bits tells apart.
    private const int Word = 64;

    // Sums that go by way of memory take some three times as long as sums in registers.
    private const int Advantage = 3;

    /// <summary>Whether so few of an image's numbers differ from 0 that this is the faster way.</summary>
    public static bool Suits(ConvolutionShape shape, in ConvolutionImage<T> images, T* pixels)
    {
        int length = images.RowLength;
        long count = 0;
        for (int row = 0; row < shape.Height; row++, pixels += images.RowStride)
        {
            for (int at = 0; at < length; at += Word)
                count += BitOperations.PopCount(NonZeros(pixels + at, length - at));
        }

        return count * Advantage < (long)shape.Height * length;
    }

    /// <summary>Whether fewer of some numbers than one in <paramref name="most"/> differ from 0.</summary>
    public static bool AreMostlyZeros(T* numbers, nint length, int most)
    {
        long count = 0;
        for (nint at = 0; at < length; at += Word)
            count += BitOperations.PopCount(NonZeros(numbers + at, (int)Math.Min(Word, length - at)));
        return count * most < length;
    }

    /// <summary>Some rows of the results of an image.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="images">What sees the image.</param>
    /// <param name="pixels">Its first pixel.</param>
    /// <param name="row">The first row of the result.</param>
    /// <param name="rows">How many.</param>
    /// <param name="packed">The weights, see <see cref="PackTaps{V, R, T}"/>.</param>
    /// <param name="result">Where the rows go.</param>
    /// <param name="stride">From one of its pixels to the next: channels, filled up to whole panels.</param>
    public static void Rows(
        ConvolutionShape shape, in ConvolutionImage<T> images, T* pixels, int row, int rows, T* packed, T* result, int stride)
    {
        int channels = shape.InputChannels, window = shape.KernelWidth, length = images.RowLength;
        nint panel = ConvolutionTiles<V, R, T>.Width, resultRow = (nint)shape.OutputWidth * stride;
        var steps = new SparseSteps(
            (int)(stride / panel), stride, resultRow, channels * panel, channels * window * panel, shape.Taps * panel);
        new Span<T>(result, rows * shape.OutputWidth * stride).Clear();
        int first = Math.Max(0, row - shape.PadTop), last = Math.Min(shape.Height, row + rows - 1 - shape.PadTop + shape.KernelHeight);
        for (int y = first; y < last; y++)
        {
            // Rows of the result below the number's are touched by upper rows of the window.
            int lowest = y + shape.PadTop - row, top = Math.Max(0, lowest - rows + 1);
            int height = Math.Min(shape.KernelHeight - 1, lowest) - top + 1;
            T* numbers = pixels + (y * images.RowStride);
            for (int at = 0; at < length; at += Word)
            {
                for (ulong bits = NonZeros(numbers + at, length - at); bits != 0; bits &= bits - 1)
                {
                    int place = at + BitOperations.TrailingZeroCount(bits);
                    (int x, int channel) = Math.DivRem(place, channels);
                    int right = x + shape.PadLeft, left = Math.Max(0, right - shape.OutputWidth + 1);
                    int width = Math.Min(window - 1, right) - left + 1;
                    nint tap = (((nint)(top * window) + left) * channels) + channel;
                    nint pixel = ((nint)(lowest - top) * shape.OutputWidth) + right - left;
                    T* weights = packed + (tap * panel);
                    Add(steps, numbers + place, height, width, weights, result + (pixel * stride));
                }
            }
        }
    }

    // One number's products with a part of the window, whose rows and pixels go against those of the result.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Add(in SparseSteps steps, T* number, int height, int width, T* weights, T* result)
    {
        R factor = V.Splat(*number);
        nint step = steps.Weight, stride = steps.Result;
        for (int panel = steps.Panels; panel > 0; panel--, weights += steps.WeightPanel, result += 2 * V.Count)
        {
            T* w = weights, to = result;
            for (int ky = height; ky > 0; ky--, w += steps.WeightRow, to -= steps.ResultRow)
            {
                T* right = w, sum = to;
                for (int kx = width; kx > 0; kx--, right += step, sum -= stride)
                {
                    V.Store(V.MultiplyAdd(factor, V.Load(right), V.Load(sum)), sum);
                    V.Store(V.MultiplyAdd(factor, V.Load(right + V.Count), V.Load(sum + V.Count)), sum + V.Count);
                }
            }
        }
    }

    // Which of the next numbers of a row differ from 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong NonZeros(T* numbers, int count)
    {
        ulong bits = 0;
        for (int i = 0; i < Math.Min(Word, count); i += V.Count)
            bits |= V.NonZeros(V.Load(numbers + i)) << i;
        return count >= Word ? bits : bits & ((1UL << count) - 1);
    }
}
