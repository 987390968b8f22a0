using System.Globalization;
using Engine.Core;

namespace Engine.RL.Meta;

/// <summary>Which meta-gradient is taken of an inner loop.</summary>
public enum MetaGradientKind
{
    /// <summary>That of the last point: the n-step meta-gradient.</summary>
    Classic,

    /// <summary>The mix of those of all points.</summary>
    Mixed,

    /// <summary>That of the last point by accumulative trace.</summary>
    Trace,

    /// <summary>The mix of those of all points by accumulative trace.</summary>
    TraceMixed,

    /// <summary>That of the last point of a loop with one rollout beside the update's: see <see cref="UnrollOptions.Reuse"/>.</summary>
    Reused,

    /// <summary>That along the updates made, with no inner loop: see <see cref="LookBack"/>.</summary>
    Back,

    /// <summary>The same without second derivatives in the parameters: the accumulative trace of Xu et al. (2018).</summary>
    BackTrace,

    /// <summary>That of the distance to where the learner comes to: see <see cref="BootstrappedTarget"/>.</summary>
    Bootstrapped,
}

/// <summary>
/// A way of estimating meta-gradients, as the command line names it: "5", "5-mix", "trace-5", "trace-5-mix", "reuse-5", "back-5",
/// "back-trace-5" or "bmg-5"; "0" keeps meta-parameters fixed.
/// </summary>
/// <param name="Kind">Which meta-gradient is taken.</param>
/// <param name="Steps">
/// The number n of inner updates looked ahead; of kept ones looked back on, roughly; of steps from the first one to a bootstrapped target.
/// </param>
public sealed record MetaGradientMethod(MetaGradientKind Kind, int Steps)
{
    /// <summary>How methods that look ahead are written, for help and errors.</summary>
    internal const string LookingAhead
        = "n steps as 5, a mix as 5-mix, traces as trace-5 and trace-5-mix, reuse-5 for steps on one more rollout, bmg-5 for a "
        + "bootstrapped target";

    /// <summary>How all methods are written.</summary>
    internal const string AllForms = LookingAhead + ", back-5 and back-trace-5 to look back";

    // What stands before and after the number of steps; where two would do, the first one counts.
    private static readonly (MetaGradientKind Kind, string Before, string After)[] s_forms =
    [
        (MetaGradientKind.TraceMixed, "trace-", "-mix"),
        (MetaGradientKind.Trace, "trace-", ""),
        (MetaGradientKind.Mixed, "", "-mix"),
        (MetaGradientKind.Reused, "reuse-", ""),
        (MetaGradientKind.BackTrace, "back-trace-", ""),
        (MetaGradientKind.Back, "back-", ""),
        (MetaGradientKind.Bootstrapped, "bmg-", ""),
        (MetaGradientKind.Classic, "", ""),
    ];

    /// <summary>The name.</summary>
    public string Name
    {
        get
        {
            var (_, before, after) = Array.Find(s_forms, form => form.Kind == Kind);
            return string.Create(CultureInfo.InvariantCulture, $"{before}{Steps}{after}");
        }
    }

    /// <summary>Whether it is a mix of the meta-gradients of all points.</summary>
    public bool IsMixed => Kind is MetaGradientKind.Mixed or MetaGradientKind.TraceMixed;

    /// <summary>Whether gradients of the inner loss depend on the parameters, see <see cref="UnrollOptions.Hessian"/>.</summary>
    public bool HasHessian => Kind != MetaGradientKind.BackTrace;

    /// <summary>Whether products of derivatives are replaced by powers of a factor.</summary>
    public bool IsTrace => Kind is MetaGradientKind.Trace or MetaGradientKind.TraceMixed;

    /// <summary>How long an update takes, roughly, beside one that looks no step ahead.</summary>
    public double RelativeCost => 1 + (LooksBack ? 2 : 1.7 * Steps);

    /// <summary>Whether it looks back on updates made, rather than ahead.</summary>
    public bool LooksBack => Kind is MetaGradientKind.Back or MetaGradientKind.BackTrace;

    /// <summary>Inner updates that are made and thrown away.</summary>
    public int Ahead => LooksBack ? 0 : Steps;

    /// <summary>Rollouts that are played for an update, that which is kept included.</summary>
    /// <param name="freshValidation">Whether each point is evaluated by a rollout of its own.</param>
    public int Rollouts(bool freshValidation = false) => (Steps, Kind) switch
    {
        (0, _) => 1,
        (_, MetaGradientKind.Reused) => 2,
        (_, MetaGradientKind.Back or MetaGradientKind.BackTrace) => freshValidation ? 2 : 1,
        _ => freshValidation ? 2 * Steps : 1 + Steps,
    };

    /// <summary>What is left of a derivative after an update, if it looks back: 1 - 1/N.</summary>
    public double Decay => 1 - (1.0 / Steps);

    /// <summary>The loop it is taken of, by kind and length: methods that have it in common may learn as one batch.</summary>
    public (MetaGradientKind Kind, int Steps) Loop => (
        Kind switch
        {
            MetaGradientKind.Mixed => MetaGradientKind.Classic,
            MetaGradientKind.TraceMixed => MetaGradientKind.Trace,
            _ => Kind,
        },
        Steps);

    /// <summary>The most inner steps: each is a part of the program that takes the meta-gradient.</summary>
    public const int MostSteps = 1000;

