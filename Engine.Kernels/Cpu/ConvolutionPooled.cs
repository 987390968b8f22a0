using System.Runtime.CompilerServices;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>What becomes of two rows of a convolution's result: windows of 2 x 2 pixels leave one number in each channel.</summary>
internal unsafe interface IPool<TSelf, T>
    where T : unmanaged
{
    /// <summary>That of a member, from that of the first.</summary>
    TSelf Of(int member);

    /// <summary>Pools two rows.</summary>
    /// <param name="upper">The upper row.</param>
    /// <param name="lower">The lower one.</param>
    /// <param name="stride">Elements from a pixel to the next.</param>
    /// <param name="row">The number of the pooled row in its image.</param>
    /// <param name="at">Where that row begins in the result.</param>
    void Pool(T* upper, T* lower, int stride, int row, nint at);
}

/// <summary>
/// Convolution and pool in one pass: only some rows of the convolution exist at a time. A unit is a row of the pooled result.
/// </summary>
internal readonly unsafe struct PooledConvolutions<TPool, V, R, T>(
    ConvolutionShape shape, BufferPool memory, TPool pool, T* x, T* packed)
    : IMemberKernel<PooledConvolutions<TPool, V, R, T>>
    where TPool : struct, IPool<TPool, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    // Bytes of rows that should stay in the first cache.
    private const int BandBytes = 24 * 1024;

    public PooledConvolutions<TPool, V, R, T> Of(int member)
        => new(
            shape, memory, pool.Of(member), x + (member * shape.ImageCount),
            packed + (member * (nint)PackTaps<V, R, T>.Length(shape)));

    public void Run(int start, int end)
    {
        int width = ConvolutionTiles<V, R, T>.Width, stride = (shape.OutputChannels + width - 1) / width * width;
        int rows = shape.OutputHeight / 2, rowLength = shape.OutputWidth / 2 * shape.OutputChannels;
        nint length = (nint)shape.OutputWidth * stride;
        int most = (int)Math.Clamp(BandBytes / (2 * length * sizeof(T)), 1, rows);
        long scratchBytes = 2 * most * (long)length * sizeof(T);
        T* band = (T*)memory.Rent(scratchBytes);
        bool skipsZeros = PackTaps<V, R, T>.AreFinite(shape, packed);
        using var images = new ConvolutionImage<T>(shape, memory, x);
        while (start < end)
        {
            int image = start / rows, row = start % rows, next = Math.Min(rows, row + end - start);
            T* seen = images.See(image), pixels = images.Pixels(seen);
            bool sparse = skipsZeros && SparseConvolutions<V, R, T>.Suits(shape, images, pixels);
            for (int count; row < next; row += count, start += count)
            {
                count = Math.Min(most, next - row);
                if (sparse)
                {
                    SparseConvolutions<V, R, T>.Rows(shape, images, pixels, 2 * row, 2 * count, packed, band, stride);
                }
                else
                {
                    for (int i = 0; i < 2 * count; i++)
                        Convolve(seen, images.RowStride, (2 * row) + i, skipsZeros, band + (i * length), stride);
                }

                for (int i = 0; i < count; i++)
                    pool.Pool(band + (2 * i * length), band + (((2 * i) + 1) * length), stride, row + i, (start + i) * (nint)rowLength);
            }
        }

        memory.Return((long)band, scratchBytes);
    }

    private void Convolve(T* image, nint rowStride, int row, bool skipsZeros, T* result, int stride)
    {
        int width = ConvolutionTiles<V, R, T>.Width;
        var window = ConvolutionWindow.Of(shape, row, rowStride, width, stride, whole: !skipsZeros);
        for (int column = 0; column < stride; column += width)
        {
            T* weights = packed + ((nint)column * shape.Taps) + window.Taps;
            ConvolutionTiles<V, R, T>.Panel(window.Steps, shape.OutputWidth, image + window.Image, weights, result + column);
        }
    }
}

