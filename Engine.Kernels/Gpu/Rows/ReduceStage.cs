using System.Numerics;
using Engine.Kernels.Functions;
using Engine.Kernels.Gpu.Reductions;
using ILGPU;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>The results that a reduction has in a row: the work of its groups, one after the other.</summary>
/// <param name="kernel">The reduction, of the results of one row.</param>
/// <param name="results">How many these are.</param>
/// <param name="groups">Groups that they take.</param>
internal readonly struct ReduceStage<TReducer, TArity, TEnd, V, TNumber>(
    ReduceKernel<TReducer, TArity, TEnd, OneThread, V, TNumber> kernel, int results, int groups) : IRowStage
    where TReducer : struct, IReducer
    where TArity : struct, IArity
    where TEnd : struct, IArity
    where V : unmanaged, ILanes<V, TNumber>
    where TNumber : unmanaged
{
    /// <inheritdoc/>
    public static bool IsDouble => typeof(TNumber) == typeof(double);

    /// <inheritdoc/>
    public void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, INumber<T>
    {
        for (int group = 0; group < groups; group++)
        {
            if (group > 0)
                Group.Barrier();
            kernel.Invoke(group, row * results, shared.Cast<V>());
        }
    }
}
