using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>The number of an operand, as a type.</summary>
internal interface IPlace
{
    /// <summary>The number.</summary>
    static abstract int Number { get; }
}

/// <summary>The first operand.</summary>
internal readonly struct FirstPlace : IPlace
{
    public static int Number => 0;
}

/// <summary>The second operand.</summary>
internal readonly struct SecondPlace : IPlace
{
    public static int Number => 1;
}

/// <summary>The third operand.</summary>
internal readonly struct ThirdPlace : IPlace
{
    public static int Number => 2;
}

/// <summary>The fourth operand.</summary>
internal readonly struct FourthPlace : IPlace
{
    public static int Number => 3;
}

/// <summary>
/// A function of what another one gives: the operands of the inner function stand where its result was an operand of the outer one. There
/// are four of them at most.
/// </summary>
/// <typeparam name="TOuter">The outer function.</typeparam>
/// <typeparam name="TInner">The inner one.</typeparam>
/// <typeparam name="TPlace">Which operand of the outer function it gives.</typeparam>
internal readonly struct Composed<TOuter, TInner, TPlace>(TOuter outer, TInner inner) : IArity
    where TOuter : struct, IArity
    where TInner : struct, IArity
    where TPlace : struct, IPlace
{
    public static int Operands => TOuter.Operands + TInner.Operands - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z, V w)
        where V : struct, ILanes<V>
    {
        V given = inner.Invoke(Pick(0, x, y, z, w), Pick(1, x, y, z, w), Pick(2, x, y, z, w), Pick(3, x, y, z, w));
        return outer.Invoke(
            TPlace.Number == 0 ? given : x,
            TPlace.Number == 1 ? given : TPlace.Number > 1 ? y : Pick(TInner.Operands, x, y, z, w),
            TPlace.Number == 2 ? given : TPlace.Number > 2 ? z : Pick(TInner.Operands + 1 - TPlace.Number, x, y, z, w),
            TPlace.Number == 3 ? given : Pick(TInner.Operands + 2 - TPlace.Number, x, y, z, w));
    }

    // The operand so many behind the place; any one where there is none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Pick<V>(int behind, V x, V y, V z, V w)
        where V : struct, ILanes<V>
        => TPlace.Number + behind == 0 ? x : TPlace.Number + behind == 1 ? y : TPlace.Number + behind == 2 ? z : w;
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
