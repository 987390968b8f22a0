using Engine.Core.Operations;

namespace Engine.Core.Optim;

/// <summary>
/// Adam (Kingma and Ba, 2015), with a term under the root if wanted, as in Optax:
/// p - rate * m' / (sqrt(v' + epsilonRoot) + epsilon), m' = m / (1 - beta1^t), v' = v / (1 - beta2^t).
/// </summary>
/// <param name="LearningRate">The step size.</param>
/// <param name="Beta1">How much of the average of gradients an update keeps, from 0 to below 1.</param>
/// <param name="Beta2">How much of the average of squared gradients an update keeps, from 0 to below 1.</param>
/// <param name="Epsilon">Added to the root, from 0 up.</param>
/// <param name="EpsilonRoot">
/// Added under the root, from 0 up. Where derivatives go through updates it must be above 0, such as 1e-8: the root's is infinite at v = 0.
/// </param>
/// <param name="DetachDenominator">Whether the denominator is a constant to derivatives.</param>
public sealed record Adam(
    LearningRate LearningRate,
    double Beta1 = 0.9,
    double Beta2 = 0.999,
    double Epsilon = 1e-8,
    double EpsilonRoot = 0,
    bool DetachDenominator = false) : Optimiser
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
    public override OptimiserState<T> Initial<T>(T parameters)
        => new AdamState<T>(
            NoSteps(parameters), Tree.Map(parameters, Tensor.ZerosLike), Tree.Map(parameters, Tensor.ZerosLike));

    /// <inheritdoc/>
    public override (T Parameters, OptimiserState<T> State) Update<T>(T parameters, T gradients, OptimiserState<T> state)
    {
        var old = Own<AdamState<T>>(state);
        var leaves = Tree.Leaves(parameters);
        var slopes = Fitting(parameters, gradients, "gradient");
        var (first, second) = (Fitting(parameters, old.First, "first moment"), Fitting(parameters, old.Second, "second moment"));
        var given = RateOf(LearningRate, old.Step, parameters);
        var step = old.Step + 1;
        var time = step.Cast(leaves[0].Type);

        // 1 - beta^t = -expm1(t log beta): exact for small t too, and it advances when a program is replayed. The rate is negative
        // already: expm1 is.
        var bias = (time * LogOf(Beta1)).Expm1();
        var rate = given is null ? bias.Reciprocal() * LearningRate.Number : given / bias;
        var correction = -(time * LogOf(Beta2)).Expm1().Reciprocal();
        var update = new AdamUpdate(Beta1, Beta2, Epsilon, EpsilonRoot, DetachDenominator);
        Tensor[][] y = [.. leaves.Select((p, i) => update.ApplyAll(slopes[i], first[i], second[i], p, rate, correction))];
        return (With(0), new AdamState<T>(step, With(1), With(2)));

        T With(int result) => Tree.With(parameters, [.. y.Select(results => results[result])]);
    }

    // Finite for 0, whose powers are 0 just as well.
    private static double LogOf(double beta) => Math.Max(Math.Log(beta), -1000);
}
