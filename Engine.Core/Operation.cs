using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// One kind of computation: its shape rule, its kernel call and its gradient rule, side by side. The gradient rule is written in
/// ordinary tensor operations, so gradients are tensors with gradients of their own, to any order.
/// </summary>
public abstract record Operation
{
    /// <summary>The name that error messages use.</summary>
    public string Name => GetType().Name.Split('`')[0];

    /// <summary>
    /// The gradient rule: cotangents of the inputs from the cotangent of the result (a vector-Jacobian product).
    /// </summary>
    /// <param name="g">The cotangent of the result, of its shape.</param>
    /// <param name="y">The result.</param>
    /// <param name="x">The inputs.</param>
    /// <returns>
    /// One tensor for each input, or null where the derivative is zero everywhere. A cotangent may have the shape to which its input
    /// was broadcast, or one that broadcasts to the input's: the caller sums and repeats.
    /// </returns>
    public abstract Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x);

    /// <summary>The gradient rule where only some cotangents are wanted: others may be null too.</summary>
    internal virtual Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x, bool[] wanted) => Vjp(g, y, x);

    /// <summary>Computes the result and remembers how it came about.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation.</exception>
    public Tensor Apply(params Tensor[] x)
    {
        var y = Promise(x);
        try
        {
            if (TensorScope.IsChecking)
                CheckValues(x);
            Compute(y, x);
        }
        catch
        {
            y.Dispose();
            throw;
        }

        TensorScope.Check(this, y, x);

        // The garbage collector may return memory of tensors without a scope, which the kernel knows by its address alone.
        GC.KeepAlive(x);
        return y;
    }

    /// <summary>The result before it is computed: another operation must do that with its own, before anything reads it.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation.</exception>
    internal Tensor Promise(params Tensor[] x)
    {
        var (type, shape) = Infer(x);
        foreach (var input in x)
        {
            if (input.Device != x[0].Device)
                throw Error($"inputs are on different devices, {x[0].Device.Name} and {input.Device.Name}");
        }

        return Result(x, type, shape);
    }

    /// <summary>The device of the result: that of the first input.</summary>
    protected virtual Kernels.Device Device(Tensor[] x) => x[0].Device;

    /// <summary>The shape rule: element type and shape of the result.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation; see <see cref="Error"/>.</exception>
    protected abstract (Kernels.ElementType Type, Shape Shape) Infer(Tensor[] x);

    /// <summary>In a checking scope: fails at values of inputs that make no sense, such as an index out of range.</summary>
    /// <exception cref="ArgumentException">There are such values; see <see cref="Error"/>.</exception>
    protected virtual void CheckValues(Tensor[] x)
    {
        // Most operations take any value.
    }

    /// <summary>The kernel call.</summary>
    protected abstract void Compute(Tensor y, Tensor[] x);

    // No derivative passes through integers, so they need not remember what they were made from.
    private protected virtual Tensor Result(Tensor[] x, Kernels.ElementType type, Shape shape)
        => Tensor.Allocate(Device(x), type, shape, this, type.IsFloat() ? x : []);

    /// <summary>An error that names the operation.</summary>
    protected ArgumentException Error(string problem) => new($"{Name}: {problem}");

    /// <summary>The element type that all inputs share.</summary>
    /// <exception cref="ArgumentException">Element types differ.</exception>
    protected Kernels.ElementType SameType(Tensor[] x)
    {
        foreach (var input in x)
        {
            if (input.Type != x[0].Type)
                throw Error($"element types {x[0].Type} {x[0].Shape} and {input.Type} {input.Shape} differ: convert one with Cast");
        }

        return x[0].Type;
    }

    /// <summary>The element type that all inputs share, which is one of floating-point numbers.</summary>
    /// <exception cref="ArgumentException">Element types differ or are Int32.</exception>
    protected Kernels.ElementType SameFloatType(Tensor[] x)
        => SameType(x) is var type && type != Kernels.ElementType.Int32
            ? type
            : throw Error($"needs Float32 or Float64, got Int32 {x[0].Shape}: convert it with Cast");
}

/// <summary>An operation whose result is its input seen in another way: it shares the input's memory and computes nothing.</summary>
public abstract record Alias : Operation
{
    private protected override Tensor Result(Tensor[] x, Kernels.ElementType type, Shape shape)
        => new(x[0].Device, type, shape, x[0].Buffer, this, x);

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
    {
        // Nothing to do: the memory is the input's.
    }
}
