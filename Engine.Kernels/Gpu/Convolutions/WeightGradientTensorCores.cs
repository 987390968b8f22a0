using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// Gradients with respect to the weights of a large convolution of float32, on the tensor cores of a CUDA card: as a product of pixels and
/// cotangents. A warp has a position of the kernel, and sums for 16 input by 32 output channels; units and pieces are those of
/// <see cref="WeightGradientKernel{TSource, T}"/>. What is multiplied is rounded to tf32, see
/// <see cref="ConvolutionTensorCores{TSource, TWeights, TResult, T}"/>.
/// </summary>
/// <typeparam name="TSource">Where cotangents of the results come from.</typeparam>
/// <typeparam name="T">float.</typeparam>
internal readonly struct WeightGradientTensorCores<TSource, T>(
    WeightGradientPlan plan, View<T> y, WholeImages<T> images, TSource cotangents) : IGroupKernel
    where TSource : struct, IConvolutionSource<T>
    where T : unmanaged, INumber<T>
{
    private const int PixelStride = WeightGradientPlan.PixelStride, ResultStride = WeightGradientPlan.ResultStride;

    private const string Instruction = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32";

    private readonly View<T> _y = y;
    private readonly WholeImages<T> _images = images;
    private readonly TSource _cotangents = cotangents;
    private readonly ConvolutionTile _tile = new(
        plan.Shape, plan.Images, plan.TileHeight, plan.TileWidth, plan.Chunk, PixelStride, plan.Threads);

    private readonly ConvolutionTile _results = new(
        plan.Shape.Transposed(), plan.Images, plan.Rows, plan.Columns, WeightGradientPlan.TensorOutputs, ResultStride, plan.Threads);

    private readonly WeightGradientBlocks _blocks = new(plan);

    private readonly int _inputs = plan.Shape.InputChannels;
    private readonly int _outputs = plan.Shape.OutputChannels;
    private readonly int _outputHeight = plan.Shape.OutputHeight;
    private readonly int _outputWidth = plan.Shape.OutputWidth;
    private readonly int _positions = plan.Shape.KernelHeight * plan.Shape.KernelWidth;
    private readonly int _padTop = plan.Shape.PadTop;
    private readonly int _padLeft = plan.Shape.PadLeft;
    private readonly int _pixels = plan.Images * plan.Rows * plan.Columns;
    private readonly Quotient _byColumns = new(plan.Columns);
    private readonly Quotient _byRows = new(plan.Rows);
    private readonly Quotient _byKernelWidth = new(plan.Shape.KernelWidth);

    /// <inheritdoc/>
    public void Invoke()
    {
        var pixels = SharedMemory.Allocate<T>(WeightGradientPlan.TileRoom);
        var results = SharedMemory.Allocate<T>(WeightGradientPlan.ResultRoom);
        var group = _blocks.OfGroup(Grid.IdxX);
        int position = Group.IdxX >> 5, row = _byKernelWidth.Of(position), column = position - (row * _byKernelWidth.Divisor);

        // The lanes of a warp are eight channels by four pixels, or pairs of output channels.
        int eighth = (Group.IdxX & 31) >> 2, fourth = Group.IdxX & 3;
        int tap = (row * _tile.LineStride) + (column * PixelStride) + eighth;
        CudaAsm.Emit(".reg .f32 sum<16>; .reg .b32 a<4>, b<2>;");
        CudaAsm.Emit(
            "mov.f32 sum0, %0; mov.f32 sum1, %0; mov.f32 sum2, %0; mov.f32 sum3, %0; "
            + "mov.f32 sum4, %0; mov.f32 sum5, %0; mov.f32 sum6, %0; mov.f32 sum7, %0; "
            + "mov.f32 sum8, %0; mov.f32 sum9, %0; mov.f32 sum10, %0; mov.f32 sum11, %0; "
            + "mov.f32 sum12, %0; mov.f32 sum13, %0; mov.f32 sum14, %0; mov.f32 sum15, %0;",
            0f);
        for (int unit = group.First; unit < group.End; unit++)
        {
            var at = _blocks.OfUnit(group, unit);

            // Nobody needs the unit before any more.
            if (unit > group.First)
                Group.Barrier();
            _tile.Load(pixels, _images, at.Image, group.ImageEnd, at.Top - _padTop, at.Left - _padLeft, group.Input);
            _results.Load(results, _cotangents, at.Image, group.ImageEnd, at.Top, at.Left, group.Output);
            Group.Barrier();
            for (int pixel = fourth; pixel - fourth < _pixels; pixel += 8)
                AddProducts(pixels, results, pixel, tap, eighth, _outputHeight - at.Top, _outputWidth - at.Left);
        }

        if (position < _positions)
            Put(group, position, eighth, 2 * fourth);
    }

    // 16 input and 32 output channels by 8 pixels, of which a thread has two. Where the unit stands out over the results, zero times an
    // infinite pixel would be NaN: there are no pixels either.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddProducts(ArrayView<T> pixels, ArrayView<T> results, int pixel, int tap, int channel, int rows, int columns)
    {
        int first = Place(pixel, rows, columns), second = Place(pixel + 4, rows, columns);
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 a0, %0; cvt.rna.tf32.f32 a1, %1; cvt.rna.tf32.f32 a2, %2; cvt.rna.tf32.f32 a3, %3;",
            Number(pixels, first, tap), Number(pixels, first, tap + 8), Number(pixels, second, tap), Number(pixels, second, tap + 8));
        int upper = first < 0 ? -1 : pixel * ResultStride, lower = second < 0 ? -1 : (pixel + 4) * ResultStride;
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum0, sum1, sum2, sum3}, {a0, a1, a2, a3}, {b0, b1}, {sum0, sum1, sum2, sum3};",
            Number(results, upper, channel), Number(results, lower, channel));
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum4, sum5, sum6, sum7}, {a0, a1, a2, a3}, {b0, b1}, {sum4, sum5, sum6, sum7};",
            Number(results, upper, channel + 8), Number(results, lower, channel + 8));
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum8, sum9, sum10, sum11}, {a0, a1, a2, a3}, {b0, b1}, {sum8, sum9, sum10, sum11};",
            Number(results, upper, channel + 16), Number(results, lower, channel + 16));
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum12, sum13, sum14, sum15}, {a0, a1, a2, a3}, {b0, b1}, {sum12, sum13, sum14, sum15};",
            Number(results, upper, channel + 24), Number(results, lower, channel + 24));
    }

    // Where the window of a result begins in the tile; -1 where there is no result.
    private int Place(int pixel, int rows, int columns)
    {
        int line = _byColumns.Of(pixel), image = _byRows.Of(line);
        int column = pixel - (line * _byColumns.Divisor), row = line - (image * _byRows.Divisor);
        return pixel < _pixels && row < rows && column < columns
            ? (image * _tile.ImageStride) + (row * _tile.LineStride) + (column * PixelStride)
            : -1;
    }

    private static T Number(ArrayView<T> numbers, int place, int channel) => place < 0 ? T.Zero : numbers[place + channel];

    private void Put(WeightGradientGroup group, int position, int channel, int output)
    {
        Output<T> a = default, b = default, c = default, d = default;
        CudaAsm.EmitRef("mov.f32 %0, sum0; mov.f32 %1, sum1; mov.f32 %2, sum2; mov.f32 %3, sum3;", ref a, ref b, ref c, ref d);
        PutFour(group, position, channel, output, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum4; mov.f32 %1, sum5; mov.f32 %2, sum6; mov.f32 %3, sum7;", ref a, ref b, ref c, ref d);
        PutFour(group, position, channel, output + 8, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum8; mov.f32 %1, sum9; mov.f32 %2, sum10; mov.f32 %3, sum11;", ref a, ref b, ref c, ref d);
        PutFour(group, position, channel, output + 16, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum12; mov.f32 %1, sum13; mov.f32 %2, sum14; mov.f32 %3, sum15;", ref a, ref b, ref c, ref d);
        PutFour(group, position, channel, output + 24, a.Value, b.Value, c.Value, d.Value);
    }

    // Two output channels of an input channel, and of the one eight further on.
    private void PutFour(WeightGradientGroup group, int position, int channel, int output, T a, T b, T c, T d)
    {
        PutOne(group, position, channel, output, a);
        PutOne(group, position, channel, output + 1, b);
        PutOne(group, position, channel + 8, output, c);
        PutOne(group, position, channel + 8, output + 1, d);
    }

    private void PutOne(WeightGradientGroup group, int position, int channel, int output, T sum)
    {
        int input = group.Input + channel, to = group.Output + output;
        if (input < _inputs && to < _outputs)
            _y[(((((group.Part * _positions) + position) * _inputs) + input) * _outputs) + to] = sum;
    }
}
