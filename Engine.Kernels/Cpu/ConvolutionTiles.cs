using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>How a tile of a convolution moves through its operands, in elements.</summary>
/// <param name="Outer">Runs of products.</param>
/// <param name="Inner">Products of a run.</param>
/// <param name="ARow">From one row of the tile to the next in the left operand.</param>
/// <param name="AInner">From one product to the next in the left operand.</param>
/// <param name="AOuter">From one run to the next in the left operand.</param>
/// <param name="BInner">From one product to the next in the right operand.</param>
/// <param name="BOuter">From one run to the next in the right operand.</param>
/// <param name="CRow">From one row of the result to the next.</param>
/// <param name="Adds">Whether sums are added to what the result holds, when they are complete.</param>
internal readonly record struct ConvolutionSteps(
    int Outer, int Inner, nint ARow, nint AInner, nint AOuter, nint BInner, nint BOuter, nint CRow, bool Adds);

/// <summary>Where the windows of a row of a convolution's result begin.</summary>
/// <param name="Steps">How tiles of the row move.</param>
/// <param name="Image">Elements from the image to the first of the window.</param>
/// <param name="Taps">Elements from a panel of weights to the first of the window.</param>
internal readonly record struct ConvolutionWindow(ConvolutionSteps Steps, nint Image, nint Taps)
{
    /// <summary>The windows of a row, whole or cut at the upper and lower edge of the image.</summary>
    public static ConvolutionWindow Of(ConvolutionShape shape, int row, nint rowStride, int width, nint resultStride, bool whole)
    {
        int first = whole ? 0 : Math.Max(0, shape.PadTop - row);
        int last = whole ? shape.KernelHeight : Math.Min(shape.KernelHeight, shape.Height + shape.PadTop - row);
        int run = shape.KernelWidth * shape.InputChannels;
        var steps = new ConvolutionSteps(
            last - first, run, shape.InputChannels, 1, rowStride, width, (nint)run * width, resultStride, Adds: false);
        return new ConvolutionWindow(steps, (row + first - shape.PadTop) * rowStride, first * steps.BOuter);
    }
}

