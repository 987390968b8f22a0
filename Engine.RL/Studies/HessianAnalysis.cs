using Engine.Core;
using Engine.RL.Experiments;
using Engine.RL.Statistics;

namespace Engine.RL.Studies;

/// <summary>
/// Where the variance of multi-step meta-gradients comes from (section 4.1 and appendix D of the paper), at points along training: the
/// terms of equation 11, what products of the updates' Jacobians make of them, their spectrum, and the rollouts that they are drawn from.
/// </summary>
/// <param name="settings">What to take apart.</param>
/// <param name="study">What learns.</param>
public sealed class HessianAnalysis(HessianSettings settings, Study study)
{
    // Replicates of each seed from one chance to stop to the next.
    private const int Portion = 128;

    // Jacobians of all that an update changes are written out up to this size.
    private const int LargestDense = 1000;

    private ExperimentSnapshot? _start;

    /// <summary>
    /// Columns of a row, after method, seed and iteration. The method is the inner optimiser and one of <see cref="Quantity"/>, as
    /// own/term-std; the place is a number of steps i, or the rank of an eigenvalue.
    /// </summary>
    public static IReadOnlyList<string> Columns { get; } = ["at", "value"];

    /// <summary>The inner optimisers.</summary>
    public IReadOnlyList<InnerVariant> Variants { get; } = [.. settings.Variants.Select(InnerVariant.Parse)];

    /// <summary>The numbers of inner steps of which meta-gradients are looked at, the largest one last.</summary>
    public IReadOnlyList<int> Numbers { get; }
        = [.. ((int[])[1, 2, 3, 5, 10, 20, 50]).Where(steps => steps < settings.Steps).Append(settings.Steps)];

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    public void Resume(ExperimentSnapshot snapshot) => _start = snapshot;

    /// <summary>Makes sure that what is studied can have the inner optimisers.</summary>
    /// <exception cref="ArgumentException">It can't.</exception>
    public void Validate()
    {
        using var scope = new TensorScope();
        foreach (var variant in Variants)
            variant.Of(study.Optimiser);
    }