/// <summary>
/// A bias, max(x, 0) and the largest number of each window, with its position; -1 where that is 0 or NaN, through which no derivative
/// passes.
/// </summary>
internal readonly unsafe struct ReluPool<L, T>(ConvolutionShape shape, T* y, int* positions, T* bias) : IPool<ReluPool<L, T>, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged
{
    public ReluPool<L, T> Of(int member)
        => new(
            shape, y + (member * shape.PooledCount), positions + (member * shape.PooledCount),
            bias + (member * shape.OutputChannels));

    // Positions are numbers of the lanes' type on the way: an image has fewer than those that are exact.
    public void Pool(T* upper, T* lower, int stride, int row, nint at)
    {
        int channels = shape.OutputChannels, rowLength = shape.OutputWidth * channels;
        T* result = y + at;
        int* places = positions + at;
        for (int pixel = 0; pixel < shape.OutputWidth / 2; pixel++, upper += 2 * stride, lower += 2 * stride)
        {
            int corner = (2 * row * rowLength) + (2 * pixel * channels);
            for (int c = 0, count; c < channels; c += count, result += count, places += count)
            {
                L add = L.Load(bias + c), best = L.Load(upper + c) + add, first = L.Constant(corner + c) + L.Indices, place = first;
                Contend(L.Load(upper + stride + c) + add, first + L.Constant(channels), ref best, ref place);
                Contend(L.Load(lower + c) + add, first + L.Constant(rowLength), ref best, ref place);
                Contend(L.Load(lower + stride + c) + add, first + L.Constant(rowLength + channels), ref best, ref place);
                place = L.Select(best > L.Constant(0), place, L.Constant(-1));
                best = L.Max(best, L.Constant(0));
                count = Math.Min(L.Count, channels - c);
                if (count == L.Count)
                {
                    L.Store(best, result);
                    L.StoreInt32(place, places);
                }
                else
                {
                    StoreFirst(best, place, result, places, count);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreFirst(L best, L place, T* result, int* places, int count)
    {
        int* side = stackalloc int[L.Count];
        L.StoreFirst(best, result, count);
        L.StoreInt32(place, side);
        new Span<int>(side, count).CopyTo(new Span<int>(places, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Contend(L value, L place, ref L best, ref L at)
    {
        L wins = value > best;
        at = L.Select(wins, place, at);
        best = L.Select(L.Equal(value, value), L.Select(wins, value, best), value);
    }
}

/// <summary>The numbers at positions, one of each window and channel; zero where a position is negative.</summary>
internal readonly unsafe struct PickPool<L, T>(ConvolutionShape shape, T* y, int* positions) : IPool<PickPool<L, T>, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged
{
    public PickPool<L, T> Of(int member)
        => new(shape, y + (member * shape.PooledCount), positions + (member * shape.PooledCount));

    public void Pool(T* upper, T* lower, int stride, int row, nint at)
    {
        int channels = shape.OutputChannels;
        T* result = y + at;
        int* places = positions + at;
        for (int pixel = 0; pixel < shape.OutputWidth / 2; pixel++, upper += 2 * stride, lower += 2 * stride)
        {
            var window = new PoolWindow(shape, row, pixel);
            for (int c = 0, count; c < channels; c += count, result += count, places += count)
            {
                var place = window.Places<L, T>(places, c);
                L picked = (L.Load(upper + c) & place.UpperLeft) | (L.Load(upper + stride + c) & place.UpperRight)
                    | (L.Load(lower + c) & place.LowerLeft) | (L.Load(lower + stride + c) & place.LowerRight);
                count = Math.Min(L.Count, channels - c);
                if (count == L.Count)
                    L.Store(picked, result);
                else
                    L.StoreFirst(picked, result, count);
            }
        }
    }
}

/// <summary>A window of 2 x 2 pixels of a convolution's result.</summary>
internal readonly unsafe struct PoolWindow(ConvolutionShape shape, int row, int column)
{
    private readonly int _channels = shape.OutputChannels;
    private readonly int _rowLength = shape.OutputWidth * shape.OutputChannels;
    private readonly int _corner = ((2 * row * shape.OutputWidth) + (2 * column)) * shape.OutputChannels;

    /// <summary>Masks that tell at which of the window's pixels positions of some channels are.</summary>
    /// <remarks>Positions become numbers of the lanes' type: an image has fewer than those that are exact.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (L UpperLeft, L UpperRight, L LowerLeft, L LowerRight) Places<L, T>(int* positions, int channel)
        where L : struct, ILanes<L, T>
        where T : unmanaged
    {
        L place = L.LoadInt32(positions), first = L.Constant(_corner + channel) + L.Indices;
        return (
            L.Equal(place, first),
            L.Equal(place, first + L.Constant(_channels)),
            L.Equal(place, first + L.Constant(_rowLength)),
            L.Equal(place, first + L.Constant(_rowLength + _channels)));
    }
}
