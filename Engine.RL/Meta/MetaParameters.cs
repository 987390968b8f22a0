using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>How a meta-parameter is kept as a number that may be anything.</summary>
public enum Parameterisation
{
    /// <summary>A logit: the value is its sigmoid. Of what is positive without a bound, the logarithm.</summary>
    Sigmoid,

    /// <summary>The value itself, brought back to its bounds after each update.</summary>
    Clip,
}

/// <summary>A hyper-parameter that can be meta-learned.</summary>
/// <param name="Name">Its name, as in metrics.</param>
/// <param name="Start">The value at the start, inside its bounds.</param>
/// <param name="IsLearned">Whether it is learned, or stays as it starts.</param>
/// <param name="HasUpperBound">Whether it lies between 0 and 1, or is above 0.</param>
public sealed record MetaParameter(string Name, double Start, bool IsLearned = true, bool HasUpperBound = true);

/// <summary>Meta-parameters (eta in the paper): the numbers kept and optimised, in one vector, and the values they stand for.</summary>
public sealed class MetaParameters
{
    private readonly Parameterisation _parameterisation;

    /// <summary>Describes meta-parameters.</summary>
    /// <param name="parameters">The parameters, in order.</param>
    /// <param name="parameterisation">How they are kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">One starts outside its bounds, or on them, where it could not be learned.</exception>
    public MetaParameters(IReadOnlyList<MetaParameter> parameters, Parameterisation parameterisation)
    {
        (All, _parameterisation) = (parameters, parameterisation);
        foreach (var parameter in parameters)
        {
            if (!(parameter.Start > 0 && parameter.Start < (parameter.HasUpperBound ? 1 : double.PositiveInfinity)))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(parameters),
                    parameter.Start,
                    $"{parameter.Name} can't start at {parameter.Start}: it must be "
                    + (parameter.HasUpperBound ? "between 0 and 1, both excluded." : "finite and above 0."));
            }
        }
    }

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<MetaParameter> All { get; }

    /// <summary>The numbers that stand for the values at the start, [count].</summary>
    public Tensor Initial(ElementType type, Device device)
        => Tensor.From([.. All.Select(parameter => Unconstrain(parameter.Start, parameter.HasUpperBound))], [All.Count], type, device);

    /// <summary>The values that numbers stand for.</summary>
    /// <param name="eta">[count].</param>
    public Tensor Constrain(Tensor eta) => _parameterisation switch
    {
        Parameterisation.Sigmoid => ByBound(eta, bounded => bounded.Sigmoid(), positive => positive.Exp()),
        _ => Project(eta),
    };

    /// <summary>
    /// What an update has made of the numbers, brought back to where they may be. Clamped values have no derivative beyond their bounds: a
    /// number left there could never return.
    /// </summary>
    public Tensor Project(Tensor eta) => _parameterisation switch
    {
        Parameterisation.Sigmoid => eta,
        _ => ByBound(eta, bounded => bounded.Clamp(0, 1), positive => Tensor.Maximum(positive, 0)),
    };

    /// <summary>The numbers of those that are learned, one at least, [learned].</summary>
    /// <param name="eta">[count].</param>
    public Tensor Learned(Tensor eta)
        => All.All(parameter => parameter.IsLearned) ? eta : Tensor.Concatenate(0, [.. Numbers(eta).Where((_, i) => All[i].IsLearned)]);

    /// <summary>All numbers, with others for those that are learned: what is carried forward in these alone costs less.</summary>
    /// <param name="eta">[count].</param>
    /// <param name="learned">[learned].</param>
    public Tensor With(Tensor eta, Tensor learned)
    {
        if (All.All(parameter => parameter.IsLearned))
            return learned;
        var others = new Queue<Tensor>(Numbers(learned));
        return Tensor.Concatenate(0, [.. Numbers(eta).Select((number, i) => All[i].IsLearned ? others.Dequeue() : number)]);
    }

    /// <summary>A gradient with zeros for the parameters that are not learned.</summary>
    public Tensor OfLearned(Tensor gradient)
        => All.All(parameter => parameter.IsLearned)
            ? gradient
            : Tensor.Where(Mask(parameter => parameter.IsLearned, gradient), gradient, 0);

    private static IEnumerable<Tensor> Numbers(Tensor eta) => Enumerable.Range(0, eta.Count).Select(i => eta[i..(i + 1)]);

    private double Unconstrain(double value, bool hasUpperBound)
        => _parameterisation == Parameterisation.Clip ? value : hasUpperBound ? Math.Log(value / (1 - value)) : Math.Log(value);

    // What a function does not apply to is kept from it: beyond its range, a derivative of 0 times infinity would be NaN.
    private Tensor ByBound(Tensor eta, Func<Tensor, Tensor> bounded, Func<Tensor, Tensor> positive)
    {
        if (All.All(parameter => parameter.HasUpperBound))
            return bounded(eta);
        var hasBound = Mask(parameter => parameter.HasUpperBound, eta);
        return Tensor.Where(hasBound, bounded(eta), positive(Tensor.Where(hasBound, 0, eta)));
    }

    private Tensor Mask(Func<MetaParameter, bool> isOne, Tensor like)
        => Tensor.From([.. All.Select(parameter => isOne(parameter) ? 1.0 : 0)], [All.Count], like.Type, like.Device);
}
