using Engine.Core.Operations;

namespace Engine.Core.Optim;

/// <summary>
/// RMSProp (Tieleman and Hinton, 2012): p - rate * g / (sqrt(v + epsilonRoot) + epsilon), with v a moving average of g^2.
/// </summary>
/// <param name="LearningRate">The step size.</param>
/// <param name="Decay">How much of the average an update keeps, from 0 to below 1.</param>
/// <param name="Epsilon">Added to the root, from 0 up.</param>
/// <param name="EpsilonRoot">Added under the root, from 0 up; above 0 where derivatives go through updates, see <see cref="Adam"/>.</param>
/// <param name="DetachDenominator">Whether the denominator is a constant to derivatives.</param>
public sealed record RmsProp(
    LearningRate LearningRate, double Decay = 0.9, double Epsilon = 1e-8, double EpsilonRoot = 0, bool DetachDenominator = false)
    : Optimiser
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
    public override OptimiserState<T> Initial<T>(T parameters)
        => new RmsPropState<T>(NoSteps(parameters), Tree.Map(parameters, Tensor.ZerosLike));

    /// <inheritdoc/>
    public override (T Parameters, OptimiserState<T> State) Update<T>(T parameters, T gradients, OptimiserState<T> state)
    {
        var old = Own<RmsPropState<T>>(state);
        Fitting(parameters, gradients, "gradient");
        Fitting(parameters, old.Second, "second moment");
        var rate = RateOf(LearningRate, old.Step, parameters);
        var second = Tree.Map(old.Second, gradients, (v, g) => new SquareCombination(Decay, 1 - Decay).Apply(v, g));
        var scale = new AdamScale(Epsilon, EpsilonRoot);
        var scaled = Tree.Map(
            gradients,
            second,
            (g, v) => g * scale.Apply(DetachDenominator ? v.StopGradient() : v, Tensor.Ones([], g.Type, g.Device)));
        var updated = Tree.Map(parameters, scaled, (p, u) => Descend(p, u, LearningRate, rate));
        return (updated, new RmsPropState<T>(old.Step + 1, second));
    }
}
