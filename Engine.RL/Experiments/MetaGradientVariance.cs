using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;
using Engine.RL.Statistics;
using Engine.RL.Studies;
using Engine.RL.Training;

namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="MetaGradientVariance"/>.</summary>
public record MetaGradientVarianceSettings
{
    /// <summary>The methods to evaluate, by name: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    [Setting("Methods to evaluate: " + MetaGradientMethod.LookingAhead + ".")]
    public IReadOnlyList<string> Methods { get; init; } = ["1", "3", "5", "3-mix", "5-mix"];

    /// <summary>Points of training at which they are evaluated, evenly chosen among those kept.</summary>
    [Setting("Points of training at which they are evaluated, evenly chosen among those kept.", AtLeast = 1)]
    public int Points { get; init; } = 20;

    /// <summary>Meta-gradients of each method at each point.</summary>
    [Setting("Meta-gradients of each method at each point.", AtLeast = 2, AtMost = 1 << 16)]
    public int Replicates { get; init; } = 96;

    /// <summary>Inner steps of the oracle.</summary>
    [Setting("Inner steps of the oracle.", AtLeast = 1, AtMost = MetaGradientMethod.MostSteps)]
    public int Oracle { get; init; } = 10;

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public void Validate()
    {
        Setting.Validate(this);
        MetaGradientMethod.RequireMethods("methods", Methods, least: 1);
    }
}

/// <summary>Bias and variance of meta-gradients at points along the training of an agent (section 3.4 of the paper).</summary>
/// <param name="settings">What to evaluate.</param>
/// <param name="run">The agent, as it was trained.</param>
/// <param name="points">Snapshots along its training; each is loaded when its turn comes.</param>
/// <param name="device">Where.</param>
public sealed class MetaGradientVariance(
    MetaGradientVarianceSettings settings, AgentRun run, IReadOnlyList<Func<ExperimentSnapshot>> points, Device device)
{
    private readonly Update _update = new(run.Settings, MetaGradientMethod.Parse(run.Method), run.Settings.CreateEnvironment());
    private ExperimentSnapshot? _start;

    /// <summary>The meta-parameters that are learned, whose meta-gradients are evaluated.</summary>
    public IReadOnlyList<string> Parameters => [.. Learned.Select(number => _update.MetaParameters.All[number].Name)];

    /// <summary>Columns of a row, after method, seed and update.</summary>
    /// <remarks>
    /// Of each meta-parameter, as it is kept (a logit, or a logarithm): mean, standard deviation and signal-to-noise ratio with their
    /// standard errors. Of all: the norm of the difference to the oracle's mean, and the cosine with it, with their standard errors.
    /// </remarks>
    public IReadOnlyList<string> Columns =>
    [
        .. from parameter in Parameters
           from statistic in (string[])["mean", "mean_error", "std", "std_error", "snr", "snr_error"]
           select parameter + "_" + statistic,
        "bias", "bias_error", "cosine", "cosine_error",
    ];

    private int[] Learned => [.. _update.MetaParameters.All.Index().Where(each => each.Item.IsLearned).Select(each => each.Index)];

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    /// <exception cref="InvalidDataException">It was to evaluate other points of training.</exception>
    public void Resume(ExperimentSnapshot snapshot)
    {
        using var study = new AgentStudy(run, points, settings.Points, device);
        study.Restore(snapshot.Tensors, snapshot.Iteration);
        _start = snapshot;
    }

    /// <summary>Makes sure that every setting is in range, and of effect with the agent's.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public void Validate()
    {
        settings.Validate();
        AgentStudy.RequireLearned(run);
        foreach (string method in settings.Methods)
            run.Settings.RequireEffect("methods", method);
    }

    /// <summary>Evaluates the methods.</summary>
    /// <returns>A row for each point and method.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or the agent learns no meta-parameter.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        Validate();
        MetaGradientMethod[] methods =
            [.. settings.Methods.Select(MetaGradientMethod.Parse), new(MetaGradientKind.Classic, settings.Oracle)];
        using var study = new AgentStudy(run, points, settings.Points, device);
        using var sampler = new MetaGradientSampler(_update, methods, device);
        return study.Run(_ => Rows(sampler, study), _start, observer, cancel);
    }

    private IEnumerable<MetricRow> Rows(MetaGradientSampler sampler, AgentStudy study)
    {
        MetaGradientSamples[] samples;
        using (new TensorScope())
            samples = sampler.Sample(study.Agent, run.Seed, study.Iteration, settings.Replicates);
        return settings.Methods.Select(
            (method, number) => new MetricRow(method, run.Seed, study.Iteration, Row(samples[number], samples[^1])));
    }

    private double[] Row(MetaGradientSamples samples, MetaGradientSamples oracle)
    {
        var all = Statistics(Learned);
        return [.. Learned.SelectMany(Parameter), all.BiasNorm.Value, all.BiasNorm.Error, all.Cosine.Value, all.Cosine.Error];

        EstimatorStatistics Statistics(int[] parameters)
            => EstimatorStatistics.Of(samples.Values, oracle.Values, samples.Count, parameters);

        double[] Parameter(int number)
        {
            var mean = Estimate.Of(samples.Of(number));
            var one = Statistics([number]);
            return [mean.Value, mean.Error, one.Deviation.Value, one.Deviation.Error, one.SignalToNoise.Value, one.SignalToNoise.Error];
        }
    }
}
