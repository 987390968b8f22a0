using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Fusion;
using Engine.Kernels.Gpu.Reductions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    internal override void ReduceOf<TReducer, TArity, TEnd>(
        ElementType type, TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, Buffer destination, Buffer x,
        Buffer y, Buffer z, Buffer w)
    {
        switch (type)
        {
            case ElementType.Float32: Of<Scalar<Float32, float>, float>(); break;
            case ElementType.Float64: Of<Scalar<Float64, double>, double>(); break;
            default: Of<ScalarInt32, int>(); break;
        }

        void Of<V, T>()
            where V : unmanaged, ILanes<V, T>
            where T : unmanaged
            => ReduceOf<TReducer, TArity, TEnd, V, T>(reducer, function, kept, reduced, ending, destination, [x, y, z, w]);
    }

    // What is too deep for a kernel, or too long for few groups, is combined in pieces, and these then in their order.
    private void ReduceOf<TReducer, TArity, TEnd, V, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, Buffer destination, Buffer[] operands)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        if (kept.Count == 0)
            return;
        NestParts[] along = reduced.Count == 0 ? [new NestParts(reduced, 0, 0)] : [.. NestParts.Of(reduced)];
        int results = NestParts.Of(kept).First().Count;
        var grid = new ReduceGrid(results, along[0].Count, IsAcross(kept, reduced));
        int pieces = along.Length * grid.Pieces;
        if ((long)pieces * kept.Count > MostIndices || reduced.Count > MostIndices)
        {
            throw new ArgumentException(
                $"A reduction to {kept.Count:N0} results of {reduced.Count:N0} elements each is too large for a GPU: there can be "
                + $"{MostIndices / pieces:N0} results here, of {MostIndices:N0} elements.");
        }

        if (pieces == 1)
        {
            ReduceOf<TReducer, TArity, TEnd, V, T>(reducer, function, kept, reduced, along, grid, ending, destination, operands);
            return;
        }

        using var scratch = ScratchOf<T>((long)pieces * kept.Count);
        var sums = scratch.Buffer;
        ReduceOf<TReducer, TArity, OfUnary<IdentityFunction>, V, T>(
            reducer, function, kept, reduced, along, grid, Ending.None, sums, operands);
        ReducePieces<TReducer, TEnd, V, T>(reducer, pieces, kept.Count, ending, destination, sums);
    }

    private void ReduceOf<TReducer, TArity, TEnd, V, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, NestParts[] along, ReduceGrid grid, Ending<TEnd> ending,
        Buffer destination, Buffer[] operands)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        if (_card.Whole is not null && grid.HasWholeWarps)
            ReduceOf<TReducer, TArity, TEnd, OneWarp, V, T>(reducer, function, kept, reduced, along, grid, ending, destination, operands);
        else
            ReduceOf<TReducer, TArity, TEnd, OneThread, V, T>(reducer, function, kept, reduced, along, grid, ending, destination, operands);
    }

    private void ReduceOf<TReducer, TArity, TEnd, TLast, V, T>(
        TReducer reducer, TArity function, Loops kept, Loops reduced, NestParts[] along, ReduceGrid grid, Ending<TEnd> ending,
        Buffer destination, Buffer[] operands)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where TLast : struct, ILastThreads
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        for (int i = 0; i < along.Length; i++)
        {
            foreach (var part in NestParts.Of(kept))
            {
                var to = destination.Write<T>().From((i * grid.Pieces * kept.Count) + part.Start(0));
                ReduceOperand<T> x = Operand(0), y = TArity.Operands > 1 ? Operand(1) : x, z = TArity.Operands > 2 ? Operand(2) : x;
                var w = TArity.Operands > 3 ? Operand(3) : x;
                EndOperand<T> a = Other(0), b = Other(1), c = Other(2), d = Other(3);
                var (nest, inner, stride, place) = (part.Nest, along[i].Nest, kept.Count, ending.Place);
                var kernel = new ReduceKernel<TReducer, TArity, TEnd, TLast, V, T>(
                    reducer, function, ending.Function, grid, nest, inner, stride, place, to, x, y, z, w, a, b, c, d);
                var rows = grid.Pieces > 1 || along.Length > 1 ? null : RowsOf(
                    grid => new ReduceKernel<TReducer, TArity, TEnd, OneThread, V, T>(
                        reducer, function, ending.Function, grid, nest, inner, stride, place, to, x, y, z, w, a, b, c, d),
                    kept, reduced, ending, destination, operands);
                LaunchGroups(kernel, grid.Groups, grid.GroupSize, rows: rows);

                ReduceOperand<T> Operand(int number)
                    => new(operands[number].Read<T>(), part.Strides(number + 2), along[i].Strides(number + 1));

                EndOperand<T> Other(int number)
                {
                    if (number == ending.Place || number >= TEnd.Operands)
                        return new(to, 0);
                    int stride = ending.Loops.InnerStride(number + 1);
                    return new(ending.Operands[number].Read<T>().From(stride * part.Start(0)), stride);
                }
            }
        }
    }

    // Whether elements of neighbouring results lie closer to each other than those of one result.
    private static bool IsAcross(Loops kept, Loops reduced) => kept.Sizes.Length > 0 && kept.InnerStride(1) < reduced.InnerStride(0);

    // Combines results of pieces, which lie one piece after the other.
    private void ReducePieces<TReducer, TEnd, V, T>(
        TReducer reducer, int pieces, int results, Ending<TEnd> ending, Buffer destination, Buffer x)
        where TReducer : struct, IReducer
        where TEnd : struct, IArity
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
        => ReduceOf<TReducer, OfUnary<IdentityFunction>, TEnd, V, T>(
            reducer, default, Loops.Of([results], [1], [1], [1]), Loops.Of([pieces], [results], [results]), ending, destination, [x]);
}
