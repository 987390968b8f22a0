using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Means of many meta-gradients of the Markov reward process at its start, each call with other random numbers.</summary>
public sealed class MrpMetaGradients : IDisposable
{
    private readonly MrpLearners _learners;
    private readonly MetaGradientEstimator<MrpLearner> _estimator;
    private readonly int _replicates;
    private int _calls;

    /// <summary>Prepares them.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="method">How they are taken.</param>
    /// <param name="replicates">How many.</param>
    /// <param name="device">Where.</param>
    public MrpMetaGradients(MrpSettings settings, MetaGradientMethod method, int replicates, Device device)
    {
        _learners = new(settings, device);
        _estimator = MrpLearners.Estimator(settings, [method], perReplicate: false, device);
        _replicates = replicates;
    }

    /// <summary>The means, [seeds, 10].</summary>
    public Tensor Run() => _estimator.Run(_learners.State, _learners.Keys(_calls++ * _replicates, _replicates))[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        _estimator.Dispose();
        _learners.Dispose();
    }
}
