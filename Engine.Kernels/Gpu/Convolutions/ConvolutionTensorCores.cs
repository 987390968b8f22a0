using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// A large convolution of float32 on the tensor cores of a CUDA card, as a product of windows and weights that are never laid out as
/// matrices: the tiles in shared memory are those of <see cref="ConvolutionKernel{TSource, TWeights, TResult, T}"/>. A warp computes eight
/// windows of 2 x 2 pixels in 32 channels: rows of the product are pixels, those of a window eight apart, so that a thread gets whole
/// windows. What is multiplied is rounded to tf32, 10 explicit bits of mantissa; sums are those of float32.
/// </summary>
/// <remarks>In PTX, with sums in registers of its own, for the same reasons as products.</remarks>
/// <typeparam name="TSource">Where pixels come from.</typeparam>
/// <typeparam name="TWeights">How weights are used.</typeparam>
/// <typeparam name="TResult">Where windows of results go to.</typeparam>
/// <typeparam name="T">float.</typeparam>
internal readonly struct ConvolutionTensorCores<TSource, TWeights, TResult, T>(
    ConvolutionPlan plan, TSource source, TWeights weights, TResult result) : IGroupKernel
    where TSource : struct, IConvolutionSource<T>
    where TWeights : struct, IConvolutionWeights<T>
    where TResult : struct, IConvolutionResult<T>
    where T : unmanaged, INumber<T>
{
    private const string Instruction = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32";

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
    private readonly int _windows = plan.Workers / plan.Quads;

    /// <inheritdoc/>
    public void Invoke()
    {
        var pixels = SharedMemory.Allocate<T>(ConvolutionPlan.TileRoom);
        var quads = SharedMemory.Allocate<Quad<T>>(ConvolutionPlan.WeightRoom / 4);
        var group = _blocks.OfGroup(Grid.IdxX);
        int top = (2 * group.Row) - _padTop, left = (2 * group.Column) - _padLeft;

        // The lanes of a warp are eight windows, or channels, by four input channels, or pairs of output channels. Those without a window
        // do as the first.
        int eighth = (Group.IdxX & 31) >> 2, fourth = Group.IdxX & 3, window = ((Group.IdxX >> 5) * 8) + eighth;
        var place = _blocks.OfThread(window < _windows ? window * _blocks.Quads : 0);
        int line = (place.Image * _tile.ImageStride) + (2 * place.Row * _tile.LineStride);
        int corner = line + (2 * place.Column * _tile.PixelStride) + fourth;

        CudaAsm.Emit(".reg .f32 sum<32>; .reg .b32 a<8>, b<2>;");
        Clear();
        for (int channel = 0; channel < _inputs; channel += _chunk)
        {
            // Nobody needs the chunk before any more.
            if (channel > 0)
                Group.Barrier();
            _tile.Load(pixels, _source, group.Image, _blocks.End(group.Member), top, left, channel);
            _weights.Load(quads.Cast<T>(), group.Member, channel, group.Channel);
            Group.Barrier();
            AddChunk(pixels, quads, corner, (fourth * 8) + eighth);
        }

        if (window < _windows)
            Put(group, place, 2 * fourth);
    }

    private void AddChunk(ArrayView<T> pixels, ArrayView<Quad<T>> quads, int corner, int quad)
    {
        for (int ky = 0; ky < _kernelHeight; ky++)
        {
            for (int kx = 0; kx < _kernelWidth; kx++)
            {
                int at = corner + (ky * _tile.LineStride) + (kx * _tile.PixelStride), tap = ((ky * _kernelWidth) + kx) * _chunk * 8;
                for (int c = 0; c < _chunk; c += 8)
                    AddProducts(pixels, quads, at + c, quad + tap + (c * 8));
            }
        }
    }

    // 8 windows of 4 pixels, and 32 output channels, by 8 input channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddProducts(ArrayView<T> pixels, ArrayView<Quad<T>> quads, int at, int quad)
    {
        int right = _tile.PixelStride, down = _tile.LineStride;
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 a0, %0; cvt.rna.tf32.f32 a1, %1; cvt.rna.tf32.f32 a2, %2; cvt.rna.tf32.f32 a3, %3;",
            pixels[at], pixels[at + right], pixels[at + 4], pixels[at + right + 4]);
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 a4, %0; cvt.rna.tf32.f32 a5, %1; cvt.rna.tf32.f32 a6, %2; cvt.rna.tf32.f32 a7, %3;",
            pixels[at + down], pixels[at + down + right], pixels[at + down + 4], pixels[at + down + right + 4]);
        Quad<T> upper = quads[quad], lower = quads[quad + 32];
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum0, sum1, sum2, sum3}, {a0, a1, a2, a3}, {b0, b1}, {sum0, sum1, sum2, sum3}; "
            + Instruction + " {sum4, sum5, sum6, sum7}, {a4, a5, a6, a7}, {b0, b1}, {sum4, sum5, sum6, sum7};",
            upper.X, lower.X);
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum8, sum9, sum10, sum11}, {a0, a1, a2, a3}, {b0, b1}, {sum8, sum9, sum10, sum11}; "
            + Instruction + " {sum12, sum13, sum14, sum15}, {a4, a5, a6, a7}, {b0, b1}, {sum12, sum13, sum14, sum15};",
            upper.Y, lower.Y);
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum16, sum17, sum18, sum19}, {a0, a1, a2, a3}, {b0, b1}, {sum16, sum17, sum18, sum19}; "
            + Instruction + " {sum20, sum21, sum22, sum23}, {a4, a5, a6, a7}, {b0, b1}, {sum20, sum21, sum22, sum23};",
            upper.Z, lower.Z);
        CudaAsm.Emit(
            "cvt.rna.tf32.f32 b0, %0; cvt.rna.tf32.f32 b1, %1; "
            + Instruction + " {sum24, sum25, sum26, sum27}, {a0, a1, a2, a3}, {b0, b1}, {sum24, sum25, sum26, sum27}; "
            + Instruction + " {sum28, sum29, sum30, sum31}, {a4, a5, a6, a7}, {b0, b1}, {sum28, sum29, sum30, sum31};",
            upper.W, lower.W);
    }

    private static void Clear()
    {
        CudaAsm.Emit(
            "mov.f32 sum0, %0; mov.f32 sum1, %0; mov.f32 sum2, %0; mov.f32 sum3, %0; "
            + "mov.f32 sum4, %0; mov.f32 sum5, %0; mov.f32 sum6, %0; mov.f32 sum7, %0; "
            + "mov.f32 sum8, %0; mov.f32 sum9, %0; mov.f32 sum10, %0; mov.f32 sum11, %0; "
            + "mov.f32 sum12, %0; mov.f32 sum13, %0; mov.f32 sum14, %0; mov.f32 sum15, %0; "
            + "mov.f32 sum16, %0; mov.f32 sum17, %0; mov.f32 sum18, %0; mov.f32 sum19, %0; "
            + "mov.f32 sum20, %0; mov.f32 sum21, %0; mov.f32 sum22, %0; mov.f32 sum23, %0; "
            + "mov.f32 sum24, %0; mov.f32 sum25, %0; mov.f32 sum26, %0; mov.f32 sum27, %0; "
            + "mov.f32 sum28, %0; mov.f32 sum29, %0; mov.f32 sum30, %0; mov.f32 sum31, %0;",
            0f);
    }

    private void Put(ConvolutionPlace group, ConvolutionPlace window, int channel)
    {
        int image = group.Image + window.Image, row = group.Row + window.Row, column = group.Column + window.Column;
        if (!_blocks.Has(group.Member, image, row, column))
            return;
        int member = group.Member, first = group.Channel + channel;
        Output<T> a = default, b = default, c = default, d = default;
        CudaAsm.EmitRef("mov.f32 %0, sum0; mov.f32 %1, sum2; mov.f32 %2, sum4; mov.f32 %3, sum6;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum1; mov.f32 %1, sum3; mov.f32 %2, sum5; mov.f32 %3, sum7;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 1, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum8; mov.f32 %1, sum10; mov.f32 %2, sum12; mov.f32 %3, sum14;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 8, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum9; mov.f32 %1, sum11; mov.f32 %2, sum13; mov.f32 %3, sum15;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 9, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum16; mov.f32 %1, sum18; mov.f32 %2, sum20; mov.f32 %3, sum22;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 16, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum17; mov.f32 %1, sum19; mov.f32 %2, sum21; mov.f32 %3, sum23;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 17, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum24; mov.f32 %1, sum26; mov.f32 %2, sum28; mov.f32 %3, sum30;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 24, a.Value, b.Value, c.Value, d.Value);
        CudaAsm.EmitRef("mov.f32 %0, sum25; mov.f32 %1, sum27; mov.f32 %2, sum29; mov.f32 %3, sum31;", ref a, ref b, ref c, ref d);
        PutChannel(member, image, row, column, first + 25, a.Value, b.Value, c.Value, d.Value);
    }

    private void PutChannel(
        int member, int image, int row, int column, int channel, T upperLeft, T upperRight, T lowerLeft, T lowerRight)
    {
        if (channel < _outputs)
            _result.Put(member, image, row, column, channel, upperLeft, upperRight, lowerLeft, lowerRight);
    }
}
