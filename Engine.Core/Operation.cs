using Engine.Kernels;

namespace Engine.Core;

/// <summary>A <see cref="Primitive"/> with one result.</summary>
public abstract record Operation : Primitive
{
    /// <summary>Computes the result and remembers how it came about.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation.</exception>
    public Tensor Apply(params Tensor[] x) => ApplyAll(x)[0];

    /// <summary>The gradient rule: cotangents of the inputs from the cotangent of the result.</summary>
    /// <param name="g">The cotangent of the result, of its shape.</param>
    /// <param name="y">The result.</param>
    /// <param name="x">The inputs.</param>
    /// <returns>As <see cref="Primitive.VjpAll"/> does.</returns>
    public abstract Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x);

    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted) => Vjp(g[0]!, y[0], x);

    /// <summary>The shape rule: element type and shape of the result.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation; see <see cref="Primitive.Error"/>.</exception>
    protected abstract (ElementType Type, Shape Shape) Infer(Tensor[] x);

    /// <summary>The kernel call.</summary>
    protected abstract void Compute(Tensor y, Tensor[] x);

    /// <summary>The batching rule, see <see cref="Primitive.BatchedAll"/>.</summary>
    protected virtual Tensor? Batched(BatchedInputs x) => null;

    /// <inheritdoc/>
    protected sealed override Tensor[]? BatchedAll(BatchedInputs x) => Batched(x) is { } y ? [y] : null;

    /// <inheritdoc/>
    protected sealed override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x) => [Infer(x)];

    /// <inheritdoc/>
    protected sealed override void ComputeAll(Tensor[] y, Tensor[] x) => Compute(y[0], x);
}

/// <summary>An operation whose result is its input seen in another way: it shares the input's memory and computes nothing.</summary>
internal abstract record Alias : Operation
{
    private protected override Tensor[] Remembered(Tensor[] x, ElementType type) => x;

    private protected override Tensor Result(Tensor[] x, int number, ElementType type, Shape shape)
        => new(x[0].Device, type, shape, x[0].Buffer, this, Remembered(x, type));

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
    {
        // Nothing to do: the memory is the input's.
    }
}
