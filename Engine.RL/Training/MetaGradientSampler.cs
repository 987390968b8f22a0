using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;
using Engine.RL.Statistics;

namespace Engine.RL.Training;

/// <summary>
/// Independent meta-gradients from one point of an agent's training. All methods share their replicates' inner loops, and so their random
/// numbers. Replicates run side by side.
/// </summary>
internal sealed class MetaGradientSampler : IDisposable
{
    private readonly MetaGradientEstimator<Learner> _estimator;
    private readonly Update _update;
    private readonly Device _device;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="update">What the agent's updates are.</param>
    /// <param name="methods">The meta-gradients to take.</param>
    /// <param name="device">Where to run.</param>
    public MetaGradientSampler(Update update, IReadOnlyList<MetaGradientMethod> methods, Device device)
    {
        (_update, _device) = (update, device);
        _estimator = new((learner, key) => update.MetaLosses(learner, key, methods), learner => learner.Eta, perReplicate: true, device);
    }

    /// <summary>Takes meta-gradients.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="number">Updates it has made: draws depend on it, and differ from those of training, which is replicate 0.</param>
    /// <param name="replicates">How many of each method.</param>
    public MetaGradientSamples[] Sample(Learner agent, int seed, int number, int replicates)
    {
        using var scope = new TensorScope();
        var (agents, keys) = Inputs(agent, seed, number, replicates);
        return [.. _estimator.Run(agents, keys).Select(x => new MetaGradientSamples(x.ToArray<float>(), x.Shape[-1]))];
    }

    /// <summary>The bytes that it would work in; nothing is computed.</summary>
    /// <param name="agent">An agent like those that are to be sampled.</param>
    /// <param name="replicates">How many of each method.</param>
    public long Plan(Learner agent, int replicates)
    {
        using var scope = new TensorScope();
        var (agents, keys) = Inputs(agent, 0, 0, replicates);
        return _estimator.Plan(agents, keys);
    }

    /// <inheritdoc/>
    public void Dispose() => _estimator.Dispose();

    // A group of one agent.
    private (Learner Agents, Key Keys) Inputs(Learner agent, int seed, int number, int replicates)
    {
        var keys = _update.Replicates(seed, number, first: 1, replicates, _device);
        return (Tree.Map(agent, x => x.Unsqueeze(0)), keys.Reshape([1, .. keys.Shape]));
    }
}

/// <summary>Meta-gradients of one method.</summary>
/// <param name="Values">[replicates, count], row by row.</param>
/// <param name="Count">The number of meta-parameters.</param>
internal sealed record MetaGradientSamples(float[] Values, int Count)
{
    /// <summary>The standard deviation of each.</summary>
    public double[] Std()
        => [.. Enumerable.Range(0, Count).Select(c => Estimate.Deviation(Of(c)))];

    /// <summary>The meta-gradients in one meta-parameter.</summary>
    public double[] Of(int parameter) => [.. Values.Where((_, i) => i % Count == parameter).Select(x => (double)x)];
}
