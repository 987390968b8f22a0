using System.Collections.Immutable;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Statistics;

namespace Engine.RL.Studies;

/// <summary>
/// Bias, deviation and use of a whole family of estimators of the meta-gradient, at points along training: n steps, mixes and traces with
/// many factors, those that reuse their rollouts, and those that look back. Most are sums of the terms of one inner loop, and all have its
/// random numbers in common.
/// </summary>
/// <param name="settings">What to compare.</param>
/// <param name="study">What learns.</param>
/// <param name="kappa">The usual discount of mixes; null for 1 - 1/n.</param>
/// <param name="trace">The usual factor of traces.</param>
public sealed class Frontier(FrontierSettings settings, Study study, double? kappa, double trace)
{
    // Replicates of each seed from one chance to stop to the next.
    private const int Portion = 128;

    private ExperimentSnapshot? _start;

    /// <summary>The estimators, in the order of each point's rows.</summary>
    public ImmutableArray<Estimator> Estimators { get; } = settings.Estimators(kappa, trace);

    /// <summary>Whether the effect of steps is measured.</summary>
    public bool Measures => study.OuterLossIsObjective && settings.Measured > 0;

    /// <summary>Columns of a row, after method, seed and iteration: each statistic and its standard error.</summary>
    /// <remarks>
    /// "pooled" is the alignment of the mean of as many estimates as the frames of the longest look-ahead pay for: of 20 steps one, of one
    /// step 10, of those that look back 21, which follow each other along one branch and have most of what is behind them in common. Those
    /// that look back are held against an oracle of their own, which looks ahead from where they stand.
    /// </remarks>
    public IReadOnlyList<string> Columns =>
    [
        .. ((string[])["bias", "std", "snr", "cosine", "alignment", "pooled"]).SelectMany(name => (string[])[name, name + "_error"]),
        .. Measures ? (string[])["predicted", "improvement", "improvement_error"] : [],
    ];

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    public void Resume(ExperimentSnapshot snapshot) => _start = snapshot;

