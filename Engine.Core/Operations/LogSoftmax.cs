using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>The logarithm of the softmax along the last axis, for short rows: one number after the other, in one command.</summary>
internal sealed record LogSoftmax : Operation
{
    /// <summary>The longest row that takes the processor no longer so than in five commands, by vectors.</summary>
    public const int LongestRow = 10;

    // Rows worth another thread.
    private const int Grain = 512;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g - (y.Exp() * g.Sum(keepDims: true, -1))];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[0].Rank > 0 && x[0].Shape[-1] > 0
            ? (SameFloatType(x), x[0].Shape)
            : throw Error($"needs a last axis of size 1 or more, got {x[0].Shape}");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        if (y.Type == ElementType.Float32)
            Run<Scalar<Float32, float>, float>();
        else
            Run<Scalar<Float64, double>, double>();

        void Run<V, T>()
            where V : struct, ILanes<V, T>
            where T : unmanaged
        {
            int length = y.Shape[-1];
            int rows = y.Count / length;
            y.Device.For(rows, new LogSoftmaxBody<V, T>(y.Buffer.Write<T>(), x[0].Buffer.Read<T>(), length), Grain, rows);
        }
    }
}
