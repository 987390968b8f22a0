namespace Engine.Kernels.Functions;

/// <summary>A function of one number, written for any bundle of lanes.</summary>
public interface IUnary
{
    /// <summary>Applies the function to each lane.</summary>
    V Invoke<V>(V x)
        where V : struct, ILanes<V>;
}

/// <summary>A function of two numbers.</summary>
public interface IBinary
{
    /// <summary>Applies the function to each pair of lanes.</summary>
    V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>;
}

/// <summary>A function of three numbers.</summary>
public interface ITernary
{
    /// <summary>Applies the function to each triple of lanes.</summary>
    V Invoke<V>(V x, V y, V z)
        where V : struct, ILanes<V>;
}

/// <summary>A function of six numbers with four results: how something kept in up to four tensors changes.</summary>
public interface IUpdate
{
    /// <summary>Puts the results in place of the first four.</summary>
    void Invoke<V>(ref V a, ref V b, ref V c, ref V d, V s, V t)
        where V : struct, ILanes<V>;
}

/// <summary>An associative, commutative combination of two numbers, with its neutral element.</summary>
public interface IReducer
{
    /// <summary>The element that leaves the other one unchanged.</summary>
    V Identity<V>()
        where V : struct, ILanes<V>;

    /// <summary>Combines each pair of lanes.</summary>
    V Combine<V>(V x, V y)
        where V : struct, ILanes<V>;
}
