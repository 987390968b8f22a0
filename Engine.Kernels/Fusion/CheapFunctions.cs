using Engine.Kernels.Functions;

namespace Engine.Kernels.Fusion;

/// <summary>Functions of an instruction or two.</summary>
internal static class CheapFunctions
{
    private static readonly HashSet<Type> s_all =
    [
        typeof(OfUnary<IdentityFunction>), typeof(OfUnary<NegateFunction>), typeof(OfUnary<AffineFunction>),
        typeof(OfUnary<SquareFunction>), typeof(OfUnary<ReluFunction>), typeof(OfUnary<AbsFunction>), typeof(OfBinary<AddFunction>),
        typeof(OfBinary<SubtractFunction>), typeof(OfBinary<MultiplyFunction>), typeof(OfBinary<ScaledProductFunction>),
        typeof(OfBinary<LinearCombinationFunction>), typeof(OfBinary<GateFunction>), typeof(OfBinary<MaximumFunction>),
        typeof(OfBinary<MinimumFunction>), typeof(OfBinary<GreaterFunction>), typeof(OfBinary<EqualFunction>),
        typeof(OfTernary<WhereFunction>), typeof(OfTernary<MultiplyAddFunction>),
    ];

    /// <summary>Whether a function is one of them.</summary>
    public static bool Contain(Type function) => s_all.Contains(function);
}
