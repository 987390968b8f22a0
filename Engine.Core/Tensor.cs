using Engine.Core.Files;
using Engine.Kernels;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Core;

/// <summary>
/// An n-dimensional array on a device, contiguous and immutable. A tensor remembers the operation and inputs that made it, which is
/// all that <see cref="Autodiff.Gradient"/> needs.
/// </summary>
/// <remarks>
/// Memory is returned by <see cref="TensorScope"/>, by <see cref="TensorProgram{TIn, TOut}"/>, or by <see cref="Dispose"/>. That of a
/// tensor made outside of these is returned by the garbage collector at last, when nothing refers to it any more.
/// </remarks>
public sealed partial class Tensor : IDisposable
{
    private static long s_lastId;

    internal Tensor(Device device, ElementType type, Shape shape, Buffer buffer, Primitive? operation = null, params Tensor[] inputs)
    {
        Device = device;
        Type = type;
        Shape = shape;
        Buffer = buffer;
        Operation = operation;
        Inputs = inputs;
        Id = Interlocked.Increment(ref s_lastId);
    }

    /// <summary>A tensor as one member of a batch sees it.</summary>
    internal Tensor(
        Device device, ElementType type, Shape shape, BatchedMap map, Tensor whole, Primitive? operation = null, params Tensor[] inputs)
        : this(device, type, shape, whole.Buffer, operation, inputs)
    {
        (Map, Whole) = (map, whole);
    }

    /// <summary>Where the data is.</summary>
    public Device Device { get; }

    /// <summary>What the elements are.</summary>
    public ElementType Type { get; }

    /// <summary>The sizes of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>The number of axes.</summary>
    public int Rank => Shape.Rank;

    /// <summary>The number of elements.</summary>
    public int Count => Shape.ElementCount;

    /// <summary>The operation that made this tensor; null for values from the host and results of programs.</summary>
    public Primitive? Operation { get; }

    /// <summary>What the operation was applied to; empty where no derivative passes: for computed integers, after StopGradient.</summary>
    public Tensor[] Inputs { get; }

    /// <summary>The memory, for kernel calls of one's own operations.</summary>
    public Buffer Buffer { get; }

    /// <summary>A number that grows with creation: inputs have lower ones than results.</summary>
    internal long Id { get; }

    /// <summary>The highest <see cref="Id"/> that there is.</summary>
    internal static long LastId => Interlocked.Read(ref s_lastId);

    /// <summary>The map of whose members this is one's; null outside of maps, and for what all members share.</summary>
    internal BatchedMap? Map { get; }

    /// <summary>The tensor of all members, with these along its first axis; null where there is no map.</summary>
    internal Tensor? Whole { get; }

    /// <summary>All results of the operation, in order; null where this is the only one.</summary>
    internal Tensor[]? Siblings { get; private set; }

    /// <summary>The one of <see cref="Siblings"/> that stands for all in a backward pass; itself where there are no others.</summary>
    internal Tensor First => Siblings is null ? this : Array.Find(Siblings, each => each.Inputs.Length > 0) ?? this;

    /// <summary>Copies values to a device.</summary>
    /// <typeparam name="T">float, double or int.</typeparam>
    /// <param name="values">As many values as <paramref name="shape"/> has elements, the last axis running fastest.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="device">The device; the processor if null.</param>
    /// <exception cref="ArgumentException">
    /// The number of values does not fit the shape, or <typeparamref name="T"/> is no element type.
    /// </exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, Shape shape, Device? device = null)
        where T : unmanaged
    {
        var type = ElementTypes.Of<T>();
        if (values.Length != shape.ElementCount)
        {
            throw new ArgumentException(
                $"Shape {shape} has {shape.ElementCount} elements, but {values.Length} values were given.", nameof(values));
        }

        ProgramTrace.Current?.AddConstant(shape, values);
        return Uploaded(values, shape, device ?? Device.Cpu);
    }

