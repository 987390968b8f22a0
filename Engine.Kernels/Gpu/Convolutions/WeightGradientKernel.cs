using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// Gradients with respect to a convolution's weights, those of all members for each piece of their batches, cut into groups as a
/// <see cref="WeightGradientPlan"/> says. Unit by unit a group loads images and cotangents to shared memory, from where its threads
/// multiply them.
/// </summary>
/// <typeparam name="TSource">Where cotangents of the results come from.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct WeightGradientKernel<TSource, T>(WeightGradientPlan plan, View<T> y, WholeImages<T> images, TSource cotangents)
    : IGroupKernel
    where TSource : struct, IConvolutionSource<T>
    where T : unmanaged, INumber<T>
{
    private readonly View<T> _y = y;
    private readonly WholeImages<T> _images = images;
    private readonly TSource _cotangents = cotangents;
    private readonly ConvolutionTile _tile
        = new(plan.Shape, plan.Images, plan.TileHeight, plan.TileWidth, plan.Chunk, plan.Chunk, plan.Threads);

    private readonly ConvolutionTile _results
        = new(plan.Shape.Transposed(), plan.Images, plan.Rows, plan.Columns, 4 * plan.Quads, 4 * plan.Quads, plan.Threads);

    private readonly int _inputs = plan.Shape.InputChannels;
    private readonly int _outputs = plan.Shape.OutputChannels;
    private readonly int _outputHeight = plan.Shape.OutputHeight;
    private readonly int _outputWidth = plan.Shape.OutputWidth;
    private readonly int _kernelHeight = plan.Shape.KernelHeight;
    private readonly int _kernelWidth = plan.Shape.KernelWidth;
    private readonly Quotient _byChunk = new(plan.Chunk);
    private readonly Quotient _byRowTapQuads = new(plan.RowTapQuads);
    private readonly Quotient _byRows = new(plan.Rows);
    private readonly int _padTop = plan.Shape.PadTop;
    private readonly int _padLeft = plan.Shape.PadLeft;
    private readonly int _quads = plan.Quads;
    private readonly int _tapQuads = plan.TapQuads;
    private readonly int _slices = plan.Slices;
    private readonly int _unitImages = plan.Images;
    private readonly int _columns = plan.Columns;
    private readonly WeightGradientBlocks _blocks = new(plan);

    /// <inheritdoc/>
    public void Invoke()
    {
        var pixels = SharedMemory.Allocate<T>(WeightGradientPlan.TileRoom);
        var results = SharedMemory.Allocate<Quad<T>>(WeightGradientPlan.ResultRoom / 4);

        var group = _blocks.OfGroup(Grid.IdxX);
        int thread = Group.IdxX, quad = thread % _quads, tap = thread / _quads % _tapQuads, slice = thread / (_quads * _tapQuads);

        SixteenSums<T> sums = default;
        for (int unit = group.First; unit < group.End; unit++)
        {
            var at = _blocks.OfUnit(group, unit);

            // Nobody needs the unit before any more.
            if (unit > group.First)
                Group.Barrier();
            _tile.Load(pixels, _images, at.Image, group.ImageEnd, at.Top - _padTop, at.Left - _padLeft, group.Input);
            _results.Load(results.Cast<T>(), _cotangents, at.Image, group.ImageEnd, at.Top, at.Left, group.Output);
            Group.Barrier();
            sums = PlusUnit(sums, pixels, results, tap, quad, slice, _outputHeight - at.Top, Math.Min(_columns, _outputWidth - at.Left));
        }

        if (_slices > 1)
            sums = sums.PlusSlices(pixels, _quads * _tapQuads, _slices);
        if (slice > 0)
            return;
        int row = _byRowTapQuads.Of(tap), place = 4 * (tap - (row * _byRowTapQuads.Divisor));
        int output = group.Output + (4 * quad);
        PutTap(group.Part, row, place, group.Input, output, sums.A);
        PutTap(group.Part, row, place + 1, group.Input, output, sums.B);
        PutTap(group.Part, row, place + 2, group.Input, output, sums.C);
        PutTap(group.Part, row, place + 3, group.Input, output, sums.D);
    }

    // Threads without a slice have no rows to add. Where the unit stands out over the results there are zeros, which are no results: a
    // pixel may be there, and infinite.
    private SixteenSums<T> PlusUnit(
        SixteenSums<T> sums, ArrayView<T> pixels, ArrayView<Quad<T>> results, int tap, int quad, int slice, int rows, int columns)
    {
        int kernelRow = _byRowTapQuads.Of(tap), step = _tile.PixelStride;
        int first = (kernelRow * _tile.LineStride) + (4 * (tap - (kernelRow * _byRowTapQuads.Divisor)));
        int lines = slice < _slices ? _unitImages * _byRows.Divisor : 0;
        for (int line = slice; line < lines; line += _slices)
        {
            int image = _byRows.Of(line), row = line - (image * _byRows.Divisor), column = row < rows ? 0 : columns;
            int at = (image * _tile.ImageStride) + (row * _tile.LineStride) + first, place = (line * _columns * _quads) + quad;
            for (; column < columns - 2; column += 3, at += 3 * step, place += 3 * _quads)
            {
                sums = PlusPixel(sums, pixels, at, results[place]);
                sums = PlusPixel(sums, pixels, at + step, results[place + _quads]);
                sums = PlusPixel(sums, pixels, at + (2 * step), results[place + (2 * _quads)]);
            }

            for (; column < columns; column++, at += step, place += _quads)
                sums = PlusPixel(sums, pixels, at, results[place]);
        }

        return sums;
    }

    private static SixteenSums<T> PlusPixel(SixteenSums<T> sums, ArrayView<T> pixels, int at, Quad<T> results)
    {
        // A view to start from, for the distances to be part of the instructions.
        var taps = pixels.SubView(at);
        return sums.PlusProducts(taps[0], taps[1], taps[2], taps[3], results);
    }

    private void PutTap(int part, int row, int place, int input, int output, Quad<T> sums)
    {
        int column = _byChunk.Of(place), channel = input + place - (column * _byChunk.Divisor);
        if (column >= _kernelWidth || channel >= _inputs)
            return;
        int at = (((((((part * _kernelHeight) + row) * _kernelWidth) + column) * _inputs) + channel) * _outputs) + output;
        if (output < _outputs)
            _y[at] = sums.X;
        if (output + 1 < _outputs)
            _y[at + 1] = sums.Y;
        if (output + 2 < _outputs)
            _y[at + 2] = sums.Z;
        if (output + 3 < _outputs)
            _y[at + 3] = sums.W;
    }
}
