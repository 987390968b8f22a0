using System.Globalization;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>
/// An estimator of the meta-gradient; most are weighted sums of the terms of one inner loop, see <see cref="MetaGradientTerms"/>.
/// </summary>
/// <param name="Kind">Which kind it is of.</param>
/// <param name="Steps">Inner steps n, or N of back-N.</param>
/// <param name="Factor">
/// The discount kappa of a mix, the factor mu of a trace and of a mix of traces, or the decay d of looking back; 1 for those that have
/// none.
/// </param>
/// <param name="IsUsual">Whether that is what the method of this kind has where nothing else is said.</param>
/// <param name="Kappa">The discount of a mix of traces; 0 for all others.</param>
public sealed record Estimator(MetaGradientKind Kind, int Steps, double Factor, bool IsUsual, double Kappa = 0)
{
    /// <summary>The name of the method, with the factor in brackets where it is not the usual one: 5-mix(0.5).</summary>
    public string Name
        => Method.Name + (IsUsual ? "" : string.Create(CultureInfo.InvariantCulture, $"({Factor:0.####})"));

    /// <summary>Rollouts that an estimate takes, that of the update included which is kept: looking back does with that one.</summary>
    public int Rollouts => Method.Rollouts();

    /// <summary>The method, but for its factor.</summary>
    public MetaGradientMethod Method => new(Kind, Steps);

    /// <summary>Whether it is a sum of the terms of exact derivatives or traces; else it takes a loop of its own.</summary>
    public bool IsSum => Kind is not (MetaGradientKind.Reused or MetaGradientKind.BackTrace);

    /// <summary>Estimates meta-gradients, if it is a sum of terms.</summary>
    /// <param name="terms">The terms of replicates, of exact derivatives and of traces.</param>
    /// <param name="estimates">[replicates, count], row by row: what is there is written over.</param>
    public void Estimate(TermSamples terms, Span<float> estimates)
    {
        var weights = Weights(terms.Most).ToArray();
        bool isTrace = Method.IsTrace;
        for (int replicate = 0; replicate < terms.Replicates; replicate++)
        {
            for (int c = 0; c < terms.Count; c++)
            {
                double sum = 0;
                foreach (var (steps, distance, weight) in weights)
                    sum += weight * terms.Of(isTrace, replicate, steps, distance, c);
                estimates[(replicate * terms.Count) + c] = (float)sum;
            }
        }
    }

    // What weighs nothing is left out: it need not be finite. A distance of 0 stands for the sum over all.
    private IEnumerable<(int Steps, int Distance, double Weight)> Weights(int most) => Kind switch
    {
        MetaGradientKind.Classic => [(Steps, 0, 1)],
        MetaGradientKind.Mixed => Mixing.Weights(Steps, Factor).Select((weight, i) => (i + 1, 0, weight)).Where(x => x.weight != 0),
        MetaGradientKind.Trace => Powers(Steps),
        MetaGradientKind.TraceMixed => Mixing.Weights(Steps, Kappa).SelectMany(
            (weight, i) => Powers(i + 1).Select(x => (x.Steps, x.Distance, weight * x.Weight))).Where(x => x.Item3 != 0),
        MetaGradientKind.Back => Powers(most),
        _ => throw new InvalidOperationException($"{Name} is no sum of the terms of one loop."),
    };

    private IEnumerable<(int Steps, int Distance, double Weight)> Powers(int steps)
        => Enumerable.Range(1, steps).Select(i => (steps, i, Math.Pow(Factor, i - 1))).Where(x => x.Item3 != 0);
}

/// <summary>The terms of meta-gradients after 1, ..., n inner updates, in several replicates.</summary>
/// <param name="Exact">[replicates, n (n + 1) / 2, count]: the term of one update, the two of two, and so on.</param>
/// <param name="Trace">The same of accumulative traces, undecayed.</param>
/// <param name="Sums">[replicates, n, count]: the sums of exact terms.</param>
/// <param name="Most">n.</param>
/// <param name="Count">The number of meta-parameters.</param>
public sealed record TermSamples(ReadOnlyMemory<float> Exact, ReadOnlyMemory<float> Trace, ReadOnlyMemory<float> Sums, int Most, int Count)
{
    /// <summary>The number of replicates.</summary>
    public int Replicates => Sums.Length / Most / Count;

    /// <summary>The terms of one replicate for all numbers of updates.</summary>
    public static int Terms(int most) => most * (most + 1) / 2;

    /// <summary>A term, or, at a distance of 0, their sum.</summary>
    public float Of(bool isTrace, int replicate, int steps, int distance, int component)
    {
        if (distance == 0)
            return Sums.Span[(((replicate * Most) + steps - 1) * Count) + component];
        int term = (replicate * Terms(Most)) + Terms(steps - 1) + distance - 1;
        return (isTrace ? Trace : Exact).Span[(term * Count) + component];
    }
}