    /// <summary>Takes meta-gradients apart.</summary>
    /// <returns>All rows, point by point, seed by seed.</returns>
    /// <exception cref="ArgumentException">What is studied can't have one of the inner optimisers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        Validate();
        var anatomies = Variants.Select(variant => study.Prepare(new LoopAnatomist(Numbers), variant)).ToArray();
        var jacobians = Variants.Select(variant => new StudiedJacobian(study, variant)).ToArray();
        using var sources = study.Prepare(new CrossedRollouts(Numbers));
        try
        {
            return study.Run(pause => Rows(anatomies, jacobians, sources, pause), _start, observer, cancel);
        }
        finally
        {
            foreach (IDisposable each in (IDisposable[])[.. anatomies, .. jacobians])
                each.Dispose();
        }
    }

    private IEnumerable<MetricRow> Rows(
        StudyProgram<Key, LoopAnatomy>[] anatomies,
        StudiedJacobian[] jacobians,
        StudyProgram<(Key Key, Key Validation), Tensor> sources,
        Action pause)
    {
        for (int number = 0; number < Variants.Count; number++)
        {
            foreach (var row in Anatomy(anatomies[number], pause).Concat(Spectra(jacobians[number], pause)))
                yield return row with { Method = $"{Variants[number].Name}/{row.Method}" };
        }

        foreach (var row in Sources(sources, pause))
            yield return row with { Method = $"{InnerVariant.Own.Name}/{row.Method}" };
    }

    private IEnumerable<MetricRow> Anatomy(StudyProgram<Key, LoopAnatomy> program, Action pause)
    {
        List<LoopAnatomy> portions = [];
        using var scope = new TensorScope();
        for (int done = 0; done < settings.Replicates; done += Portion)
        {
            pause();
            portions.Add(program.Run(study.Keys(1 + done, Math.Min(Portion, settings.Replicates - done))));
        }

        foreach (var (at, seed) in study.Seeds.Index())
        {
            double[][][] terms = Vectors(of => of.Terms), gradients = Vectors(of => of.Gradients), traces = Vectors(of => of.Traces);
            double[][] products = Rows(of => of.Products), common = Rows(of => of.Common), direct = Rows(of => of.Direct);
            for (int i = 1; i <= settings.Steps; i++)
            {
                int place = i - 1;
                double[][] term = [.. terms.Select(each => each[place])], whole = [.. terms.Select(each => Sum(each))];
                yield return Row(seed, Quantity.TermNorm, i, term.Average(Norm));
                yield return Row(seed, Quantity.TermStd, i, Deviation(term));
                yield return Row(seed, Quantity.TermShare, i, Share(term, whole));
                yield return Row(seed, Quantity.Products, i, products.Average(each => each[place]));
                yield return Row(seed, Quantity.Common, i, common.Average(each => each[place]));
                yield return Row(seed, Quantity.Direct, i, direct.Average(each => each[place]));
            }

            foreach (var (place, steps) in Numbers.Index())
            {
                yield return Row(seed, Quantity.Std, steps, Deviation([.. gradients.Select(each => each[place])]));
                yield return Row(seed, Quantity.TraceStd, steps, Deviation([.. traces.Select(each => each[place])]));
            }

            // [replicates, places, components]
            double[][][] Vectors(Func<LoopAnatomy, Tensor> part)
                => [.. Rows(part).Select(each => each.Chunk(study.Parameters.Count).ToArray())];

            double[][] Rows(Func<LoopAnatomy, Tensor> part)
                => [.. portions.SelectMany(portion => part(portion)[at].Unstack().Select(each => each.ToDoubles()))];
        }
    }

    private IEnumerable<MetricRow> Spectra(StudiedJacobian jacobian, Action pause)
    {
        pause();
        var spectra = jacobian.Spectra(settings.Lanczos, LargestDense);
        foreach (var (at, seed) in study.Seeds.Index())
        {
            foreach (var (quantity, values) in spectra[at])
            {
                for (int i = 0; i < values.Length; i++)
                    yield return Row(seed, quantity, i + 1, values[i]);
            }
        }
    }

    // Each set of inner rollouts with each validation rollout, and what of the variance is due to either (a crossed design without
    // repetitions): what is left belongs to both together.
    private IEnumerable<MetricRow> Sources(StudyProgram<(Key Key, Key Validation), Tensor> program, Action pause)
    {
        pause();
        int count = study.Parameters.Count, sets = settings.Sources;
        using var scope = new TensorScope();
        Key inner = study.Keys(1 + settings.Replicates, sets), validation = study.Keys(1 + settings.Replicates + sets, sets);
        Key[] own = [.. Enumerable.Range(0, study.Seeds.Count).Select(seed => new Key(inner.Words[seed]))];
        Key[] others = [.. Enumerable.Range(0, study.Seeds.Count).Select(seed => new Key(validation.Words[seed]))];
        List<double[]>[] found = [.. study.Seeds.Select(_ => new List<double[]>())];
        for (int a = 0; a < sets; a++)
        {
            pause();
            var one = Key.Stack(own.Select(keys => Key.Stack(Enumerable.Repeat(keys[a], sets))));
            var samples = program.Run((one, Key.Stack(others)));
            for (int seed = 0; seed < found.Length; seed++)
                found[seed].AddRange(samples[seed].Unstack().Select(each => each.ToDoubles()));
        }

        foreach (var (at, seed) in study.Seeds.Index())
        {
            foreach (var (number, steps) in Numbers.Index())
            {
                var shares = study.Considered.Select(
                    c => Variance.BySource([.. found[at].Select(each => each[(number * count) + c])], sets)).ToArray();
                yield return Row(seed, Quantity.FromInner, steps, shares.Average(share => share.First));
                yield return Row(seed, Quantity.FromValidation, steps, shares.Average(share => share.Second));
                yield return Row(seed, Quantity.FromBoth, steps, shares.Average(share => share.Both));
            }
        }
    }

    private MetricRow Row(int seed, string quantity, int at, double value) => new(quantity, seed, study.Iteration, [at, value]);

    private double[] Sum(double[][] terms) => [.. Enumerable.Range(0, terms[0].Length).Select(c => terms.Sum(term => term[c]))];

    private double Norm(double[] vector) => Math.Sqrt(study.Considered.Sum(c => vector[c] * vector[c]));

    // A mean over components.
    private double Deviation(double[][] samples)
        => study.Considered.Average(c => Estimate.Deviation([.. samples.Select(each => each[c])]));

    // The part of the variance of a sum that is due to a term: its covariance with the sum, over components.
    private double Share(double[][] term, double[][] whole)
        => study.Considered.Average(c => Covariance(term, whole, c) / Covariance(whole, whole, c));

    private static double Covariance(double[][] a, double[][] b, int c)
    {
        double meanA = a.Average(each => each[c]), meanB = b.Average(each => each[c]);
        return a.Zip(b, (x, y) => (x[c] - meanA) * (y[c] - meanB)).Sum();
    }
}

/// <summary>What is measured, see <see cref="HessianAnalysis.Columns"/>.</summary>
public static class Quantity
{
    /// <summary>The mean norm of the i-th term.</summary>
    public const string TermNorm = "term-norm";

    /// <summary>The standard deviation of the i-th term, a mean over components.</summary>
    public const string TermStd = "term-std";

    /// <summary>The part of the n-step meta-gradient's variance that is due to the i-th term: its covariance with the sum.</summary>
    public const string TermShare = "term-share";

    /// <summary>The standard deviation of the i-step meta-gradient, a mean over components.</summary>
    public const string Std = "std";

    /// <summary>The same without products: of the sum of i terms T N.</summary>
    public const string TraceStd = "trace-std";

    /// <summary>|T P_i| / |T|, of the part in the parameters: what there is in an optimiser's moments has other units.</summary>
    public const string Products = "products";

    /// <summary>The same if all updates had the Jacobian of the first one.</summary>
    public const string Common = "common";

    /// <summary>|N|.</summary>
    public const string Direct = "direct";

    /// <summary>Eigenvalues of the update's Jacobian in the parameters, by Lanczos' method: with SGD, of I + H.</summary>
    public const string Eigenvalue = "eigenvalue";

    /// <summary>The part of a random vector that lies along each of them: the density of all eigenvalues.</summary>
    public const string Weight = "weight";

    /// <summary>Singular values of the same, the greatest first.</summary>
    public const string SingularValue = "singular-value";

    /// <summary>Moduli of the eigenvalues of the Jacobian of all that an update changes, the greatest first, where that is small.</summary>
    public const string Modulus = "modulus";

    /// <summary>The part of the variance that is due to the inner loop's rollouts.</summary>
    public const string FromInner = "from-inner";

    /// <summary>The part that is due to the validation rollout.</summary>
    public const string FromValidation = "from-validation";

    /// <summary>The part that is due to both together.</summary>
    public const string FromBoth = "from-both";
}