/// <summary>
/// The innermost loops of convolutions: some rows (pixels of a result, or taps of the weights) by two vectors of output channels stay
/// in registers while a window, or the pixels of an image, go by.
/// </summary>
/// <remarks>
/// Six rows by two vectors: enough independent sums to hide the latency of a multiply-add, few enough loads not to hinder it, and no
/// more registers than 256-bit instructions have. A result takes up its products in order, whatever the height of its tile.
/// </remarks>
internal static unsafe class ConvolutionTiles<V, R, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    /// <summary>Rows of a full tile.</summary>
    public const int Height = 6;

    /// <summary>Columns of a tile.</summary>
    public static int Width => 2 * V.Count;

    /// <summary>Two whole vectors of columns of the result, from top to bottom.</summary>
    public static void Panel(in ConvolutionSteps steps, int rows, T* a, T* b, T* c)
    {
        for (; rows >= Height; rows -= Height, a += Height * steps.ARow, c += Height * steps.CRow)
            Six(steps, a, b, c);
        if (rows >= 3)
        {
            Three(steps, a, b, c);
            rows -= 3;
            a += 3 * steps.ARow;
            c += 3 * steps.CRow;
        }

        for (; rows > 0; rows--, a += steps.ARow, c += steps.CRow)
            One(steps, a, b, c);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Six(in ConvolutionSteps steps, T* a, T* b, T* c)
    {
        nint aRow = steps.ARow, aInner = steps.AInner, bInner = steps.BInner, cRow = steps.CRow;
        bool adds = steps.Adds;
        R c0 = default, d0 = c0, c1 = c0, d1 = c0, c2 = c0, d2 = c0, c3 = c0, d3 = c0, c4 = c0, d4 = c0, c5 = c0, d5 = c0;
        nint row2 = 2 * aRow;
        for (int i = steps.Outer; i > 0; i--, a += steps.AOuter, b += steps.BOuter)
        {
            T* left = a, right = b, lower = a + (3 * aRow);
            for (int k = steps.Inner; k > 0; k--, left += aInner, lower += aInner, right += bInner)
            {
                R first = V.Load(right), second = V.Load(right + V.Count);
                R x0 = V.Splat(*left);
                c0 = V.MultiplyAdd(x0, first, c0);
                d0 = V.MultiplyAdd(x0, second, d0);
                R x1 = V.Splat(left[aRow]);
                c1 = V.MultiplyAdd(x1, first, c1);
                d1 = V.MultiplyAdd(x1, second, d1);
                R x2 = V.Splat(left[row2]);
                c2 = V.MultiplyAdd(x2, first, c2);
                d2 = V.MultiplyAdd(x2, second, d2);
                R x3 = V.Splat(*lower);
                c3 = V.MultiplyAdd(x3, first, c3);
                d3 = V.MultiplyAdd(x3, second, d3);
                R x4 = V.Splat(lower[aRow]);
                c4 = V.MultiplyAdd(x4, first, c4);
                d4 = V.MultiplyAdd(x4, second, d4);
                R x5 = V.Splat(lower[row2]);
                c5 = V.MultiplyAdd(x5, first, c5);
                d5 = V.MultiplyAdd(x5, second, d5);
            }
        }

        if (adds)
        {
            c0 = V.Add(c0, V.Load(c));
            d0 = V.Add(d0, V.Load(c + V.Count));
            c1 = V.Add(c1, V.Load(c + cRow));
            d1 = V.Add(d1, V.Load(c + cRow + V.Count));
            c2 = V.Add(c2, V.Load(c + (2 * cRow)));
            d2 = V.Add(d2, V.Load(c + (2 * cRow) + V.Count));
            c3 = V.Add(c3, V.Load(c + (3 * cRow)));
            d3 = V.Add(d3, V.Load(c + (3 * cRow) + V.Count));
            c4 = V.Add(c4, V.Load(c + (4 * cRow)));
            d4 = V.Add(d4, V.Load(c + (4 * cRow) + V.Count));
            c5 = V.Add(c5, V.Load(c + (5 * cRow)));
            d5 = V.Add(d5, V.Load(c + (5 * cRow) + V.Count));
        }

        V.Store(c0, c);
        V.Store(d0, c + V.Count);
        V.Store(c1, c + cRow);
        V.Store(d1, c + cRow + V.Count);
        V.Store(c2, c + (2 * cRow));
        V.Store(d2, c + (2 * cRow) + V.Count);
        V.Store(c3, c + (3 * cRow));
        V.Store(d3, c + (3 * cRow) + V.Count);
        V.Store(c4, c + (4 * cRow));
        V.Store(d4, c + (4 * cRow) + V.Count);
        V.Store(c5, c + (5 * cRow));
        V.Store(d5, c + (5 * cRow) + V.Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Three(in ConvolutionSteps steps, T* a, T* b, T* c)
    {
        nint aRow = steps.ARow, aInner = steps.AInner, bInner = steps.BInner, cRow = steps.CRow;
        bool adds = steps.Adds;
        R c0 = default, d0 = c0, c1 = c0, d1 = c0, c2 = c0, d2 = c0;
        nint row2 = 2 * aRow;
        for (int i = steps.Outer; i > 0; i--, a += steps.AOuter, b += steps.BOuter)
        {
            T* left = a, right = b;
            for (int k = steps.Inner; k > 0; k--, left += aInner, right += bInner)
            {
                R first = V.Load(right), second = V.Load(right + V.Count);
                R x0 = V.Splat(*left);
                c0 = V.MultiplyAdd(x0, first, c0);
                d0 = V.MultiplyAdd(x0, second, d0);
                R x1 = V.Splat(left[aRow]);
                c1 = V.MultiplyAdd(x1, first, c1);
                d1 = V.MultiplyAdd(x1, second, d1);
                R x2 = V.Splat(left[row2]);
                c2 = V.MultiplyAdd(x2, first, c2);
                d2 = V.MultiplyAdd(x2, second, d2);
            }
        }

        if (adds)
        {
            c0 = V.Add(c0, V.Load(c));
            d0 = V.Add(d0, V.Load(c + V.Count));
            c1 = V.Add(c1, V.Load(c + cRow));
            d1 = V.Add(d1, V.Load(c + cRow + V.Count));
            c2 = V.Add(c2, V.Load(c + (2 * cRow)));
            d2 = V.Add(d2, V.Load(c + (2 * cRow) + V.Count));
        }

        V.Store(c0, c);
        V.Store(d0, c + V.Count);
        V.Store(c1, c + cRow);
        V.Store(d1, c + cRow + V.Count);
        V.Store(c2, c + (2 * cRow));
        V.Store(d2, c + (2 * cRow) + V.Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void One(in ConvolutionSteps steps, T* a, T* b, T* c)
    {
        nint aInner = steps.AInner, bInner = steps.BInner;
        bool adds = steps.Adds;
        R c0 = default, d0 = c0;
        for (int i = steps.Outer; i > 0; i--, a += steps.AOuter, b += steps.BOuter)
        {
            T* left = a, right = b;
            for (int k = steps.Inner; k > 0; k--, left += aInner, right += bInner)
            {
                R first = V.Load(right), second = V.Load(right + V.Count);
                R x0 = V.Splat(*left);
                c0 = V.MultiplyAdd(x0, first, c0);
                d0 = V.MultiplyAdd(x0, second, d0);
            }
        }

        if (adds)
        {
            c0 = V.Add(c0, V.Load(c));
            d0 = V.Add(d0, V.Load(c + V.Count));
        }

        V.Store(c0, c);
        V.Store(d0, c + V.Count);
    }
}
