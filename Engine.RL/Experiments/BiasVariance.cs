using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Engine.RL.Statistics;
using Engine.RL.Studies;

namespace Engine.RL.Experiments;

/// <summary>
/// Figure 5 of the paper: bias and variance of meta-gradients, classic and mixed, at points along one training trajectory of single
/// 1-step meta-gradients. All estimators are evaluated by the same replicates, each a branch as long as the oracle's.
/// </summary>
/// <param name="settings">What to run.</param>
/// <param name="device">Where to run.</param>
public sealed class BiasVariance(BiasVarianceSettings settings, Device device)
{
    // Replicates of each seed from one chance to stop to the next: enough for many threads, and soon over.
    private const int Portion = 512;

    private static readonly int[] s_evenStates = [.. Enumerable.Range(0, MarkovRewardProcess.States / 2).Select(i => 2 * i)];

    private ExperimentSnapshot? _start;

    /// <summary>Columns of a row of metrics, after method, seed and iteration: each statistic and its standard error.</summary>
    public static IReadOnlyList<string> Columns { get; }
        = ["bias", "bias_error", "std", "std_error", "snr", "snr_error", "cosine", "cosine_error", "bias_norm", "bias_norm_error"];

    /// <summary>The estimators that settings ask for: classic ones, then mixed ones, then others.</summary>
    public static MetaGradientMethod[] Methods(BiasVarianceSettings settings) =>
    [
        .. settings.LookAhead.Order().Select(steps => new MetaGradientMethod(MetaGradientKind.Classic, steps)),
        .. settings.LookAhead.Order().Where(steps => steps > 1).Select(steps => new MetaGradientMethod(MetaGradientKind.Mixed, steps)),
        .. settings.Others.Select(MetaGradientMethod.Parse).OrderBy(method => method.Kind).ThenBy(method => method.Steps),
    ];

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    public void Resume(ExperimentSnapshot snapshot) => _start = snapshot;

    /// <summary>Runs the experiment.</summary>
    /// <returns>All rows of metrics, point by point.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        settings.Validate();
        var oracle = new MetaGradientMethod(MetaGradientKind.Classic, settings.Oracle);
        using var study = new MrpStudy(settings, settings.Points, device);
        using var evaluator = MrpLearners.Estimator(settings, [.. Methods(settings), oracle], perReplicate: true, device, settings.History);
        return study.Run(pause => Rows(Samples(evaluator, study, pause), study.Iteration), _start, observer, cancel);
    }

    // Of each method, all replicates of the first seed, then those of the second, and so on. The first replicate is 1: 0 trains.
    private float[][] Samples(MetaGradientEstimator<MrpLearner> estimator, MrpStudy study, Action pause)
    {
        float[][] values = [.. Enumerable.Range(0, Methods(settings).Length + 1)
            .Select(_ => new float[settings.Seeds * settings.Replicates * MarkovRewardProcess.States])];
        for (int done = 0; done < settings.Replicates; done += Portion)
        {
            pause();
            int replicates = Math.Min(Portion, settings.Replicates - done), length = replicates * MarkovRewardProcess.States;
            using var scope = new TensorScope();
            Tensor[] samples = estimator.Run(study.Learners, study.Keys(1 + done, replicates));
            foreach (var (method, sample) in samples.Index())
            {
                float[] portion = sample.ToArray<float>();
                for (int seed = 0; seed < settings.Seeds; seed++)
                {
                    int start = ((seed * settings.Replicates) + done) * MarkovRewardProcess.States;
                    portion.AsSpan(seed * length, length).CopyTo(values[method].AsSpan(start));
                }
            }
        }

        return values;
    }

    private IEnumerable<MetricRow> Rows(float[][] values, int iteration)
    {
        var methods = Methods(settings);
        int length = settings.Replicates * MarkovRewardProcess.States;
        for (int seed = 0; seed < settings.Seeds; seed++)
        {
            for (int method = 0; method < methods.Length; method++)
            {
                var s = EstimatorStatistics.Of(
                    values[method].AsSpan(seed * length, length),
                    values[^1].AsSpan(seed * length, length),
                    MarkovRewardProcess.States,
                    s_evenStates);
                Estimate[] columns = [s.Bias, s.Deviation, s.SignalToNoise, s.Cosine, s.BiasNorm];
                yield return new MetricRow(
                    methods[method].Name,
                    settings.Seed + seed,
                    iteration,
                    [.. columns.SelectMany(estimate => (double[])[estimate.Value, estimate.Error])]);
            }
        }
    }
}
