using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Gpu.Reductions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    internal override void ReduceOf<TReducer, TArity>(
        ElementType type, TReducer reducer, TArity function, Loops kept, Loops reduced, Buffer destination, Buffer x, Buffer y, Buffer z,
        Buffer w)
    {
        Buffer[] operands = [x, y, z, w];
        switch (type)
        {
            case ElementType.Float32: Of<ScalarFloat32, float>(); break;
            case ElementType.Float64: Of<ScalarFloat64, double>(); break;
            default: Of<ScalarInt32, int>(); break;
        }

        void Of<V, T>()
            where V : unmanaged, ILanes<V, T>
            where T : unmanaged
            => ReduceOf<TReducer, TArity, V, T>(reducer, function, kept, reduced, destination, operands);
    }

    // What is too deep for a kernel, or too long for few groups, is combined in pieces, and these then in their order.
    private void ReduceOf<TReducer, TArity, V, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, Buffer destination, Buffer[] operands)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
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
            ReduceOf<TReducer, TArity, OneWarp, V, T>(reducer, function, kept, along, grid, destination, operands);
        else
            ReduceOf<TReducer, TArity, OneThread, V, T>(reducer, function, kept, along, grid, destination, operands);
    }

    private void ReduceOf<TReducer, TArity, TLast, V, T>(
        TReducer reducer, TArity function, Loops kept, NestParts[] along, ReduceGrid grid, Buffer destination, Buffer[] operands)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
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
                ReduceOperand<T> x = Operand(0), y = TArity.Operands > 1 ? Operand(1) : x, z = TArity.Operands > 2 ? Operand(2) : x;
                LaunchGroups(
                    new ReduceKernel<TReducer, TArity, TLast, V, T>(
                        reducer, function, grid, part.Nest, along[i].Nest, kept.Count,
                        sums.Write<T>().From((i * grid.Pieces * kept.Count) + part.Start(0)), x, y, z,
                        TArity.Operands > 3 ? Operand(3) : x),
                    grid.Groups, grid.GroupSize);

                ReduceOperand<T> Operand(int number)
                    => new(operands[number].Read<T>(), part.Strides(number + 2), along[i].Strides(number + 1));
            }
        }

        if (pieces > 1)
            ReducePieces<TReducer, V, T>(reducer, pieces, kept.Count, destination, sums);
    }

    // Combines results of pieces, which lie one piece after the other.
    private void ReducePieces<TReducer, V, T>(TReducer reducer, int pieces, int results, Buffer destination, Buffer x)
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
        => ReduceOf<TReducer, OfUnary<IdentityFunction>, V, T>(
            reducer, default, Loops.Of([results], [1], [1], [1]), Loops.Of([pieces], [results], [results]), destination, [x]);
}