    /// <summary>Evaluates the estimators.</summary>
    /// <returns>All rows, point by point, seed by seed.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        using var terms = study.Prepare(new Terms(
            settings.Most,
            settings.Oracle,
            [.. settings.Back.Order().Select(n => new MetaGradientMethod(MetaGradientKind.Back, n).Decay)],
            [.. Of(each => each.Kind == MetaGradientKind.Reused).Select(each => each.Steps)]));
        using var outcomes = study.Prepare(new Outcomes(settings.Oracle));
        return study.Run(pause => Evaluate(terms, outcomes, pause), _start, observer, cancel);
    }

    private List<Estimator> Of(Func<Estimator, bool> which) => [.. Estimators.Where(which)];

    private IEnumerable<MetricRow> Evaluate(
        StudyProgram<Key, LoopTerms> terms, StudyProgram<(Key Key, Tensor Etas), Tensor> outcomes, Action pause)
    {
        int count = study.Parameters.Count, length = settings.Replicates * count;
        int[] considered = [.. study.Considered];
        float[][] estimates = [.. Estimators.Select(_ => new float[study.Seeds.Count * length])];
        float[] oracle = new float[study.Seeds.Count * length], later = new float[oracle.Length];
        var backward = Of(each => each.Method.LooksBack);
        var others = Of(each => !each.IsSum);
        float[][] consecutive = [.. backward.Select(_ => new float[oracle.Length])];
        for (int done = 0; done < settings.Replicates; done += Portion)
        {
            pause();
            int replicates = Math.Min(Portion, settings.Replicates - done);
            using var scope = new TensorScope();
            var samples = terms.Run(study.Keys(1 + done, replicates));
            for (int seed = 0; seed < study.Seeds.Count; seed++)
            {
                var of = samples.Of(seed, settings.Most);
                int start = (seed * length) + (done * count), size = replicates * count;
                Parallel.For(0, Estimators.Length, number =>
                {
                    if (Estimators[number].IsSum)
                        Estimators[number].Estimate(of, estimates[number].AsSpan(start, size));
                });
                foreach (var (number, estimator) in others.Index())
                {
                    samples.Others[seed][.., number].ToArray<float>()
                        .CopyTo(estimates[Estimators.IndexOf(estimator)].AsSpan(start));
                }

                samples.Oracle[seed].ToArray<float>().CopyTo(oracle.AsSpan(start));
                samples.Later[seed].ToArray<float>().CopyTo(later.AsSpan(start));
                for (int number = 0; number < backward.Count; number++)
                    samples.Consecutive[seed][.., number].ToArray<float>().CopyTo(consecutive[number].AsSpan(start));
            }
        }

        var improvements = Measures ? Improvements(outcomes, estimates, pause) : [];
        for (int seed = 0; seed < study.Seeds.Count; seed++)
        {
            var rows = new MetricRow[Estimators.Length];
            int at = seed;
            Parallel.For(0, rows.Length, number =>
            {
                int back = backward.IndexOf(Estimators[number]);
                var of = estimates[number].AsSpan(at * length, length);
                var target = (back < 0 ? oracle : later).AsSpan(at * length, length);
                var s = EstimatorStatistics.Of(of, target, count, considered);
                var (alignment, norm) = Alignment.Of(of, target, count, study.Learned);
                var (pooled, _) = back < 0
                    ? Alignment.Of(of, target, count, study.Learned, (settings.Most + 1) / Estimators[number].Rollouts)
                    : Alignment.Of(consecutive[back].AsSpan(at * length, length), target, count, study.Learned);
                Estimate[] columns = [s.Bias, s.Deviation, s.SignalToNoise, s.Cosine, alignment, pooled];
                double[] measured = Measures
                    ? [settings.Step * norm * alignment.Value, improvements[at][number].Value, improvements[at][number].Error] : [];
                rows[number] = new(
                    Estimators[number].Name,
                    study.Seeds[at],
                    study.Iteration,
                    [.. columns.SelectMany(estimate => (double[])[estimate.Value, estimate.Error]), .. measured]);
            });

            foreach (var row in rows)
                yield return row;
        }
    }

    // By how much the outer loss after the oracle's steps is less for a step along each of several estimates: on rollouts of their own,
    // which all estimators and standing still have in common.
    private Estimate[][] Improvements(
        StudyProgram<(Key Key, Tensor Etas), Tensor> outcomes, float[][] estimates, Action pause)
    {
        int count = study.Parameters.Count, seeds = study.Seeds.Count, candidates = Estimators.Length + 1;
        var differences = new double[seeds, Estimators.Length, settings.Measured];
        const int AtOnce = 8;
        for (int done = 0; done < settings.Measured; done += AtOnce)
        {
            pause();
            int replicates = Math.Min(AtOnce, settings.Measured - done);
            float[] steps = new float[seeds * replicates * candidates * count];
            for (int seed = 0; seed < seeds; seed++)
            {
                for (int r = 0; r < replicates; r++)
                {
                    for (int number = 0; number < Estimators.Length; number++)
                    {
                        int from = ((seed * settings.Replicates) + done + r) * count;
                        int to = ((((seed * replicates) + r) * candidates) + number + 1) * count;
                        Step(estimates[number].AsSpan(from, count), steps.AsSpan(to, count));
                    }
                }
            }

            using var scope = new TensorScope();
            var keys = study.Keys(1 + settings.Replicates + done, replicates);
            var offsets = Tensor.From(steps, [seeds, replicates, candidates, count], keys.Device);
            float[] losses = outcomes.Run((keys, offsets)).ToArray<float>();
            for (int row = 0; row < seeds * replicates; row++)
            {
                for (int number = 0; number < Estimators.Length; number++)
                {
                    differences[row / replicates, number, done + (row % replicates)]
                        = losses[row * candidates] - losses[(row * candidates) + number + 1];
                }
            }
        }

        return
        [
            .. Enumerable.Range(0, seeds).Select(seed => (Estimate[])[.. Enumerable.Range(0, Estimators.Length).Select(number =>
                Estimate.Of([.. Enumerable.Range(0, settings.Measured).Select(r => differences[seed, number, r])]))]),
        ];
    }

    // Downhill, as far as settings say.
    private void Step(ReadOnlySpan<float> estimate, Span<float> step)
    {
        double square = 0;
        foreach (int c in study.Learned)
            square += (double)estimate[c] * estimate[c];
        if (square == 0)
            return;
        foreach (int c in study.Learned)
            step[c] = (float)(-settings.Step * estimate[c] / Math.Sqrt(square));
    }

    // The terms of one loop; estimates that are no sums of them; the meta-gradients of the oracle at its beginning, and of that after so
    // many updates as the longest look-ahead makes; and means of consecutive estimates that look back from there on.
    private sealed record LoopTerms(
        Tensor Exact, Tensor Trace, Tensor Sums, Tensor Others, Tensor Oracle, Tensor Later, Tensor Consecutive)
    {
        public TermSamples Of(int seed, int most)
            => new(Exact[seed].ToArray<float>(), Trace[seed].ToArray<float>(), Sums[seed].ToArray<float>(), most, Oracle.Shape[-1]);
    }

    private sealed record Terms(int Most, int Oracle, double[] Decays, int[] Reuse) : IPointFunction<Key, LoopTerms>
    {
        public LoopTerms At<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, Key key)
        {
            int[] steps = [.. Enumerable.Range(1, Most)], behind = Decays.Length == 0 ? [] : [.. Enumerable.Range(Most, Most + 1)];
            var all = MetaGradientTerms.Of(point, key, [.. steps, Oracle, Most + Oracle, .. behind]);
            var (exact, back) = (all[..Most], all[(Most + 2)..]);
            var constant = Decays.Length == 0 ? [] : MetaGradientTerms.Of(point, key, behind, new(Hessian: false));
            var trace = MetaGradientTerms.Of(point, key, steps, new(Trace: 1));
            return new(
                Tensor.Concatenate(0, exact),
                Tensor.Concatenate(0, trace),
                Tensor.Stack(0, [.. exact.Select(terms => terms.Sum(0))]),
                Stacked([.. Reusing(point, key), .. Decays.Select(decay => Decayed(constant[0], decay))]),
                all[Most].Sum(0),
                all[Most + 1][..Oracle].Sum(0),
                Stacked([.. ((Tensor[][])[back, constant]).SelectMany(of => Decays.Select(decay => LookingBack(of, decay)))]));

            // A program has no empty result.
            Tensor Stacked(Tensor[] each) => each.Length == 0 ? Tensor.ZerosLike(point.Eta).Unsqueeze(0) : Tensor.Stack(0, each);
        }

        private Tensor[] Reusing<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, Key key)
        {
            if (Reuse.Length == 0)
                return [];
            var points = InnerLoop.Unroll(point.Problem(point.Eta), point.Start, key, Reuse.Max(), new(Reuse: true));
            return [.. Reuse.Select(n => Gradient.Of(points[n - 1].OuterLoss, point.Eta))];
        }

        // The mean of what those see that have one update more behind them each.
        private static Tensor LookingBack(Tensor[] terms, double decay)
            => terms.Select(each => Decayed(each, decay)).Aggregate((sum, each) => sum + each) / terms.Length;

        private static Tensor Decayed(Tensor terms, double decay)
        {
            if (decay == 0)
                return terms[0];
            double[] weights = [.. Enumerable.Range(0, terms.Shape[0]).Select(i => Math.Pow(decay, i))];
            return (terms * Tensor.From(weights, [weights.Length, 1], terms.Type, terms.Device)).Sum(0);
        }
    }

    // The outer loss after some updates with meta-parameters that are some way from those of the point, for several such ways.
    private sealed record Outcomes(int Steps) : IPointFunction<(Key Key, Tensor Offsets), Tensor>
    {
        public Tensor At<TParameters, TState, TRollout>(
            MetaPoint<TParameters, TState, TRollout> point, (Key Key, Tensor Offsets) row)
            => Batch.Map(
                offset => InnerLoop.Unroll(point.Problem(point.Eta + offset), point.Start, row.Key, Steps)[^1].OuterLoss, row.Offsets);
    }
}
