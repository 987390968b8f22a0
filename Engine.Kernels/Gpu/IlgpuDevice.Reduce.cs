using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Gpu.Reductions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void Reduce<TReducer>(ElementType type, TReducer reducer, Loops kept, Loops reduced, Buffer destination, Buffer x)
    {
        switch (type)
        {
            case ElementType.Float32: ReduceOf<TReducer, Scalar<Float32, float>, float>(reducer, kept, reduced, destination, x); break;
            case ElementType.Float64: ReduceOf<TReducer, Scalar<Float64, double>, double>(reducer, kept, reduced, destination, x); break;
            default: ReduceOf<TReducer, ScalarInt32, int>(reducer, kept, reduced, destination, x); break;
        }
    }

    // What is too deep for a kernel, or too long for few groups, is combined in pieces, and these then in their order.
    private void ReduceOf<TReducer, V, T>(TReducer reducer, Loops kept, Loops reduced, Buffer destination, Buffer x)
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        if (kept.Count == 0)
            return;
        NestParts[] along = reduced.Count == 0 ? [new NestParts(reduced, 0, 0)] : [.. NestParts.Of(reduced)];
        bool across = kept.Sizes.Length > 0 && kept.InnerStride(1) < reduced.InnerStride(0);
        int results = NestParts.Of(kept).First().Count;
        var grid = new ReduceGrid(results, along[0].Count, across);
        int pieces = along.Length * grid.Pieces;
        if ((long)pieces * kept.Count > MostIndices || reduced.Count > MostIndices)
        {
            throw new ArgumentException(
                $"A reduction to {kept.Count:N0} results of {reduced.Count:N0} elements each is too large for a GPU: there can be "
                + $"{MostIndices / pieces:N0} results here, of {MostIndices:N0} elements.");
        }

        if (_card.Whole is not null && grid.HasWholeWarps)
            ReduceOf<TReducer, OneWarp, V, T>(reducer, kept, along, grid, destination, x);
        else
            ReduceOf<TReducer, OneThread, V, T>(reducer, kept, along, grid, destination, x);
    }

    private void ReduceOf<TReducer, TLast, V, T>(
        TReducer reducer, Loops kept, NestParts[] along, ReduceGrid grid, Buffer destination, Buffer x)
        where TReducer : struct, IReducer
        where TLast : struct, ILastThreads
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        int pieces = along.Length * grid.Pieces;
        using var scratch = pieces == 1 ? null : ScratchOf<T>((long)pieces * kept.Count);
        var sums = scratch?.Buffer ?? destination;
        for (int i = 0; i < along.Length; i++)
        {
            foreach (var part in NestParts.Of(kept))
            {
                LaunchGroups(
                    new ReduceKernel<TReducer, TLast, V, T>(
                        reducer, grid, part.Nest, part.Strides(1), along[i].Nest, along[i].Strides(0), kept.Count,
                        sums.Write<T>().From((i * grid.Pieces * kept.Count) + part.Start(0)), x.Read<T>()),
                    grid.Groups, grid.GroupSize);
            }
        }

        if (pieces == 1)
            return;
        ReduceOf<TReducer, V, T>(
            reducer, Loops.Of([kept.Count], [1], [1]), Loops.Of([pieces], [kept.Count]), destination, sums);
    }
}
