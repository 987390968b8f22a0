using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Bench.Workloads;

/// <summary>
/// The mean of many n-step meta-gradients of the Markov reward process from fresh Adam states, rewards drawn within the call.
/// </summary>
internal sealed class MrpMetaWorkload : IWork
{
    private readonly MonteCarlo _estimator;
    private readonly Tensor _raw;
    private readonly Tensor[] _parameters;
    private readonly OptimiserState<Tensor[]> _state;
    private readonly Key _updates;
    private readonly int _replicates;
    private int _iteration;

    public MrpMetaWorkload(int replicates, int steps, Device device)
    {
        _replicates = replicates;
        var optimiser = new Adam(1e-3, EpsilonRoot: 1e-8);
        var task = new ValuePrediction(new Mlp([1, 10, 10, 1]), StateInput.Scaled);
        _estimator = new MonteCarlo(
            task,
            Parameterisation.Sigmoid,
            optimiser,
            [new MetaGradientMethod(MetaGradientKind.Classic, steps)],
            kappa: null,
            traceDecay: 0,
            perReplicate: false,
            device);
        using var scope = new TensorScope();
        _raw = scope.Keep(Tensor.Zeros([1, MarkovRewardProcess.States], ElementType.Float32, device));
        _parameters = scope.Keep(task.Initialise(SeedKeys.Weights(0, device).Reshape(1)));
        _state = scope.Keep(optimiser.Initial(_parameters));
        _updates = scope.Keep(SeedKeys.Updates(0, device).Reshape(1));
    }

    public Tensor[] Run()
    {
        using var scope = new TensorScope();
        var sums = _estimator.Run(_raw, _parameters, _state, _updates.Fold(_iteration++), _replicates)[0];
        return [scope.Keep(sums.ReshapeTo([MarkovRewardProcess.States]) / _replicates)];
    }

    public void Dispose()
    {
        _estimator.Dispose();
        Tree.Dispose((_raw, _parameters, _state, _updates));
    }
}
