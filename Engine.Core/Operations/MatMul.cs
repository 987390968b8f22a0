using Engine.Kernels;

namespace Engine.Core.Operations;

/// <summary>
/// Matrix products over the last two axes, either operand transposed; axes before them broadcast. A third input is a row that is
/// added to each row of the product: [columns] or [batch..., 1, columns].
/// </summary>
/// <param name="TransposeA">Whether the left operand is stored as [..., inner, rows].</param>
/// <param name="TransposeB">Whether the right operand is stored as [..., columns, inner].</param>
/// <param name="Rectifies">Whether what is below 0 becomes 0: a ReLU in the same pass.</param>
internal sealed record MatMul(bool TransposeA = false, bool TransposeB = false, bool Rectifies = false) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var (a, b) = (x[0], x[1]);
        if (Rectifies)
            g = new Gate().Apply(g, y);
        var ga = TransposeA ? new MatMul(TransposeB, true).Apply(b, g) : new MatMul(false, !TransposeB).Apply(g, b);
        var gb = TransposeB ? new MatMul(true, TransposeA).Apply(g, a) : new MatMul(!TransposeA, false).Apply(a, g);
        return x.Length == 3 ? [ga, gb, g] : [ga, gb];
    }

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
    {
        Shape a = x.Shape(0), b = x.Shape(1);
        var bias = x.Count == 3 ? x.Shape(2) : null;
        bool sharesBias = bias is null || (!x.IsOwn(2) && bias.ElementCount == bias[-1]);

        // What members share is multiplied by the rows, or columns, of all: derivatives in it are then one contraction, and not a sum of
        // products of each member.
        if (!x.IsOwn(1) && b.Rank == 2 && !TransposeA && sharesBias)
            return x[0].MatMul(x[1], this, bias is null ? null : x[2]);

        // Columns are turned into rows for that, and back: worth it for an operand larger than what is turned.
        int inner = b[TransposeB ? -1 : -2], turned = b.ElementCount + (b.ElementCount / Math.Max(inner, 1) * a[TransposeA ? -1 : -2]);
        if (!x.IsOwn(0) && a.Rank == 2 && bias is null && a.ElementCount > turned)
        {
            var columns = (TransposeB ? x[1] : x[1].Transpose()).Reshape(-1, inner);
            var y = new MatMul(false, !TransposeA, Rectifies).Apply(columns, x[0]);
            return y.ReshapeTo([x.Members, .. b.Sizes[..^2], b[TransposeB ? -2 : -1], y.Shape[1]]).Transpose();
        }

        int rank = Math.Max(a.Rank, b.Rank);
        if (!x.IsOwn(0) && !x.IsOwn(1))
        {
            var sum = new MatMul(TransposeA, TransposeB).Apply(x[0], x[1]) + x.Aligned(2, rank);
            return Rectifies ? sum.Relu() : sum;
        }

        Tensor[] aligned = [x.Aligned(0, rank), x.Aligned(1, rank)];
        return Apply(bias is null ? aligned : [.. aligned, x.Aligned(2, rank)]);
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var type = SameFloatType(x);
        var (a, b) = (x[0].Shape, x[1].Shape);
        if (a.Rank < 2 || b.Rank < 2)
            throw Error($"{a} x {b}: both operands need at least two axes");
        int inner = a[TransposeA ? -2 : -1], innerB = b[TransposeB ? -1 : -2];
        if (inner != innerB)
            throw Error($"{Describe(a, TransposeA)} x {Describe(b, TransposeB)}: inner sizes {inner} and {innerB} differ");
        Shape batchA = a.Sizes[..^2].ToArray(), batchB = b.Sizes[..^2].ToArray();
        var batch = Shape.Broadcast(batchA, batchB)
            ?? throw Error($"{Describe(a, TransposeA)} x {Describe(b, TransposeB)}: batch shapes {batchA} and {batchB} do not broadcast");
        Shape shape = [.. batch, a[TransposeA ? -1 : -2], b[TransposeB ? -2 : -1]];
        Shape row = shape.With(-2, 1);
        if (x.Length == 3 && (x[2].Rank == 0 || Shape.Broadcast(x[2].Shape, row) != row || x[2].Shape[-1] != shape[-1]))
            throw Error($"a bias of shape {x[2].Shape} is no row of the product {shape}: it must be [{shape[-1]}] or {row}");
        return (type, shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        // A kernel steps through a batch evenly: an operand has a matrix for each product, or one for all.
        int batch = y.Count == 0 ? 0 : y.Count / (y.Shape[-2] * y.Shape[-1]);
        var (a, strideA) = Batched(x[0], 2);
        var (b, strideB) = Batched(x[1], 2);
        var (bias, strideBias) = x.Length == 3 ? Batched(x[2], 1) : (null, 0);
        y.Device.MatMul(
            y.Type,
            new MatMulShape(
                batch, y.Shape[-2], x[0].Shape[TransposeA ? -2 : -1], y.Shape[-1], TransposeA, TransposeB, strideA, strideB, strideBias,
                Rectifies),
            y.Buffer,
            a.Buffer,
            b.Buffer,
            bias?.Buffer);

        (Tensor Tensor, int Stride) Batched(Tensor operand, int axes)
        {
            Shape tail = operand.Shape.Sizes[^axes..].ToArray();
            if (operand.Count == tail.ElementCount)
                return (operand, 0);
            if (axes == 1)
                tail = [1, .. tail];
            Shape full = [.. y.Shape.Sizes[..^2], .. tail];
            return (operand.BroadcastTo(full), tail.ElementCount);
        }
    }

    private static string Describe(Shape shape, bool transposed) => transposed ? $"{shape} transposed" : shape.ToString();
}
