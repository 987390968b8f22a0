using System.Numerics;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Convolve(
        ElementType type, ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions = null)
    {
        if (form == ConvolutionForm.InputGradient)
            shape = shape.Transposed();
        switch (type)
        {
            case ElementType.Float32: Convolve<float>(form, shape, destination, a, b, positions); break;
            case ElementType.Float64: Convolve<double>(form, shape, destination, a, b, positions); break;
            default: throw new ArgumentException($"Convolve: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    /// <inheritdoc/>
    public override void ConvolveReluPool(
        ElementType type, ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
    {
        switch (type)
        {
            case ElementType.Float32: ConvolveReluPool<float>(shape, destination, positions, images, weights, bias); break;
            case ElementType.Float64: ConvolveReluPool<double>(shape, destination, positions, images, weights, bias); break;
            default: throw new ArgumentException($"ConvolveReluPool: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    private void Convolve<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        // A tile has two vectors of output channels, and a pooled cotangent goes by vectors of a row of the window: few numbers waste
        // less of narrow ones.
        bool pooledWeights = form == ConvolutionForm.WeightGradient && positions is not null;
        int length = pooledWeights ? 2 * shape.KernelWidth * shape.InputChannels : shape.OutputChannels;
        if (Vector512.IsHardwareAccelerated && length > 2 * Vector256<T>.Count)
            Convolve<Register512<T>, Vector512<T>, T>(form, shape, destination, a, b, positions);
        else if (Vector256.IsHardwareAccelerated && length > 2 * Vector128<T>.Count)
            Convolve<Register256<T>, Vector256<T>, T>(form, shape, destination, a, b, positions);
        else
            Convolve<Register128<T>, Vector128<T>, T>(form, shape, destination, a, b, positions);
    }

    private void Convolve<V, R, T>(
        ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        switch (form)
        {
            case ConvolutionForm.Forward when positions is not null:
                ConvolvePick<V, R, T>(shape, destination, a, b, positions);
                break;
            case ConvolutionForm.WeightGradient when positions is not null:
                SumPooledTaps<V, R, T>(shape, destination, a, b, positions);
                break;
            case ConvolutionForm.WeightGradient:
                SumTaps<V, R, T>(shape, destination, a, b);
                break;
            default:
                ConvolveWhole<V, R, T>(shape, form == ConvolutionForm.InputGradient, destination, a, b, positions);
                break;
        }
    }

    private unsafe void ConvolveWhole<V, R, T>(
        ConvolutionShape shape, bool turned, Buffer destination, Buffer images, Buffer weights, Buffer? positions)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        if (shape.Batch * shape.OutputHeight == 0 || shape.OutputWidth * shape.OutputChannels == 0)
            return;
        var packed = Pack<V, R, T>(shape, turned, weights);
        int* places = positions is null ? null : positions.Read<int>().Pointer;
        var convolutions = new Convolutions<V, R, T>(
            shape, Pool, destination.Write<T>().Pointer, images.Read<T>().Pointer, places, packed.Read<T>().Pointer);
        Launch(convolutions, shape.Batch * shape.OutputHeight, RowGrain<V, R, T>(shape));
        if (!Recording.IsActive)
            Free(packed);
    }

    private unsafe Buffer Pack<V, R, T>(ConvolutionShape shape, bool turned, Buffer weights)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        int width = ConvolutionTiles<V, R, T>.Width, units = Panels<V, R, T>(shape) * shape.Taps;
        var packed = Allocate((long)units * width * sizeof(T));
        var pack = new PackTaps<V, R, T>(shape, turned, packed.Write<T>().Pointer, weights.Read<T>().Pointer);
        Launch(pack, units, ElementGrain / width);
        return packed;
    }

    private unsafe void ConvolvePick<V, R, T>(ConvolutionShape shape, Buffer destination, Buffer images, Buffer weights, Buffer positions)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        if (IsEmptyPooled(shape))
            return;

        // Views are taken after the command before theirs is given.
        var packed = Pack<V, R, T>(shape, false, weights);
        var pool = new PickPool<T>(shape, destination.Write<T>().Pointer, positions.Read<int>().Pointer);
        ConvolvePool<PickPool<T>, V, R, T>(shape, pool, images, packed);
    }

    private void ConvolveReluPool<T>(
        ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
        where T : unmanaged, INumber<T>
    {
        if (Vector512.IsHardwareAccelerated && shape.OutputChannels > 2 * Vector256<T>.Count)
            ConvolveReluPool<Lanes512<T>, Register512<T>, Vector512<T>, T>(shape, destination, positions, images, weights, bias);
        else if (Vector256.IsHardwareAccelerated && shape.OutputChannels > 2 * Vector128<T>.Count)
            ConvolveReluPool<Lanes256<T>, Register256<T>, Vector256<T>, T>(shape, destination, positions, images, weights, bias);
        else
            ConvolveReluPool<Lanes128<T>, Register128<T>, Vector128<T>, T>(shape, destination, positions, images, weights, bias);
    }

    private unsafe void ConvolveReluPool<L, V, R, T>(
        ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
        where L : struct, ILanes<L, T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (IsEmptyPooled(shape))
            return;
        var packed = Pack<V, R, T>(shape, false, weights);
        var pool = new ReluPool<L, T>(shape, destination.Write<T>().Pointer, positions.Write<int>().Pointer, bias.Read<T>().Pointer);
        ConvolvePool<ReluPool<L, T>, V, R, T>(shape, pool, images, packed);
    }

    private static bool IsEmptyPooled(ConvolutionShape shape)
        => shape.Batch * (shape.OutputHeight / 2) == 0 || shape.OutputWidth / 2 * shape.OutputChannels == 0;

    private unsafe void ConvolvePool<TPool, V, R, T>(ConvolutionShape shape, TPool pool, Buffer images, Buffer packed)
        where TPool : struct, IPool<T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        int rows = shape.Batch * (shape.OutputHeight / 2);
        var convolutions = new PooledConvolutions<TPool, V, R, T>(shape, Pool, pool, images.Read<T>().Pointer, packed.Read<T>().Pointer);
        Launch(convolutions, rows, Math.Max(1, RowGrain<V, R, T>(shape) / 2));
        if (!Recording.IsActive)
            Free(packed);
    }

    private unsafe void SumTaps<V, R, T>(ConvolutionShape shape, Buffer destination, Buffer images, Buffer cotangents)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (shape.Taps * shape.OutputChannels == 0)
            return;
        int count = ConvolutionPieces.Count(shape);
        var pieces = Allocate(count * WeightGradients<V, R, T>.PieceLength(shape) * sizeof(T));
        var gradients = new WeightGradients<V, R, T>(
            shape, Pool, pieces.Write<T>().Pointer, images.Read<T>().Pointer, cotangents.Read<T>().Pointer);
        Launch(gradients, count, PieceGrain<V, R, T>(shape));
        var sum = new SumPieces<V, R, T>(shape, destination.Write<T>().Pointer, pieces.Read<T>().Pointer);
        Launch(sum, shape.Taps, Math.Max(1, ElementGrain / (count * shape.OutputChannels)));
        if (!Recording.IsActive)
            Free(pieces);
    }

    private unsafe void SumPooledTaps<V, R, T>(
        ConvolutionShape shape, Buffer destination, Buffer images, Buffer cotangents, Buffer positions)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (shape.Taps * shape.OutputChannels == 0)
            return;
        int count = ConvolutionPieces.Count(shape);
        var pieces = Allocate(count * PooledWeightGradients<V, R, T>.PieceLength(shape) * sizeof(T));
        var gradients = new PooledWeightGradients<V, R, T>(
            shape, Pool, pieces.Write<T>().Pointer, images.Read<T>().Pointer, cotangents.Read<T>().Pointer, positions.Read<int>().Pointer);
        Launch(gradients, count, PieceGrain<V, R, T>(shape));
        var sum = new SumPooledPieces<V, R, T>(shape, destination.Write<T>().Pointer, pieces.Read<T>().Pointer);
        Launch(sum, shape.OutputChannels, Math.Max(1, ElementGrain / (count * shape.Taps)));
        if (!Recording.IsActive)
            Free(pieces);
    }

    private static int Panels<V, R, T>(ConvolutionShape shape)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
        => (shape.OutputChannels + ConvolutionTiles<V, R, T>.Width - 1) / ConvolutionTiles<V, R, T>.Width;

    // Pieces of a batch worth a thread.
    private static int PieceGrain<V, R, T>(ConvolutionShape shape)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        long rows = Math.Max(1, (long)shape.Batch * shape.OutputHeight / ConvolutionPieces.Count(shape));
        return (int)Math.Max(1, RowGrain<V, R, T>(shape) / rows);
    }

    // Rows of results worth a thread: about 15 microseconds at 3 multiply-adds of a vector in a nanosecond.
    private static int RowGrain<V, R, T>(ConvolutionShape shape)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
        => (int)Math.Max(1, 45_000 / ((2L * shape.OutputWidth * shape.Taps * Panels<V, R, T>(shape)) + 32));
}
