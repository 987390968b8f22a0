using System.Numerics;
using Engine.Kernels.Gpu.Convolutions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void Convolve(
        ElementType type, ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions = null)
    {
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

    // Kernels of groups do what fits shared memory; plain bodies the rest.
    private void Convolve<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        switch (form)
        {
            case ConvolutionForm.Forward when ConvolutionPlan.For(shape, positions is not null) is { } plan:
                ConvolveForward<T>(plan, destination, a, b, positions);
                break;
            case ConvolutionForm.InputGradient when ConvolutionPlan.For(shape.Transposed(), false) is { } plan:
                ConvolveBack<T>(plan, destination, a, b, positions);
                break;
            case ConvolutionForm.WeightGradient when WeightGradientPlan.For(shape) is { } plan:
                SumPieces<T>(plan, destination, a, b, positions);
                break;
            default:
                ConvolveByBody<T>(form, shape, destination, a, b, positions);
                break;
        }
    }

    private void ConvolveReluPool<T>(
        ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
        where T : unmanaged, INumber<T>
    {
        if (ConvolutionPlan.For(shape, true) is not { } plan)
        {
            ConvolveReluPoolByBody<T>(shape, destination, positions, images, weights, bias);
            return;
        }

        var taps = weights.Read<T>();
        var source = new WholeImages<T>(shape, images.Read<T>());
        var result = new ReluPoolResults<T>(shape, destination.Write<T>(), positions.Write<int>(), bias.Read<T>());
        var kernel = new ConvolutionKernel<WholeImages<T>, PlainWeights<T>, ReluPoolResults<T>, T>(plan, source, new(plan, taps), result);
        var rows = RowsOf<WholeImages<T>, PlainWeights<T>, ReluPoolResults<T>, T>(
            shape, true, source, plan => new(plan, taps), result, images);
        LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.Operations, rows);
    }

    private void ConvolveForward<T>(ConvolutionPlan plan, Buffer destination, Buffer images, Buffer weights, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        var source = new WholeImages<T>(plan.Shape, images.Read<T>());
        var view = weights.Read<T>();
        var taps = new PlainWeights<T>(plan, view);
        if (positions is null)
        {
            var result = new WholeResults<T>(plan.Shape, destination.Write<T>());
            var kernel = new ConvolutionKernel<WholeImages<T>, PlainWeights<T>, WholeResults<T>, T>(plan, source, taps, result);
            var rows = RowsOf<WholeImages<T>, PlainWeights<T>, WholeResults<T>, T>(
                plan.Shape, false, source, plan => new(plan, view), result, images);
            LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.Operations, rows);
        }
        else
        {
            var kernel = new ConvolutionKernel<WholeImages<T>, PlainWeights<T>, PickedResults<T>, T>(
                plan, source, taps, new(plan.Shape, destination.Write<T>(), positions.Read<int>()));
            LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.PooledOperations);
        }
    }

    // A convolution of the cotangents with the weights turned round.
    private void ConvolveBack<T>(ConvolutionPlan plan, Buffer destination, Buffer cotangents, Buffer weights, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        var taps = new TurnedWeights<T>(plan, weights.Read<T>());
        var result = new WholeResults<T>(plan.Shape, destination.Write<T>());
        if (positions is null)
        {
            var kernel = new ConvolutionKernel<WholeImages<T>, TurnedWeights<T>, WholeResults<T>, T>(
                plan, new(plan.Shape, cotangents.Read<T>()), taps, result);
            LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.Operations);
        }
        else
        {
            var kernel = new ConvolutionKernel<PooledImages<T>, TurnedWeights<T>, WholeResults<T>, T>(
                plan, new(plan.Shape, cotangents.Read<T>(), positions.Read<int>()), taps, result);
            LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.PooledOperations);
        }
    }

    // One piece is the result; more are summed.
    private void SumPieces<T>(WeightGradientPlan plan, Buffer destination, Buffer images, Buffer cotangents, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        int length = plan.Shape.Members * plan.Shape.WeightCount;
        using var scratch = plan.Pieces > 1 ? ScratchOf<T>((long)plan.Pieces * length) : null;
        var pieces = scratch?.Buffer ?? destination;
        var source = new WholeImages<T>(plan.Shape, images.Read<T>());
        var results = plan.Shape.Transposed();
        if (positions is null)
        {
            var kernel = new WeightGradientKernel<WholeImages<T>, T>(
                plan, pieces.Write<T>(), source, new(results, cotangents.Read<T>()));
            LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.Operations);
        }
        else
        {
            var kernel = new WeightGradientKernel<PooledImages<T>, T>(
                plan, pieces.Write<T>(), source, new(results, cotangents.Read<T>(), positions.Read<int>()));
            LaunchGroups(kernel, plan.Groups, plan.Threads, plan.Shape.PooledOperations);
        }

        if (plan.Pieces == 1)
            return;
        var sum = new SumPiecesKernel<T>(destination.Write<T>(), pieces.Read<T>(), length, plan.Pieces);
        LaunchGroups(sum, Parts.Of(length, SumPiecesKernel<T>.Sums), SumPiecesKernel<T>.Threads);
    }
}
