using System.Numerics;
using Engine.Kernels.Gpu.Convolutions;
using ILGPU;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>A convolution of the images of a row: the work of several groups of its kernel, one after the other.</summary>
/// <param name="kernel">The convolution, planned for groups of one image.</param>
/// <param name="groups">Groups of a row.</param>
internal readonly struct ConvolutionStage<TSource, TWeights, TResult, TNumber>(
    ConvolutionKernel<TSource, TWeights, TResult, TNumber> kernel, int groups) : IRowStage
    where TSource : struct, IConvolutionSource<TNumber>
    where TWeights : struct, IConvolutionWeights<TNumber>
    where TResult : struct, IConvolutionResult<TNumber>
    where TNumber : unmanaged, INumber<TNumber>
{
    /// <inheritdoc/>
    public static bool IsDouble => typeof(TNumber) == typeof(double);

    /// <inheritdoc/>
    public void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, INumber<T>
    {
        var memory = shared.Cast<Quad<TNumber>>();
        int quads = RowLoopKernel.WeightRoom<TNumber>() / 4;
        var pixels = memory.SubView(quads, ConvolutionPlan.TileRoom / 4).Cast<TNumber>();
        for (int group = 0; group < groups; group++)
        {
            if (group > 0)
                Group.Barrier();
            kernel.Invoke((row * groups) + group, pixels, memory.SubView(0, quads));
        }
    }
}
