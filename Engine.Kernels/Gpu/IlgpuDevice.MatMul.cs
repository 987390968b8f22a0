using System.Numerics;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Fusion;
using Engine.Kernels.Gpu.Products;
using Engine.Kernels.Gpu.Rows;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
    {
        var plan = MatMulPlan.Of(shape, type, _tensorCores);
        switch (type)
        {
            case ElementType.Float32: MatMul<Scalar<Float32, float>, float>(plan, shape, destination, a, b, bias); break;
            case ElementType.Float64: MatMul<Scalar<Float64, double>, double>(plan, shape, destination, a, b, bias); break;
            default: throw new ArgumentException($"MatMul: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    /// <summary>A product in a way of the caller's choice.</summary>
    internal void MatMul<V, T>(MatMulPlan plan, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, INumber<T>
    {
        // Sums of tensor cores are out of reach, and pieces are no results yet: those become 0 afterwards.
        int results = checked(shape.Batch * shape.Rows * shape.Columns);
        bool isCut = results > 0 && GridOf(plan, shape, bias).Pieces > 1, later = isCut || plan.Way == MatMulWay.TensorCores;
        var given = later ? shape with { Rectifies = false } : shape;
        var grid = GridOf(plan, given, bias);
        if (isCut)
        {
            using var scratch = ScratchOf<T>((long)grid.Pieces * results);
            var pieces = scratch.Buffer;
            MatMulOnce<T>(plan.Way, grid, given, pieces, a, b, bias);
            ReducePieces<SumReducer, OfUnary<IdentityFunction>, V, T>(default, grid.Pieces, results, Ending.None, destination, pieces);
        }
        else
        {
            MatMulOnce<T>(plan.Way, grid, given, destination, a, b, bias);
        }

        if (later && shape.Rectifies)
        {
            var all = Loops.Of([results], [1], [1]);
            MapOf<OfUnary<ReluFunction>, V, T>(default, all, destination, destination, destination, destination, destination);
        }
    }

    private static MatMulGrid GridOf(MatMulPlan plan, MatMulShape shape, Buffer? bias)
    {
        return plan.Way switch
        {
            MatMulWay.Small => Grid(MatMulSmall<float>.Side, MatMulSmall<float>.Side, MatMulSmall<float>.Slab),
            MatMulWay.Square or MatMulWay.TensorCores => Grid(MatMulTiles.Side, MatMulTiles.Side, MatMulTiles.Slab),
            _ => Grid(2 * MatMulTiles.Side, MatMulTiles.Side, MatMulTiles.Slab),
        };

        MatMulGrid Grid(int rows, int columns, int slab) => new(shape, rows, columns, plan.Pieces, slab, bias is not null);
    }

    private void MatMulOnce<T>(MatMulWay way, MatMulGrid grid, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where T : unmanaged, INumber<T>
    {
        View<T> to = destination.Write<T>(), x = a.Read<T>(), y = b.Read<T>(), start = bias?.Read<T>() ?? default;
        var formA = new MatMulOperand(shape.Rows, shape.Inner, !shape.TransposeA, shape.BatchStrideA);
        var formB = new MatMulOperand(shape.Columns, shape.Inner, shape.TransposeB, shape.BatchStrideB);
        switch (way)
        {
            case MatMulWay.Body:
                Launch(new MatMulBody<T>(shape, to, x, y, start), shape.Batch * shape.Rows * shape.Columns, shape.Operations, Rows());
                break;
            case MatMulWay.Small:
                Groups(new MatMulSmall<T>(grid, formA, formB, to, x, y, start), MatMulSmall<T>.GroupSize);
                break;
            case MatMulWay.Square:
                Tiles<SquareTile>();
                break;
            case MatMulWay.Tall:
                Tiles<TallTile>();
                break;
            default:
                TensorCores(AsSingle(to), AsSingle(x), AsSingle(y), AsSingle(start));
                break;
        }

        bool HasWholeQuads() => _card.Whole is not null && formA.HasWholeQuads && formB.HasWholeQuads && (shape.Columns & 3) == 0;

        void Tiles<THeight>()
            where THeight : struct, ITileHeight
        {
            if (HasWholeQuads())
                TilesOf<THeight, AlignedQuads<T>>(new(Quads(to)), new(Quads(x)), new(Quads(y)));
            else
                TilesOf<THeight, AnyQuads<T>>(new(to), new(x), new(y));
        }

        void TilesOf<THeight, TQuads>(TQuads into, TQuads left, TQuads right)
            where THeight : struct, ITileHeight
            where TQuads : struct, IQuads<T>
            => Groups(new MatMulTiles<THeight, TQuads, T>(grid, formA, formB, into, left, right, start), MatMulTiles.GroupSize);

        void TensorCores(View<float> into, View<float> left, View<float> right, View<float> first)
        {
            if (HasWholeQuads())
                TensorCoresOf<AlignedQuads<float>>(new(Quads(left)), new(Quads(right)), into, first);
            else
                TensorCoresOf<AnyQuads<float>>(new(left), new(right), into, first);
        }

        void TensorCoresOf<TQuads>(TQuads left, TQuads right, View<float> into, View<float> first)
            where TQuads : struct, IQuads<float>
            => Groups(new MatMulTensorCores<TQuads>(grid, formA, formB, into, left, right, first), MatMulTiles.GroupSize);

        void Groups<TKernel>(TKernel kernel, int size)
            where TKernel : struct, IGroupKernel
            => LaunchGroups(kernel, grid.Groups, size, shape.Operations, Rows());

        RowStage? Rows() => grid.Pieces == 1 ? RowsOf(shape, to, x, y, start, b, bias) : null;

        static View<float> AsSingle(View<T> view) => new(view.Address, view.Length);
    }
}
