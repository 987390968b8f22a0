using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// A convolution, cut into groups as a <see cref="ConvolutionPlan"/> says. Chunk by chunk of input channels a group loads its part of
/// images and weights to shared memory, from where each of its threads adds up a window.
/// </summary>
/// <typeparam name="TSource">Where pixels come from.</typeparam>
/// <typeparam name="TWeights">How weights are used.</typeparam>
/// <typeparam name="TResult">Where windows of results go to.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ConvolutionKernel<TSource, TWeights, TResult, T>(
    ConvolutionPlan plan, TSource source, TWeights weights, TResult result) : IGroupKernel
    where TSource : struct, IConvolutionSource<T>
    where TWeights : struct, IConvolutionWeights<T>
    where TResult : struct, IConvolutionResult<T>
    where T : unmanaged, INumber<T>
{
    private readonly TSource _source = source;
    private readonly TResult _result = result;
    private readonly TWeights _weights = weights;
    private readonly ConvolutionTile _tile = new(
        plan.Shape, plan.Images, plan.TileHeight, plan.TileWidth, plan.Chunk, plan.Chunk | 1, plan.Threads);

    private readonly ConvolutionBlocks _blocks = new(plan);

    private readonly int _inputs = plan.Shape.InputChannels;
    private readonly int _outputs = plan.Shape.OutputChannels;
    private readonly int _kernelHeight = plan.Shape.KernelHeight;
    private readonly int _kernelWidth = plan.Shape.KernelWidth;
    private readonly int _padTop = plan.Shape.PadTop;
    private readonly int _padLeft = plan.Shape.PadLeft;
    private readonly int _chunk = plan.Chunk;
    private readonly int _slices = plan.Slices;
    private readonly int _sliceLength = Parts.Of(plan.Chunk, plan.Slices);

    /// <inheritdoc/>
    public void Invoke()
    {
        var pixels = SharedMemory.Allocate<T>(ConvolutionPlan.TileRoom);
        var quads = SharedMemory.Allocate<Quad<T>>(ConvolutionPlan.WeightRoom / 4);
        Invoke(Grid.IdxX, pixels, quads);
    }

    /// <summary>Does the work of a group, whichever one does it.</summary>
    /// <param name="number">Which one.</param>
    /// <param name="pixels">Shared memory for pixels.</param>
    /// <param name="quads">Shared memory for weights.</param>
    public void Invoke(int number, ArrayView<T> pixels, ArrayView<Quad<T>> quads)
    {
        ConvolutionPlace group = _blocks.OfGroup(number), thread = _blocks.OfThread(Group.IdxX);
        int top = (2 * group.Row) - _padTop, left = (2 * group.Column) - _padLeft;

        SixteenSums<T> sums = default;
        for (int channel = 0; channel < _inputs; channel += _chunk)
        {
            // Nobody needs the chunk before any more.
            if (channel > 0)
                Group.Barrier();
            _tile.Load(pixels, _source, group.Image, _blocks.End(group.Member), top, left, channel);
            _weights.Load(quads.Cast<T>(), group.Member, channel, group.Channel);
            Group.Barrier();
            sums = PlusChunk(sums, pixels, quads, thread);
        }

        if (_slices > 1)
            sums = sums.PlusSlices(pixels, _blocks.SliceThreads, _slices);
        if (thread.Slice == 0)
            Put(sums, group, thread);
    }

    // Threads without a slice have no channels to add.
    private SixteenSums<T> PlusChunk(SixteenSums<T> sums, ArrayView<T> pixels, ArrayView<Quad<T>> quads, ConvolutionPlace thread)
    {
        int start = thread.Slice * _sliceLength, end = Math.Min(_chunk, start + _sliceLength);
        int right = _tile.PixelStride, down = _tile.LineStride, step = _blocks.Quads;
        int corner = (thread.Image * _tile.ImageStride) + (2 * thread.Row * down) + (2 * thread.Column * right) + start;
        int tap = (start * step) + thread.Channel;
        for (int ky = 0; ky < _kernelHeight; ky++)
        {
            for (int kx = 0; kx < _kernelWidth; kx++)
            {
                int at = corner + (ky * down) + (kx * right), quad = tap + (((ky * _kernelWidth) + kx) * _chunk * step), c = start;
                for (; c < end - 3; c += 4)
                {
                    // Views to start from, for the distances to be part of the instructions.
                    ArrayView<T> upper = pixels.SubView(at), upperRight = pixels.SubView(at + right);
                    ArrayView<T> lower = pixels.SubView(at + down), lowerRight = pixels.SubView(at + down + right);
                    sums = sums.PlusProducts(upper[0], upperRight[0], lower[0], lowerRight[0], quads[quad]);
                    sums = sums.PlusProducts(upper[1], upperRight[1], lower[1], lowerRight[1], quads[quad + step]);
                    sums = sums.PlusProducts(upper[2], upperRight[2], lower[2], lowerRight[2], quads[quad + (2 * step)]);
                    sums = sums.PlusProducts(upper[3], upperRight[3], lower[3], lowerRight[3], quads[quad + (3 * step)]);
                    at += 4;
                    quad += 4 * step;
                }

                for (; c < end; c++, at++, quad += step)
                    sums = sums.PlusProducts(pixels[at], pixels[at + right], pixels[at + down], pixels[at + down + right], quads[quad]);
            }
        }

        return sums;
    }

    private void Put(SixteenSums<T> sums, ConvolutionPlace group, ConvolutionPlace thread)
    {
        int image = group.Image + thread.Image, row = group.Row + thread.Row, column = group.Column + thread.Column;
        if (!_blocks.Has(group.Member, image, row, column))
            return;
        int member = group.Member, channel = group.Channel + thread.Channel, step = _blocks.Quads;
        PutChannel(member, image, row, column, channel, sums.A.X, sums.B.X, sums.C.X, sums.D.X);
        PutChannel(member, image, row, column, channel + step, sums.A.Y, sums.B.Y, sums.C.Y, sums.D.Y);
        PutChannel(member, image, row, column, channel + (2 * step), sums.A.Z, sums.B.Z, sums.C.Z, sums.D.Z);
        PutChannel(member, image, row, column, channel + (3 * step), sums.A.W, sums.B.W, sums.C.W, sums.D.W);
    }

    private void PutChannel(
        int member, int image, int row, int column, int channel, T upperLeft, T upperRight, T lowerLeft, T lowerRight)
    {
        if (channel < _outputs)
            _result.Put(member, image, row, column, channel, upperLeft, upperRight, lowerLeft, lowerRight);
    }
}
