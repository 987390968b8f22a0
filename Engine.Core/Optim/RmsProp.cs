using Engine.Core.Operations;

namespace Engine.Core.Optim;

/// <summary>
/// RMSProp (Tieleman and Hinton, 2012): p - rate * g / (sqrt(v + epsilonRoot) + epsilon), with v a moving average of g^2.
/// </summary>
/// <param name="LearningRate">The step size, from 0 up.</param>
/// <param name="Decay">How much of the average an update keeps, from 0 to below 1.</param>
/// <param name="Epsilon">Added to the root, from 0 up.</param>
/// <param name="EpsilonRoot">Added under the root, from 0 up; above 0 where derivatives go through updates, see <see cref="Adam"/>.</param>
public sealed record RmsProp(double LearningRate, double Decay = 0.9, double Epsilon = 1e-8, double EpsilonRoot = 0)
    : Optimiser(LearningRate)
{
    /// <summary>How much of the average an update keeps.</summary>
    public double Decay
    {
        get;
        init => field = Option.Kept(value, nameof(Decay));
    } = Option.Kept(Decay, nameof(Decay));

    /// <summary>Added to the root.</summary>
    public double Epsilon
    {
        get;
        init => field = Option.NotNegative(value, nameof(Epsilon));
    } = Option.NotNegative(Epsilon, nameof(Epsilon));

    /// <summary>Added under the root.</summary>
    public double EpsilonRoot
    {
        get;
        init => field = Option.NotNegative(value, nameof(EpsilonRoot));
    } = Option.NotNegative(EpsilonRoot, nameof(EpsilonRoot));

    /// <inheritdoc/>
    public override int SlotsPerParameter => 1;

    /// <inheritdoc/>
    public override (Tensor[] Parameters, OptimiserState State) Update(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate = null)
    {
        Require(parameters, gradients, state, learningRate);
        var updated = new Tensor[parameters.Count];
        var squares = new Tensor[parameters.Count];
        for (int i = 0; i < updated.Length; i++)
        {
            squares[i] = new SquareCombination(Decay, 1 - Decay).Apply(state.Slots[i], gradients[i]);
            var one = Tensor.Ones([], gradients[i].Type, gradients[i].Device);
            updated[i] = Descend(parameters[i], gradients[i] * new AdamScale(Epsilon, EpsilonRoot).Apply(squares[i], one), learningRate);
        }

        return (updated, new OptimiserState(state.Step + 1, squares));
    }
}
