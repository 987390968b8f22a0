using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

// Functions of what other ones give: the operands of the inner function stand where its result was an operand of the outer one. There are
// four of them at most. A type for each of ten ways: in one method with branches the JIT would stop to inline.

/// <summary>A function whose first operand is given by a function of one operand.</summary>
internal readonly struct FirstOfOne<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(inner.Invoke(x, x, x, x), y, z, w);
}

/// <summary>A function whose first operand is given by a function of two operands.</summary>
internal readonly struct FirstOfTwo<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(inner.Invoke(x, y, y, y), z, w, w);
}

/// <summary>A function whose first operand is given by a function of three operands.</summary>
internal readonly struct FirstOfThree<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands + 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(inner.Invoke(x, y, z, z), w, w, w);
}

/// <summary>A function whose first operand is given by a function of four operands.</summary>
internal readonly struct FirstOfFour<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands + 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(inner.Invoke(x, y, z, w), w, w, w);
}

/// <summary>A function whose second operand is given by a function of one operand.</summary>
internal readonly struct SecondOfOne<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(x, inner.Invoke(y, y, y, y), z, w);
}

/// <summary>A function whose second operand is given by a function of two operands.</summary>
internal readonly struct SecondOfTwo<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(x, inner.Invoke(y, z, z, z), w, w);
}

/// <summary>A function whose second operand is given by a function of three operands.</summary>
internal readonly struct SecondOfThree<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands + 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(x, inner.Invoke(y, z, w, w), x, x);
}

/// <summary>A function whose third operand is given by a function of one operand.</summary>
internal readonly struct ThirdOfOne<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(x, y, inner.Invoke(z, z, z, z), w);
}

/// <summary>A function whose third operand is given by a function of two operands.</summary>
internal readonly struct ThirdOfTwo<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(x, y, inner.Invoke(z, w, w, w), y);
}

/// <summary>A function whose fourth operand is given by a function of one operand.</summary>
internal readonly struct FourthOfOne<TOuter, TInner>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
{
    public static int Operands => TOuter.Operands;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => outer.Invoke(x, y, z, inner.Invoke(w, w, w, w));
}

/// <summary>x: what a copy does to a number.</summary>
internal readonly struct IdentityFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => x;
}
