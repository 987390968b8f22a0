using System.Globalization;
using Engine.Core;
using Engine.Core.Optim;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>Another inner optimiser than learners have, to see what of their meta-gradients is due to theirs.</summary>
/// <param name="Name">What it is called, see <see cref="Parse"/>.</param>
public sealed record InnerVariant(string Name)
{
    private const string OwnName = "own", SgdName = "sgd", WithoutMomentum = "no-momentum", Detached = "detached";
    private const string Root = "root-", SgdAt = SgdName + "-";

    /// <summary>Learners' own.</summary>
    public static InnerVariant Own { get; } = new(OwnName);

    // The term under the root, or the step size.
    private double? Number { get; init; }

    /// <summary>That of a name.</summary>
    /// <param name="name">
    /// "own"; "sgd" with the same step size, or "sgd-0.01" with another; or theirs changed in one way: "no-momentum" is Adam with
    /// beta1 = 0, "detached" Adam or RMSProp with a denominator that is a constant to meta-gradients, and "root-1e-12" has that term under
    /// the root.
    /// </param>
    /// <exception cref="ArgumentException">The name is none of a variant.</exception>
    public static InnerVariant Parse(string name)
    {
        if (name is OwnName or SgdName or WithoutMomentum or Detached)
            return new(name);
        string? prefix = Array.Find([Root, SgdAt], prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        return prefix is not null
            && double.TryParse(name.AsSpan(prefix.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number >= 0 && double.IsFinite(number)
            ? new(name) { Number = number }
            : throw new ArgumentException(
                $"Variant '{name}' is unknown: write own, sgd, sgd-0.01 for another step size, no-momentum, detached, or root-1e-12 for a "
                + "term under the root.");
    }

    private bool IsSgd => Name.StartsWith(SgdName, StringComparison.Ordinal);

    /// <summary>The same learner with this optimiser; another kind of optimiser begins anew, at the number of updates made.</summary>
    /// <exception cref="ArgumentException">The learner's optimiser has nothing that could be changed so.</exception>
    internal MetaPoint<TParameters, TState, TRollout> Of<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point)
    {
        if (Name == OwnName)
            return point;
        var varied = point with { Problem = eta => new Varied<TParameters, TState, TRollout>(point.Problem(eta), Of) };
        return IsSgd ? varied.Restarted() : varied;
    }

    /// <summary>Whether updates by it have a symmetric Jacobian.</summary>
    /// <param name="own">The learners' own.</param>
    internal bool IsSymmetric(Optimiser own) => Core(Name == OwnName ? own : Of(own)) is Sgd;

    /// <summary>This optimiser in place of another.</summary>
    internal Optimiser Of(Optimiser own) => (Name, own) switch
    {
        (OwnName, _) => own,
        (_, Flatten flat) => flat with { Inner = Of(flat.Inner) },
        (_, Chain chain) => chain with { Rest = Of(chain.Rest) },
        (_, Adam adam) when IsSgd => new Sgd(Number ?? adam.LearningRate),
        (_, RmsProp rmsProp) when IsSgd => new Sgd(Number ?? rmsProp.LearningRate),
        (_, Sgd sgd) when IsSgd => new Sgd(Number ?? sgd.LearningRate),
        (WithoutMomentum, Adam adam) => adam with { Beta1 = 0 },
        (Detached, Adam adam) => adam with { DetachDenominator = true },
        (Detached, RmsProp rmsProp) => rmsProp with { DetachDenominator = true },
        (not WithoutMomentum, Adam adam) => adam with { EpsilonRoot = Number!.Value },
        (not WithoutMomentum, RmsProp rmsProp) => rmsProp with { EpsilonRoot = Number!.Value },
        _ => throw new ArgumentException(
            $"Variant '{Name}' changes {(Name == WithoutMomentum ? "Adam" : "Adam or RMSProp")}, but what is studied learns by "
            + $"{own.GetType().Name}: leave it out."),
    };

    private static Optimiser Core(Optimiser optimiser) => optimiser switch
    {
        Flatten flat => Core(flat.Inner),
        Chain chain => Core(chain.Rest),
        _ => optimiser,
    };

    private sealed class Varied<TParameters, TState, TRollout>(
        IMetaProblem<TParameters, TState, TRollout> own, Func<Optimiser, Optimiser> vary) : IMetaProblem<TParameters, TState, TRollout>
    {
        public Optimiser Optimiser => vary(own.Optimiser);

        public (TRollout Rollout, TState Next) Sample(TParameters parameters, TState state, Key key) => own.Sample(parameters, state, key);

        public RolloutLosses Losses(TParameters parameters, TRollout rollout) => own.Losses(parameters, rollout);
    }
}
