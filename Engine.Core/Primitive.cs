using System.Collections.Concurrent;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// One kind of computation: its shape rule, its kernel call and its gradient rule, side by side. The gradient rule is written in
/// ordinary tensor operations, so gradients are tensors with gradients of their own, to any order. A primitive may have several
/// results; most have one, see <see cref="Operation"/>.
/// </summary>
public abstract record Primitive
{
    // Operations of users about which the remark has been made.
    private static readonly ConcurrentDictionary<Type, bool> s_withoutRule = new();

    /// <summary>The name that error messages use.</summary>
    public string Name => GetType().Name.Split('`')[0];

    /// <summary>Computes the results and remembers how they came about.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation.</exception>
    public Tensor[] ApplyAll(params Tensor[] x)
    {
        x = CheckpointScope.Inside(x);
        var described = InferAll(x);
        foreach (var input in x)
        {
            if (input.Device != x[0].Device)
                throw Error($"inputs are on different devices, {Devices(x[0].Device, input.Device)}: copy one of them with To");
        }

        if (BatchedMap.Of(x) is { } map)
            return ApplyToMembers(map, described, x);
        ProgramTrace.Current?.Add(this, described[0].Shape, x);
        var y = new Tensor[described.Length];
        try
        {
            for (int i = 0; i < y.Length; i++)
                y[i] = Result(x, i, described[i].Type, described[i].Shape);
            if (y.Length > 1)
                Tensor.Join(y);
            if (TensorScope.IsChecking)
                CheckValues(x);
            ComputeAll(y, x);
        }
        catch
        {
            foreach (var result in y)
                result?.Dispose();
            throw;
        }

        foreach (var result in y)
            TensorScope.Check(this, result, x);

        // The garbage collector may return memory of tensors without a scope, which the kernel knows by its address alone.
        GC.KeepAlive(x);
        return y;
    }

    /// <summary>
    /// The gradient rule: cotangents of the inputs from those of the results (a vector-Jacobian product).
    /// </summary>
    /// <param name="g">The cotangent of each result, of its shape; null for zeros.</param>
    /// <param name="y">The results.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="wanted">For which inputs a cotangent is wanted; others may be null.</param>
    /// <returns>
    /// One tensor for each input, or null where the derivative is zero everywhere. A cotangent may have the shape to which its input
    /// was broadcast, or one that broadcasts to the input's: the caller sums and repeats.
    /// </returns>
    public abstract Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted);

    /// <summary>The shape rule: element type and shape of each result.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the operation; see <see cref="Error"/>.</exception>
    protected abstract (ElementType Type, Shape Shape)[] InferAll(Tensor[] x);

    /// <summary>The kernel call.</summary>
    protected abstract void ComputeAll(Tensor[] y, Tensor[] x);

    /// <summary>
    /// The batching rule: the results for all members of a <see cref="Batch.Map"/> at once, with the members along the first axis, written
    /// in ordinary tensor operations. Without one, members have their turns one by one.
    /// </summary>
    /// <param name="x">The inputs, some of which each member has its own of.</param>
    /// <returns>One tensor for each result; null where there is no rule for such inputs.</returns>
    protected virtual Tensor[]? BatchedAll(BatchedInputs x) => null;

    /// <summary>In a checking scope: fails at values of inputs that make no sense, such as an index out of range.</summary>
    /// <exception cref="ArgumentException">There are such values; see <see cref="Error"/>.</exception>
    protected virtual void CheckValues(Tensor[] x)
    {
        // Most operations take any value.
    }

    // No derivative passes through integers, so they need not remember what they were made from. The array is the caller's, who may put
    // other tensors into it.
    private protected virtual Tensor[] Remembered(Tensor[] x, ElementType type) => type.IsFloat() ? [.. x] : [];

    private protected virtual Tensor Result(Tensor[] x, int number, ElementType type, Shape shape)
        => Tensor.Allocate(x[0].Device, type, shape, this, Remembered(x, type));

    /// <summary>
    /// Consecutive elements of an input as a result, in the input's own memory; null where they must be copied. A recording keeps memory as
    /// long as any part of it is wanted; nobody else does.
    /// </summary>
    private protected Tensor? Part(Tensor x, int start, Shape shape)
    {
        const int Alignment = 16;
        long first = (long)start * x.Type.Size();
        return Recording.IsActive && first % Alignment == 0 && shape.ElementCount > 0
            ? new(x.Device, x.Type, shape, x.Buffer.Part(first, (long)shape.ElementCount * x.Type.Size()), this, Remembered([x], x.Type))
            : null;
    }

    // The results remember inputs as one member sees them, for gradients within the map; those of all members remember what they were
    // made from, for gradients outside.
    private Tensor[] ApplyToMembers(BatchedMap map, (ElementType Type, Shape Shape)[] described, Tensor[] x)
    {
        var inputs = new BatchedInputs(map, x);
        var whole = BatchedAll(inputs) ?? OneByOne(inputs);
        var y = new Tensor[described.Length];
        for (int i = 0; i < y.Length; i++)
        {
            var (type, shape) = described[i];
            Shape wanted = [map.Members, .. shape];
            if (whole.Length != y.Length || whole[i].Type != type || whole[i].Shape != wanted)
            {
                throw new InvalidOperationException(
                    $"Batch: the rule of {Name} gave {string.Join(", ", whole.Select(each => $"{each.Type} {each.Shape}"))} for "
                    + $"{map.Members} members with results {string.Join(", ", described.Select(each => $"{each.Type} {each.Shape}"))}.");
            }

            y[i] = new Tensor(whole[i].Device, type, shape, map, whole[i], this, Remembered(x, type));
        }

        if (y.Length > 1)
            Tensor.Join(y);
        return y;
    }

    private Tensor[] OneByOne(BatchedInputs x)
    {
        if (GetType().Assembly != typeof(Primitive).Assembly && s_withoutRule.TryAdd(GetType(), true))
        {
            Console.Error.WriteLine(
                $"Batch: {Name} has no batching rule for these inputs, and is done member by member, which is slow: override "
                + $"{(this is Operation ? "Batched" : "BatchedAll")}.");
        }

        Tensor[][] members = [.. Enumerable.Range(0, x.Members).Select(member => ApplyAll(x.Of(member)))];
        return [.. members[0].Select((_, result) => Tensor.Stack(0, [.. members.Select(member => member[result])]))];
    }

    // Two may be of one name: each call of Device.Open opens another.
    private static string Devices(Device first, Device second)
        => $"{first.Name} and {(first.Name == second.Name ? $"another {second.Name}, opened by itself" : second.Name)}";

    /// <summary>An error that names the operation.</summary>
    protected ArgumentException Error(string problem) => new($"{Name}: {problem}");

    /// <summary>The element type that all inputs share.</summary>
    /// <exception cref="ArgumentException">Element types differ.</exception>
    protected ElementType SameType(Tensor[] x)
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
    protected ElementType SameFloatType(Tensor[] x)
        => SameType(x) is var type && type != ElementType.Int32
            ? type
            : throw Error($"needs Float32 or Float64, got Int32 {x[0].Shape}: convert it with Cast");
}
