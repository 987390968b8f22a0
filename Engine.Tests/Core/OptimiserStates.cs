using Engine.Core;
using Engine.Core.Optim;

namespace Engine.Tests.Core;

/// <summary>States and step sizes of any optimiser.</summary>
internal static class OptimiserStates
{
    /// <summary>A state from its count of updates and its averages, in order.</summary>
    public static OptimiserState<T> State<T>(this Optimiser optimiser, T parameters, Tensor step, params Tensor[] averages)
        => Tree.With(optimiser.Initial(parameters), [step, .. averages]);

    /// <summary>All averages that a state has.</summary>
    public static Tensor[] Averages<T>(this OptimiserState<T> state) => Tree.Leaves(state)[1..];

    /// <summary>The optimiser with another step size.</summary>
    public static Optimiser At(this Optimiser optimiser, LearningRate rate) => optimiser switch
    {
        Sgd sgd => sgd with { LearningRate = rate },
        RmsProp rmsProp => rmsProp with { LearningRate = rate },
        Adam adam => adam with { LearningRate = rate },
        Chain chain => chain with { Rest = chain.Rest.At(rate) },
        _ => throw new ArgumentOutOfRangeException(nameof(optimiser)),
    };
}