    /// <summary>The method of a name.</summary>
    /// <exception cref="ArgumentException">The name is none of a method.</exception>
    public static MetaGradientMethod Parse(string name)
    {
        var (kind, before, after) = Array.Find(
            s_forms,
            form => name.StartsWith(form.Before, StringComparison.Ordinal) && name.EndsWith(form.After, StringComparison.Ordinal)
                && name.Length >= form.Before.Length + form.After.Length);
        bool isNumber = int.TryParse(
            name.AsSpan()[before.Length..^after.Length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int steps);
        var method = new MetaGradientMethod(kind, steps);

        // Each method has one name: rows of metrics are told apart by it.
        if (!isNumber || method.Name != name)
        {
            throw new ArgumentException($"Method '{name}' is unknown: write {AllForms}.");
        }

        int least = kind == MetaGradientKind.Classic ? 0 : 1;
        string? range = steps < least ? $"at least {least}" : steps > MostSteps ? $"at most {MostSteps}" : null;
        return range is null
            ? method
            : throw new ArgumentException($"Method '{name}': the number of inner steps is {steps}, but must be {range}.");
    }

    /// <summary>Throws if a setting is no list of methods.</summary>
    /// <param name="name">The setting's name.</param>
    /// <param name="methods">Names of methods.</param>
    /// <param name="least">The least number of inner steps.</param>
    /// <exception cref="ArgumentException">It is empty, or a name is none of a method, or stands twice.</exception>
    /// <param name="mayLookBack">Whether there are updates made to look back on.</param>
    internal static void RequireMethods(string name, IReadOnlyList<string> methods, int least, bool mayLookBack = false)
    {
        Setting.Require(methods.Count > 0, name, "empty", "a list such as 1,3,3-mix");
        Setting.RequireOnce(name, methods);
        foreach (string method in methods)
        {
            var parsed = Parse(method);
            Setting.Require(parsed.Steps >= least, name, method, "one that looks a step ahead");
            Setting.Require(mayLookBack || !parsed.LooksBack, name, method, "one that looks ahead: only training can look back");
        }
    }

    /// <summary>The outer losses along the inner loop that it is taken of, see <see cref="Of"/>, and the loop's first point.</summary>
    /// <param name="problem">The problem, with the meta-parameters.</param>
    /// <param name="start">theta_t and what belongs to it.</param>
    /// <param name="key">What rollouts draw from.</param>
    /// <param name="options">How the loop is unrolled.</param>
    public (Tensor[] OuterLosses, InnerPoint<TParameters, TState, TRollout> First) Unroll<TParameters, TState, TRollout>(
        IMetaProblem<TParameters, TState, TRollout> problem, InnerState<TParameters, TState> start, Key key, UnrollOptions options)
    {
        if (Kind == MetaGradientKind.Bootstrapped)
            return BootstrappedTarget.Distances(problem, start, key, Steps);
        var points = InnerLoop.Unroll(problem, start, key, Steps, options with { Reuse = Kind == MetaGradientKind.Reused });
        return ([.. points.Select(point => point.OuterLoss)], points[0]);
    }

    /// <summary>What this method makes of the outer losses along an inner loop, or of their gradients.</summary>
    /// <param name="points">One tensor for each point after 1, 2, ... updates, at least <see cref="Steps"/>.</param>
    /// <param name="kappa">The discount of a mix; null for the default.</param>
    /// <exception cref="ArgumentException">The loop is too short, or this is "0", which has no meta-gradient.</exception>
    public Tensor Of(IReadOnlyList<Tensor> points, double? kappa = null)
    {
        if (Ahead < 1)
            throw new ArgumentException($"Method '{Name}' looks no step ahead: it has no meta-gradient of an inner loop.");
        if (points.Count < Steps)
            throw new ArgumentException($"Method '{Name}' needs {Steps} points, but there are {points.Count}.", nameof(points));
        return IsMixed
            ? Mixing.Mix([.. points.Take(Steps)], kappa ?? Mixing.DefaultKappa(Steps))
            : points[Steps - 1];
    }

    /// <summary>The weights of the points after 1, 2, ... updates, of which <see cref="Of"/> is the sum.</summary>
    /// <param name="kappa">The discount of a mix; null for the default.</param>
    public double[] Weights(double? kappa = null)
        => IsMixed
            ? Mixing.Weights(Steps, kappa ?? Mixing.DefaultKappa(Steps))
            : [.. Enumerable.Range(1, Steps).Select(i => i == Steps ? 1.0 : 0)];

    /// <summary>
    /// The outer losses of several methods. One inner loop as long as the longest serves all exact ones, another one all traces.
    /// </summary>
    /// <param name="methods">The methods, none of which looks back.</param>
    /// <param name="unroll">Makes the outer losses along the loop of a method.</param>
    /// <param name="kappa">The discount of mixes; null for the default.</param>
    public static Tensor[] Losses(
        IReadOnlyList<MetaGradientMethod> methods, Func<MetaGradientMethod, IReadOnlyList<Tensor>> unroll, double? kappa)
    {
        var loops = methods.GroupBy(method => method.Loop.Kind)
            .ToDictionary(group => group.Key, group => unroll(group.MaxBy(method => method.Steps)!));
        return [.. methods.Select(method => method.Of(loops[method.Loop.Kind], kappa))];
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
