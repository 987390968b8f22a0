namespace Engine.Kernels;

/// <summary>What a tensor's elements are.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>IEEE 754 binary64.</summary>
    Float64,

    /// <summary>32-bit two's complement integer: indices, actions, counters.</summary>
    Int32,
}

/// <summary>Facts about element types.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type == ElementType.Float64 ? 8 : 4;

    /// <summary>Whether elements are floating-point numbers, and so have derivatives.</summary>
    public static bool IsFloat(this ElementType type) => type != ElementType.Int32;

    /// <summary>The element type of the C# type <typeparamref name="T"/>.</summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not float, double or int.</exception>
    public static ElementType Of<T>()
        where T : unmanaged
        => typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(double) ? ElementType.Float64
            : typeof(T) == typeof(int) ? ElementType.Int32
            : throw new ArgumentException($"{typeof(T).Name} is no element type: use float, double or int.");
}
