using Engine.Core;

namespace Engine.RL.Meta;

/// <summary>How a meta-parameter in [0, 1] is kept as a number that may be anything.</summary>
public enum Parameterisation
{
    /// <summary>A logit: the value is its sigmoid.</summary>
    Sigmoid,

    /// <summary>The value itself, clamped to [0, 1].</summary>
    Clip,
}

/// <summary>Meta-parameters (eta in the paper): the numbers kept and optimised, and the values they stand for.</summary>
public static class MetaParameters
{
    /// <summary>The number that stands for a value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not inside (0, 1), where it could be learned.</exception>
    public static double Raw(double value, Parameterisation parameterisation)
    {
        if (!(value > 0 && value < 1))
            throw new ArgumentOutOfRangeException(nameof(value), value, $"A meta-parameter can't start at {value}: it must lie between 0 and 1, both excluded.");
        return parameterisation == Parameterisation.Sigmoid ? Math.Log(value / (1 - value)) : value;
    }

    /// <summary>The values that numbers stand for.</summary>
    public static Tensor Values(Tensor raw, Parameterisation parameterisation)
        => parameterisation == Parameterisation.Sigmoid ? raw.Sigmoid() : raw.Clamp(0, 1);

    /// <summary>
    /// What an update has made of the numbers, brought back to where they may be. Clamped values have no derivative beyond their
    /// bounds: a number left there could never return.
    /// </summary>
    public static Tensor Allowed(Tensor raw, Parameterisation parameterisation)
        => parameterisation == Parameterisation.Sigmoid ? raw : raw.Clamp(0, 1);
}