    /// <summary>Copies values to a device.</summary>
    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, Shape, Device?)"/>
    public static Tensor From<T>(T[] values, Shape shape, Device? device = null)
        where T : unmanaged
        => From((ReadOnlySpan<T>)values, shape, device);

    /// <summary>A vector of values.</summary>
    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, Shape, Device?)"/>
    public static Tensor From<T>(params T[] values)
        where T : unmanaged
        => From((ReadOnlySpan<T>)values, [values.Length]);

    /// <summary>Copies values to a device, converted to an element type.</summary>
    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, Shape, Device?)"/>
    /// <exception cref="ArgumentException">The number of values does not fit the shape, or one is not held by Int32.</exception>
    public static Tensor From(ReadOnlySpan<double> values, Shape shape, ElementType type, Device? device = null)
    {
        switch (type)
        {
            case ElementType.Float64:
                return From(values, shape, device);
            case ElementType.Float32:
                var singles = new float[values.Length];
                for (int i = 0; i < singles.Length; i++)
                    singles[i] = (float)values[i];
                return From(singles, shape, device);
            default:
                var integers = new int[values.Length];
                for (int i = 0; i < integers.Length; i++)
                    integers[i] = Held(values[i], "From");
                return From(integers, shape, device);
        }
    }

    /// <summary>A tensor with one value everywhere.</summary>
    /// <exception cref="ArgumentException">The value is not held by Int32.</exception>
    public static Tensor Full(double value, Shape shape, ElementType type = ElementType.Float32, Device? device = null)
    {
        if (!type.IsFloat())
            Held(value, "Full");
        ProgramTrace.Current?.AddConstant(shape, [value]);
        device ??= Device.Cpu;

        // In a program a small one is a constant like others, which no replay need make again.
        const int Small = 1024;
        if (Recording.IsActive && shape.ElementCount <= Small)
        {
            return type switch
            {
                ElementType.Float32 => Uploaded(Repeated((float)value), shape, device),
                ElementType.Float64 => Uploaded(Repeated(value), shape, device),
                _ => Uploaded(Repeated((int)value), shape, device),
            };
        }

        var y = Allocate(device, type, shape);
        y.Device.Fill(type, y.Buffer, value);
        return y;

        ReadOnlySpan<T> Repeated<T>(T number) => Enumerable.Repeat(number, shape.ElementCount).ToArray();
    }

    /// <summary>A single number: a tensor without axes.</summary>
    /// <exception cref="ArgumentException">The value is not held by Int32.</exception>
    public static Tensor Scalar(double value, ElementType type = ElementType.Float32, Device? device = null)
        => Full(value, [], type, device);

    /// <summary>Zeros of the shape and element type of a tensor, on its device.</summary>
    public static Tensor ZerosLike(Tensor x) => Zeros(x.Shape, x.Type, x.Device);

    /// <summary>Ones of the shape and element type of a tensor, on its device.</summary>
    public static Tensor OnesLike(Tensor x) => Ones(x.Shape, x.Type, x.Device);

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(Shape shape, ElementType type = ElementType.Float32, Device? device = null) => Full(0, shape, type, device);

    /// <summary>A tensor of ones.</summary>
    public static Tensor Ones(Shape shape, ElementType type = ElementType.Float32, Device? device = null) => Full(1, shape, type, device);

    /// <summary>The vector 0, 1, ..., count - 1.</summary>
    public static Tensor Range(int count, ElementType type = ElementType.Float32, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] values = new int[count];
        for (int i = 0; i < count; i++)
            values[i] = i;
        return type == ElementType.Int32
            ? From(values, [count], device)
            : From(Array.ConvertAll(values, value => (double)value), [count], type, device);
    }

    /// <summary>Copies the values to the host.</summary>
    /// <exception cref="ArgumentException">The span has another length, or <typeparamref name="T"/> is not the element type.</exception>
    /// <exception cref="InvalidOperationException">A program is being recorded, or this is within <see cref="Batch.Map"/>.</exception>
    /// <exception cref="ObjectDisposedException">The memory has been returned.</exception>
    public void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        if (Map is not null)
        {
            throw new InvalidOperationException(
                $"A value of {Type} {Shape} can't be read within Batch.Map: it differs from member to member. Return the tensor and "
                + "read what Map gives; in place of an if write Tensor.Where(condition, a, b).");
        }

        if (Recording.IsActive)
        {
            throw new InvalidOperationException(
                $"A value of {Type} {Shape} can't be read while a program is recorded: replays would not read it again. Return the tensor "
                + "from the program and read it there; in place of an if write Tensor.Where(condition, a, b).");
        }

        if (ElementTypes.Of<T>() != Type)
        {
            throw new ArgumentException(
                $"A tensor of {Type} can't be copied to {typeof(T).Name}: convert it with Cast first.", nameof(destination));
        }

        if (destination.Length != Count)
        {
            throw new ArgumentException(
                $"Shape {Shape} has {Count} elements, but the destination has {destination.Length}.", nameof(destination));
        }

        Device.Download(Buffer, destination);
        GC.KeepAlive(this);
    }

    /// <summary>The values as an array.</summary>
    /// <inheritdoc cref="CopyTo{T}(Span{T})"/>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var values = new T[Count];
        CopyTo(values.AsSpan());
        return values;
    }

    /// <summary>The values as doubles, whatever the element type.</summary>
    public double[] ToDoubles() => Type switch
    {
        ElementType.Float32 => Array.ConvertAll(ToArray<float>(), value => (double)value),
        ElementType.Float64 => ToArray<double>(),
        _ => Array.ConvertAll(ToArray<int>(), value => (double)value),
    };

    /// <summary>The one value of a tensor with one element.</summary>
    /// <exception cref="InvalidOperationException">
    /// There are more or fewer elements, or it can't be read, see <see cref="CopyTo"/>.
    /// </exception>
    public double Item()
        => Count == 1 ? ToDoubles()[0] : throw new InvalidOperationException(
            $"Item: a tensor of shape {Shape} is not a single number: take one, reduce it, as x.Mean().Item(), or use ToArray.");

    /// <summary>A leaf with the same values on another device; itself if it is there already.</summary>
    /// <example><code>var moved = Tree.Map(network, p => p.To(device));</code></example>
    /// <exception cref="InvalidOperationException">It can't be read now, see <see cref="CopyTo"/>.</exception>
    public Tensor To(Device device)
    {
        if (device == Device)
            return this;
        return Type switch
        {
            ElementType.Float32 => From(ToArray<float>(), Shape, device),
            ElementType.Float64 => From(ToArray<double>(), Shape, device),
            _ => From(ToArray<int>(), Shape, device),
        };
    }

    /// <summary>The values as they are kept in files.</summary>
    /// <exception cref="InvalidOperationException">It can't be read now, see <see cref="CopyTo"/>.</exception>
    public StoredTensor ToStored() => Type switch
    {
        ElementType.Float32 => StoredTensor.Of<float>([.. Shape], ToArray<float>()),
        ElementType.Float64 => StoredTensor.Of<double>([.. Shape], ToArray<double>()),
        _ => StoredTensor.Of<int>([.. Shape], ToArray<int>()),
    };

    /// <summary>Values from a file, copied to a device.</summary>
    public static Tensor From(StoredTensor stored, Device? device = null) => stored.Type switch
    {
        ElementType.Float32 => From(stored.Elements<float>(), stored.Shape, device),
        ElementType.Float64 => From(stored.Elements<double>(), stored.Shape, device),
        _ => From(stored.Elements<int>(), stored.Shape, device),
    };

    /// <summary>
    /// Returns the memory now. Tensors that share it (by Reshape, StopGradient) lose it too. A second call does nothing, whichever thread
    /// it comes from.
    /// </summary>
    public void Dispose()
    {
        if (Recording.IsActive || Buffer.IsFreed)
            return;
        TensorScope.Forget(Buffer);
        Device.Free(Buffer);
    }

    /// <summary>The values, as NumPy prints them.</summary>
    public override string ToString()
        => Buffer.IsFreed ? $"{Type} {Shape}, disposed"
            : Map is not null ? $"{Type} {Shape}, of each of {Map.Members} members"
            : Recording.IsActive ? $"{Type} {Shape}, being recorded"
            : Formatted();

    private static Tensor Uploaded<T>(ReadOnlySpan<T> values, Shape shape, Device device)
        where T : unmanaged
    {
        var type = ElementTypes.Of<T>();
        var buffer = device.AllocateConstant((long)shape.ElementCount * type.Size());
        TensorScope.Own(buffer);
        device.Upload(values, buffer);
        return new Tensor(device, type, shape, buffer);
    }

    // The one rule for numbers that meet Int32: nothing is rounded in silence.
    private static int Held(double value, string operation)
        => IntegerRange.Holds(value) ? (int)value : throw new ArgumentException(
            $"{operation}: Int32 does not hold {value}: round it, or use Float32 or Float64.", nameof(value));

    private string Formatted()
    {
        double[] values = ToDoubles();
        return TensorFormatter.Format(Type, Shape.Sizes, at => values[at]);
    }

    internal static Tensor Allocate(Device device, ElementType type, Shape shape, Primitive? operation = null, params Tensor[] inputs)
    {
        var buffer = device.Allocate((long)shape.ElementCount * type.Size());
        TensorScope.Own(buffer);
        return new Tensor(device, type, shape, buffer, operation, inputs);
    }

    /// <summary>Says that tensors are the results of one operation.</summary>
    internal static void Join(Tensor[] results)
    {
        foreach (var result in results)
            result.Siblings = results;
    }

    /// <summary>Makes a tensor of each; if one can't be made, none is left.</summary>
    internal static Tensor[] MakeAll<T>(IReadOnlyList<T> sources, Func<T, Tensor> make)
    {
        var tensors = new List<Tensor>(sources.Count);
        try
        {
            foreach (var source in sources)
                tensors.Add(make(source));
            return [.. tensors];
        }
        catch
        {
            tensors.ForEach(tensor => tensor.Dispose());
            throw;
        }
    }

    /// <summary>A number of this tensor's element type, on its device.</summary>
    internal Tensor Like(double value) => Full(value, [], Type, Device);

    /// <summary>What all members of all maps have, for one that is a member's.</summary>
    internal Tensor OfAllMembers() => Whole?.OfAllMembers() ?? this;

    /// <summary>A leaf with the same values in the same memory.</summary>
    internal Tensor AsLeaf() => Map is null ? new(Device, Type, Shape, Buffer) : new(Device, Type, Shape, Map, Whole!.AsLeaf());

    /// <summary>Something to stand in a tree for tensors of this type and shape.</summary>
    internal Tensor WithoutMemory() => new(Device, Type, Shape, null!);

    /// <summary>A leaf with the same values in memory of its own.</summary>
    internal Tensor Copy()
    {
        var copy = Allocate(Device, Type, Shape);
        Device.Copy(Buffer, 0, copy.Buffer, 0, copy.Buffer.ByteLength);
        GC.KeepAlive(this);
        return copy;
    }
}
