using System.Numerics;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Convolve(
        ElementType type, ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions = null)
    {
        switch (type)
        {
            case ElementType.Float32 when positions is not null: ConvolvePooled<float>(form, shape, destination, a, b, positions); break;
            case ElementType.Float32: Convolve<float>(form, shape, destination, a, b); break;
            case ElementType.Float64 when positions is not null: ConvolvePooled<double>(form, shape, destination, a, b, positions); break;
            case ElementType.Float64: Convolve<double>(form, shape, destination, a, b); break;
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

    private void Convolve<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b)
        where T : unmanaged, INumber<T>
    {
        if (form == ConvolutionForm.InputGradient)
            shape = shape.Transposed();

        // A tile has two vectors of output channels: few channels waste less of narrow ones.
        if (Vector512.IsHardwareAccelerated && shape.OutputChannels > 2 * Vector256<T>.Count)
            Convolve<Register512<T>, Vector512<T>, T>(form, shape, destination, a, b);
        else if (Vector256.IsHardwareAccelerated && shape.OutputChannels > 2 * Vector128<T>.Count)
            Convolve<Register256<T>, Vector256<T>, T>(form, shape, destination, a, b);
        else
            Convolve<Register128<T>, Vector128<T>, T>(form, shape, destination, a, b);
    }

    private void Convolve<V, R, T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (form == ConvolutionForm.WeightGradient)
            SumTaps<V, R, T>(shape, destination, a, b);
        else
            ConvolveForward<V, R, T>(shape, form == ConvolutionForm.InputGradient, destination, a, b);
    }

    private void ConvolvePooled<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer positions)
        where T : unmanaged, INumber<T>
    {
        // Results lie along output channels, in tiles of two vectors; the gradients go along rows of windows.
        int length = form == ConvolutionForm.Forward ? (shape.OutputChannels + 1) / 2 : shape.KernelWidth * shape.InputChannels;
        if (Vector512.IsHardwareAccelerated && length > Vector256<T>.Count)
            ConvolvePooled<Lanes512<T>, Register512<T>, Vector512<T>, T>(form, shape, destination, a, b, positions);
        else if (Vector256.IsHardwareAccelerated && length > Vector128<T>.Count)
            ConvolvePooled<Lanes256<T>, Register256<T>, Vector256<T>, T>(form, shape, destination, a, b, positions);
        else
            ConvolvePooled<Lanes128<T>, Register128<T>, Vector128<T>, T>(form, shape, destination, a, b, positions);
    }

    private void ConvolvePooled<L, V, R, T>(
        ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer positions)
        where L : struct, ILanes<L, T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        switch (form)
        {
            case ConvolutionForm.Forward: ConvolvePick<L, V, R, T>(shape, destination, a, b, positions); break;
            case ConvolutionForm.InputGradient: AddWindows<L, V, R, T>(shape, destination, a, b, positions); break;
            default: SumWindows<L, V, R, T>(shape, destination, a, b, positions); break;
        }
    }

    private unsafe void ConvolveForward<V, R, T>(ConvolutionShape shape, bool turned, Buffer destination, Buffer images, Buffer weights)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        if (shape.Members * shape.ResultCount == 0)
            return;
        var packed = Pack<V, R, T>(shape, turned, weights);
        var convolutions = new Convolutions<V, R, T>(
            shape, Pool, destination.Write<T>().Pointer, images.Read<T>().Pointer, packed.Read<T>().Pointer);
        LaunchMembers(convolutions, shape, shape.Batch * shape.OutputHeight, RowGrain<V, R, T>(shape), shape.Operations);
        if (!Recording.IsActive)
            Free(packed);
    }

    private unsafe Buffer Pack<V, R, T>(ConvolutionShape shape, bool turned, Buffer weights)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
        => Packed(
            shape,
            turned,
            weights,
            PackTaps<V, R, T>.Length(shape) * sizeof(T),
            packed => new PackTaps<V, R, T>(shape, turned, packed.Write<T>().Pointer, weights.Read<T>().Pointer),
            PackTaps<V, R, T>.Units(shape),
            ElementGrain / ConvolutionTiles<V, R, T>.Width);

    private unsafe Buffer PackInWindows<V, R, T>(ConvolutionShape shape, Buffer weights)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
        => Packed(
            shape,
            false,
            weights,
            PackWindows<V, R, T>.Length(shape) * sizeof(T),
            packed => new PackWindows<V, R, T>(shape, packed.Write<T>().Pointer, weights.Read<T>().Pointer),
            shape.OutputChannels,
            Math.Max(1, ElementGrain / Math.Max(1, shape.Taps)));

    // Weights are written once, so those that a program has packed are good for all that follows.
    private Buffer Packed<TKernel>(
        ConvolutionShape shape, bool turned, Buffer weights, long memberBytes, Func<Buffer, TKernel> kernel, int units, int grain)
        where TKernel : struct, IMemberKernel<TKernel>
    {
        var sizes = (shape.Members, shape.KernelHeight, shape.KernelWidth, shape.InputChannels, shape.OutputChannels);
        object wanted = (typeof(TKernel), weights, turned, sizes);
        if (Recording.Current is { } recording && recording.Derived.TryGetValue(wanted, out var known))
            return known;
        var packed = Allocate(shape.Members * memberBytes);
        LaunchMembers(kernel(packed), shape, units, grain);
        Recording.Current?.Derived.Add(wanted, packed);
        return packed;
    }

    private unsafe void ConvolvePick<L, V, R, T>(
        ConvolutionShape shape, Buffer destination, Buffer images, Buffer weights, Buffer positions)
        where L : struct, ILanes<L, T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (shape.Members * shape.PooledCount == 0)
            return;

        // Views are taken after the commands before theirs are given.
        bool suits = PooledPicks<L, V, R, T>.Suits(shape);
        Buffer packed = Pack<V, R, T>(shape, false, weights), windows = suits ? PackInWindows<V, R, T>(shape, weights) : packed;
        T* y = destination.Write<T>().Pointer;
        int* places = positions.Read<int>().Pointer;
        var pool = new PickPool<L, T>(shape, y, places);
        if (!suits)
        {
            ConvolvePool<PickPool<L, T>, V, R, T>(shape, pool, images, packed);
            return;
        }

        T* x = images.Read<T>().Pointer;
        var whole = new PooledConvolutions<PickPool<L, T>, V, R, T>(shape, Pool, pool, x, packed.Read<T>().Pointer);
        var picks = new PooledPicks<L, V, R, T>(shape, Pool, y, x, windows.Read<T>().Pointer, places, whole);
        LaunchMembers(picks, shape, shape.Batch, WindowGrain<V, R, T>(shape), shape.PooledOperations);
        if (Recording.IsActive)
            return;
        Free(packed);
        Free(windows);
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
        if (shape.Members * shape.PooledCount == 0)
            return;
        var packed = Pack<V, R, T>(shape, false, weights);
        var pool = new ReluPool<L, T>(shape, destination.Write<T>().Pointer, positions.Write<int>().Pointer, bias.Read<T>().Pointer);
        ConvolvePool<ReluPool<L, T>, V, R, T>(shape, pool, images, packed);
    }

    private unsafe void ConvolvePool<TPool, V, R, T>(ConvolutionShape shape, TPool pool, Buffer images, Buffer packed)
        where TPool : struct, IPool<TPool, T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        int rows = shape.Batch * (shape.OutputHeight / 2);
        var convolutions = new PooledConvolutions<TPool, V, R, T>(shape, Pool, pool, images.Read<T>().Pointer, packed.Read<T>().Pointer);
        LaunchMembers(convolutions, shape, rows, Math.Max(1, RowGrain<V, R, T>(shape) / 2), shape.Operations);
        if (!Recording.IsActive)
            Free(packed);
    }

    private unsafe void SumTaps<V, R, T>(ConvolutionShape shape, Buffer destination, Buffer images, Buffer cotangents)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (shape.Members * shape.WeightCount == 0)
            return;
        int count = ConvolutionPieces.Count(shape);
        var pieces = Allocate(shape.Members * count * WeightGradients<V, R, T>.PieceLength(shape) * sizeof(T));
        var gradients = new WeightGradients<V, R, T>(
            shape, Pool, pieces.Write<T>().Pointer, images.Read<T>().Pointer, cotangents.Read<T>().Pointer);
        LaunchMembers(gradients, shape, count, PieceGrain<V, R, T>(shape), shape.Operations);
        var sum = new SumPieces<V, R, T>(shape, destination.Write<T>().Pointer, pieces.Read<T>().Pointer);
        LaunchMembers(sum, shape, shape.Taps, Math.Max(1, ElementGrain / (count * shape.OutputChannels)));
        if (!Recording.IsActive)
            Free(pieces);
    }

    private unsafe void SumWindows<L, V, R, T>(
        ConvolutionShape shape, Buffer destination, Buffer images, Buffer cotangents, Buffer positions)
        where L : struct, ILanes<L, T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (shape.Members * shape.WeightCount == 0)
            return;
        int count = ConvolutionPieces.Count(shape);
        var pieces = Allocate(shape.Members * count * PooledWeightGradients<L, V, R, T>.PieceLength(shape) * sizeof(T));
        var gradients = new PooledWeightGradients<L, V, R, T>(
            shape, Pool, pieces.Write<T>().Pointer, images.Read<T>().Pointer, cotangents.Read<T>().Pointer, positions.Read<int>().Pointer);
        int grain = Math.Max(1, WindowGrain<V, R, T>(shape) / ConvolutionPieces.Images(shape));
        LaunchMembers(gradients, shape, count, grain, shape.PooledOperations);
        var sum = new SumPooledPieces<V, R, T>(shape, destination.Write<T>().Pointer, pieces.Read<T>().Pointer);
        LaunchMembers(sum, shape, shape.OutputChannels, Math.Max(1, ElementGrain / (count * shape.Taps)));
        if (!Recording.IsActive)
            Free(pieces);
    }

    private unsafe void AddWindows<L, V, R, T>(
        ConvolutionShape shape, Buffer destination, Buffer cotangents, Buffer weights, Buffer positions)
        where L : struct, ILanes<L, T>
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (shape.Members * shape.ImageCount == 0)
            return;
        var packed = PackInWindows<V, R, T>(shape, weights);
        var gradients = new PooledInputGradients<L, V, R, T>(
            shape, Pool, destination.Write<T>().Pointer, packed.Read<T>().Pointer, weights.Read<T>().Pointer,
            cotangents.Read<T>().Pointer, positions.Read<int>().Pointer);
        LaunchMembers(gradients, shape, shape.Batch, WindowGrain<V, R, T>(shape), shape.PooledOperations);
        if (!Recording.IsActive)
            Free(packed);
    }

    // Units are those of a member.
    private void LaunchMembers<TKernel>(TKernel kernel, ConvolutionShape shape, int units, int grain, double operations = 0)
        where TKernel : struct, IMemberKernel<TKernel>
    {
        if (shape.Members == 1)
            Launch(kernel, units, grain, operations);
        else
            Launch(new MemberKernels<TKernel>(kernel, units), checked(shape.Members * units), grain, operations);
    }

    // Pieces of a batch worth a thread.
    private static int PieceGrain<V, R, T>(ConvolutionShape shape)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        long rows = Math.Max(1, (long)shape.Batch * shape.OutputHeight / ConvolutionPieces.Count(shape));
        return (int)Math.Max(1, RowGrain<V, R, T>(shape) / rows);
    }

    // Images worth a thread, of which each pooled cotangent takes its window twice in a nanosecond by a vector.
    private static int WindowGrain<V, R, T>(ConvolutionShape shape)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
    {
        long pooled = (long)shape.OutputHeight * shape.OutputWidth * shape.OutputChannels / 4;
        return (int)Math.Max(1, 30_000 / ((pooled * WindowVectors<V, R, T>.Count(shape)) + 32));
    }

    // Rows of results worth a thread: about 15 microseconds at 3 multiply-adds of a vector in a nanosecond.
    private static int RowGrain<V, R, T>(ConvolutionShape shape)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged
        => (int)Math.Max(1, 45_000 / ((2L * shape.OutputWidth * PackTaps<V, R, T>.Units(shape)) + 32));
}
