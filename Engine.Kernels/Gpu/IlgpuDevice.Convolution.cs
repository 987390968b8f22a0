using System.Numerics;
using Engine.Kernels.Gpu.Convolutions;
using Engine.Kernels.Gpu.Products;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <summary>Operations from which on a convolution is large enough for tensor cores, as a product.</summary>
    internal double LargeConvolution { get; set; } = 2.0 * MatMulPlan.Large;

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
            case ConvolutionForm.WeightGradient when HasTensorCores<T>(shape) && WeightGradientPlan.ForTensorCores(shape) is { } plan:
                SumPieces<T>(plan, destination, a, b, positions);
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
        LaunchConvolution<WholeImages<T>, PlainWeights<T>, ReluPoolResults<T>, T>(
            plan, true, source, plan => new(plan, taps), result, shape.Operations, weights, bias);
    }

    private void ConvolveForward<T>(ConvolutionPlan plan, Buffer destination, Buffer images, Buffer weights, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        var taps = weights.Read<T>();
        var source = new WholeImages<T>(plan.Shape, images.Read<T>());
        if (positions is null)
        {
            var result = new WholeResults<T>(plan.Shape, destination.Write<T>());
            LaunchConvolution<WholeImages<T>, PlainWeights<T>, WholeResults<T>, T>(
                plan, false, source, plan => new(plan, taps), result, plan.Shape.Operations, weights);
        }
        else
        {
            var result = new PickedResults<T>(plan.Shape, destination.Write<T>(), positions.Read<int>());
            LaunchConvolution<WholeImages<T>, PlainWeights<T>, PickedResults<T>, T>(
                plan, true, source, plan => new(plan, taps), result, plan.Shape.PooledOperations);
        }
    }

    // A convolution of the cotangents with the weights turned round.
    private void ConvolveBack<T>(ConvolutionPlan plan, Buffer destination, Buffer cotangents, Buffer weights, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        var taps = weights.Read<T>();
        var result = new WholeResults<T>(plan.Shape, destination.Write<T>());
        if (positions is null)
        {
            var source = new WholeImages<T>(plan.Shape, cotangents.Read<T>());
            LaunchConvolution<WholeImages<T>, TurnedWeights<T>, WholeResults<T>, T>(
                plan, false, source, plan => new(plan, taps), result, plan.Shape.Operations);
        }
        else
        {
            var source = new PooledImages<T>(plan.Shape, cotangents.Read<T>(), positions.Read<int>());
            LaunchConvolution<PooledImages<T>, TurnedWeights<T>, WholeResults<T>, T>(
                plan, false, source, plan => new(plan, taps), result, plan.Shape.PooledOperations);
        }
    }

    // Where buffers are named that all rows may read, rows are images.
    private void LaunchConvolution<TSource, TWeights, TResult, T>(
        ConvolutionPlan plan, bool pooled, TSource source, Func<ConvolutionPlan, TWeights> weights, TResult result, double operations,
        params Buffer?[] shared)
        where TSource : struct, IConvolutionSource<T>
        where TWeights : struct, IConvolutionWeights<T>
        where TResult : struct, IConvolutionResult<T>
        where T : unmanaged, INumber<T>
    {
        if (HasTensorCores<T>(plan.Shape) && ConvolutionPlan.ForTensorCores(plan.Shape, pooled) is { } large)
        {
            var kernel = new ConvolutionTensorCores<TSource, TWeights, TResult, T>(large, source, weights(large), result);
            LaunchGroups(kernel, large.Groups, large.Threads, operations);
        }
        else
        {
            var kernel = new ConvolutionKernel<TSource, TWeights, TResult, T>(plan, source, weights(plan), result);
            var rows = shared.Length > 0
                ? RowsOf<TSource, TWeights, TResult, T>(plan.Shape, pooled, source, weights, result, shared)
                : null;
            LaunchGroups(kernel, plan.Groups, plan.Threads, operations, rows);
        }
    }

    // One piece is the result; more are summed.
    private void SumPieces<T>(WeightGradientPlan plan, Buffer destination, Buffer images, Buffer cotangents, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        int length = plan.Shape.Members * plan.Shape.WeightCount;
        using var scratch = plan.Pieces > 1 ? ScratchOf<T>((long)plan.Pieces * length) : null;
        var pieces = scratch?.Buffer ?? destination;
        var results = plan.Shape.Transposed();
        if (positions is null)
            Launch(new WholeImages<T>(results, cotangents.Read<T>()), plan.Shape.Operations);
        else
            Launch(new PooledImages<T>(results, cotangents.Read<T>(), positions.Read<int>()), plan.Shape.PooledOperations);
        if (plan.Pieces == 1)
            return;
        var sum = new SumPiecesKernel<T>(destination.Write<T>(), pieces.Read<T>(), length, plan.Pieces);
        LaunchGroups(sum, Parts.Of(length, SumPiecesKernel<T>.Sums), SumPiecesKernel<T>.Threads);

        void Launch<TSource>(TSource source, double operations)
            where TSource : struct, IConvolutionSource<T>
        {
            View<T> to = pieces.Write<T>();
            var own = new WholeImages<T>(plan.Shape, images.Read<T>());
            if (plan.IsForTensorCores)
                LaunchGroups(new WeightGradientTensorCores<TSource, T>(plan, to, own, source), plan.Groups, plan.Threads, operations);
            else
                LaunchGroups(new WeightGradientKernel<TSource, T>(plan, to, own, source), plan.Groups, plan.Threads, operations);
        }
    }

    // Large ones of float32 go to tensor cores, with a plan of their own, if the device's name asks for that.
    private bool HasTensorCores<T>(ConvolutionShape shape)
        => _tensorCores && typeof(T) == typeof(float) && shape.Operations >= LargeConvolution;
}
