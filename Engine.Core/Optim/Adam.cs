using Engine.Core.Operations;

namespace Engine.Core.Optim;

/// <summary>
/// Adam (Kingma and Ba, 2015), with a term under the root if wanted, as in Optax:
/// p - rate * m' / (sqrt(v' + epsilonRoot) + epsilon), m' = m / (1 - beta1^t), v' = v / (1 - beta2^t).
/// </summary>
/// <param name="LearningRate">The step size, from 0 up.</param>
/// <param name="Beta1">How much of the average of gradients an update keeps, from 0 to below 1.</param>
/// <param name="Beta2">How much of the average of squared gradients an update keeps, from 0 to below 1.</param>
/// <param name="Epsilon">Added to the root, from 0 up.</param>
/// <param name="EpsilonRoot">
/// Added under the root, from 0 up. Where derivatives go through updates it must be above 0, such as 1e-8: the root's is infinite at v = 0.
/// </param>
/// <param name="DetachDenominator">Whether the denominator is a constant to derivatives.</param>
public sealed record Adam(
    double LearningRate,
    double Beta1 = 0.9,
    double Beta2 = 0.999,
    double Epsilon = 1e-8,
    double EpsilonRoot = 0,
    bool DetachDenominator = false) : Optimiser(LearningRate)
{
    /// <summary>How much of the average of gradients an update keeps.</summary>
    public double Beta1
    {
        get;
        init => field = Option.Kept(value, nameof(Beta1));
    } = Option.Kept(Beta1, nameof(Beta1));

    /// <summary>How much of the average of squared gradients an update keeps.</summary>
    public double Beta2
    {
        get;
        init => field = Option.Kept(value, nameof(Beta2));
    } = Option.Kept(Beta2, nameof(Beta2));

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
    public override int SlotsPerParameter => 2;

    /// <inheritdoc/>
    public override (Tensor[] Parameters, OptimiserState State) Update(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate = null)
    {
        Require(parameters, gradients, state, learningRate);
        int count = parameters.Count;
        var step = state.Step + 1;
        var time = step.Cast(parameters[0].Type);

        // 1 - beta^t = -expm1(t log beta): exact for small t too, and it advances when a program is replayed.
        var bias = (time * LogOf(Beta1)).Expm1();
        var rate = learningRate is null ? bias.Reciprocal() * LearningRate : learningRate / bias;
        var correction = -(time * LogOf(Beta2)).Expm1().Reciprocal();
        var (updated, first, second) = (new Tensor[count], new Tensor[count], new Tensor[count]);
        for (int i = 0; i < count; i++)
        {
            // The rate is negative already: expm1 is.
            var y = new AdamUpdate(Beta1, Beta2, Epsilon, EpsilonRoot, DetachDenominator)
                .ApplyAll(gradients[i], state.Slots[i], state.Slots[count + i], parameters[i], rate, correction);
            (updated[i], first[i], second[i]) = (y[0], y[1], y[2]);
        }

        return (updated, new OptimiserState(step, [.. first, .. second]));
    }

    // Finite for 0, whose powers are 0 just as well.
    private static double LogOf(double beta) => Math.Max(Math.Log(beta), -1000);
}
