using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Convolution, bias, ReLU and 2 x 2 max-pool in one pass: only two rows of the convolution exist at a time. A unit is a row of the
/// pooled result.
/// </summary>
internal readonly unsafe struct ReluPools<L, V, R, T>(
    ConvolutionShape shape, BufferPool pool, T* y, int* positions, T* x, T* packed, T* bias) : IKernel
    where L : struct, ILanes<L, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    public void Run(int start, int end)
    {
        int width = ConvolutionTiles<V, R, T>.Width, stride = (shape.OutputChannels + width - 1) / width * width;
        int rows = shape.OutputHeight / 2, rowLength = shape.OutputWidth / 2 * shape.OutputChannels;
        long scratchBytes = 2L * shape.OutputWidth * stride * sizeof(T);
        T* scratch = (T*)pool.Rent(scratchBytes), lower = scratch + ((nint)shape.OutputWidth * stride);
        using var images = new ConvolutionImage<T>(shape, pool, x);
        while (start < end)
        {
            int image = start / rows, row = start % rows, next = Math.Min(rows, row + end - start);
            T* seen = images.See(image, 2 * row, 2 * next);
            for (; row < next; row++, start++)
            {
                Convolve(seen, images.RowStride, 2 * row, scratch, stride);
                Convolve(seen, images.RowStride, (2 * row) + 1, lower, stride);
                Pool(scratch, lower, stride, 2 * row, y + (start * (nint)rowLength), positions + (start * (nint)rowLength));
            }
        }

        pool.Return((long)scratch, scratchBytes);
    }

    private void Convolve(T* image, nint rowStride, int row, T* result, int stride)
    {
        int width = ConvolutionTiles<V, R, T>.Width;
        var window = ConvolutionWindow.Of(shape, row, rowStride, width, stride);
        for (int column = 0; column < stride; column += width)
        {
            T* weights = packed + ((nint)column * shape.Taps) + window.Taps;
            ConvolutionTiles<V, R, T>.Panel(window.Steps, shape.OutputWidth, image + window.Image, weights, result + column);
        }
    }

    // Positions are numbers of the lanes' type on the way: an image has fewer than those that are exact.
    private void Pool(T* upper, T* lower, int stride, int row, T* result, int* places)
    {
        int channels = shape.OutputChannels, rowLength = shape.OutputWidth * channels;
        T* side = stackalloc T[L.Count];
        for (int pixel = 0; pixel < shape.OutputWidth / 2; pixel++, upper += 2 * stride, lower += 2 * stride)
        {
            int corner = (row * rowLength) + (2 * pixel * channels);
            for (int c = 0, count; c < channels; c += count, result += count, places += count)
            {
                L add = L.Load(bias + c), best = L.Load(upper + c) + add, first = L.Constant(corner + c) + L.Indices, at = first;
                Contend(L.Load(upper + stride + c) + add, first + L.Constant(channels), ref best, ref at);
                Contend(L.Load(lower + c) + add, first + L.Constant(rowLength), ref best, ref at);
                Contend(L.Load(lower + stride + c) + add, first + L.Constant(rowLength + channels), ref best, ref at);
                L.Store(L.Select(best > L.Constant(0), at, L.Constant(-1)), side);
                best = L.Max(best, L.Constant(0));
                count = Math.Min(L.Count, channels - c);
                if (count == L.Count)
                    L.Store(best, result);
                else
                    L.StoreFirst(best, result, count);
                for (int i = 0; i < count; i++)
                    places[i] = int.CreateTruncating(side[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Contend(L value, L place, ref L best, ref L at)
    {
        L wins = value > best;
        best = L.Select(wins, value, best);
        at = L.Select(wins, place, at);
    }
}
