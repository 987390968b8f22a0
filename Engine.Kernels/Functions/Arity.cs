using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>
/// One shape for functions of one to four numbers. Kernels neither load nor move the operands that a function lacks.
/// </summary>
internal interface IArity
{
    /// <summary>The number of operands.</summary>
    static abstract int Operands { get; }

    /// <summary>Applies the function to as many of the four as it takes.</summary>
    V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>;
}

/// <summary>A function of one number.</summary>
internal readonly struct OfUnary<TFunction>(TFunction function) : IArity
    where TFunction : struct, IUnary
{
    public static int Operands => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => function.Invoke(x);
}

/// <summary>A function of two numbers.</summary>
internal readonly struct OfBinary<TFunction>(TFunction function) : IArity
    where TFunction : struct, IBinary
{
    public static int Operands => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => function.Invoke(x, y);
}

/// <summary>A function of three numbers.</summary>
internal readonly struct OfTernary<TFunction>(TFunction function) : IArity
    where TFunction : struct, ITernary
{
    public static int Operands => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => function.Invoke(x, y, z);
}
