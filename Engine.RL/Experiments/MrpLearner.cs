using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>
/// Value networks that learn on the Markov reward process while their discounts are meta-learned, one for each seed: the state of
/// both, and the step that updates them from a meta-gradient.
/// </summary>
internal sealed class MrpLearner : IDisposable
{
    private readonly MrpSettings _settings;
    private readonly ValuePrediction _task;
    private readonly Optimiser _inner;
    private readonly Adam _outer;
    private readonly Device _device;
    private readonly TensorProgram _update;
    private readonly int _parameterCount;

    public MrpLearner(MrpSettings settings, Device device)
    {
        _settings = settings;
        _device = device;
        _task = settings.CreateTask();
        _inner = settings.CreateInnerOptimiser();
        _outer = new Adam(settings.MetaLearningRate, EpsilonRoot: 0);
        _update = new TensorProgram(Update, device);
        using var scope = new TensorScope();
        double raw = MetaParameters.Raw(settings.GammaStart, settings.Parameterisation);
        Raw = Tensor.Full(raw, [settings.Seeds, MarkovRewardProcess.States], _task.Type, device);
        Parameters = _task.Initialise(Streams.Of(settings.Seed, settings.Seeds, 0, 1, device));
        _parameterCount = Parameters.Length;
        State = _inner.Initial(Parameters);
        MetaState = _outer.Initial([Raw]);
        scope.Keep(Tensors);
    }

    /// <summary>Meta-updates made.</summary>
    public int Iteration { get; private set; }

    /// <summary>The numbers that stand for the discounts, [seeds, 10].</summary>
    public Tensor Raw { get; private set; }

    /// <summary>Network parameters, [seeds, ...] each.</summary>
    public Tensor[] Parameters { get; private set; }

    /// <summary>The inner optimiser's state.</summary>
    public OptimiserState State { get; private set; }

    /// <summary>The meta-optimiser's state.</summary>
    public OptimiserState MetaState { get; private set; }

    /// <summary>Everything that an iteration changes.</summary>
    public Tensor[] Tensors => [Raw, .. MetaState.Tensors, .. Parameters, .. State.Tensors];

    /// <summary>Columns of <see cref="Step"/>'s metrics.</summary>
    public static IReadOnlyList<string> Columns { get; }
        = ["inner_loss", "value_mse", .. Enumerable.Range(0, MarkovRewardProcess.States).Select(state => $"gamma_{state}")];

    /// <summary>
    /// Updates the networks with the discounts as they are, by the first inner update of replicate 0, and then the discounts.
    /// </summary>
    /// <param name="metaGradient">[seeds, 10], or null to keep the discounts.</param>
    /// <returns>Inner loss, error to the true values and discounts of each seed, before the update; [seeds, 12].</returns>
    public Tensor Step(Tensor? metaGradient)
    {
        Tensor[] old = Tensors;
        Tensor[] results;
        using (var scope = new TensorScope())
        {
            var streams = Streams.Of(_settings.Seed, _settings.Seeds, Iteration, 1, _device);
            results = scope.Keep(_update.Run([streams, .. old, .. metaGradient is null ? Array.Empty<Tensor>() : [metaGradient]]));
        }

        foreach (var tensor in old)
            tensor.Dispose();
        Adopt(results.AsSpan(1));
        Iteration++;
        return results[0];
    }

    /// <summary>Copies the state to the host.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Capture()
        => Tensors.Select((tensor, i) => KeyValuePair.Create($"learner.{i:d2}", tensor.ToStored())).ToDictionary();

    /// <summary>Goes on from a captured state.</summary>
    public void Restore(IReadOnlyDictionary<string, StoredTensor> tensors, int iteration)
    {
        var old = Tensors;
        Adopt([.. old.Select((_, i) => Tensor.From(tensors[$"learner.{i:d2}"], _device))]);
        foreach (var tensor in old)
            tensor.Dispose();
        Iteration = iteration;
    }

    public void Dispose()
    {
        foreach (var tensor in Tensors)
            tensor.Dispose();
        _update.Dispose();
    }

    private void Adopt(ReadOnlySpan<Tensor> tensors)
    {
        int outer = _outer.StateCount(1);
        Raw = tensors[0];
        MetaState = OptimiserState.From(tensors.Slice(1, outer));
        Parameters = tensors.Slice(1 + outer, _parameterCount).ToArray();
        State = OptimiserState.From(tensors[(1 + outer + _parameterCount)..]);
    }

    private Tensor[] Update(Tensor[] inputs)
    {
        int outer = _outer.StateCount(1), state = 2 + outer + _parameterCount;
        var (streams, raw) = (inputs[0], inputs[1]);
        var metaState = OptimiserState.From(inputs.AsSpan(2, outer));
        Tensor[] parameters = inputs[(2 + outer)..state];
        var innerState = OptimiserState.From(inputs.AsSpan(state, _inner.StateCount(_parameterCount)));
        int used = state + _inner.StateCount(_parameterCount);

        var gamma = MetaParameters.Values(raw, _settings.Parameterisation);
        var problem = _task.With(gamma, streams);
        var (rollout, _) = problem.Sample(parameters, problem.Start, 0, validation: false);
        var (updated, next, update) = LookAhead.Update(problem, _inner, parameters, innerState, rollout);
        var metrics = Tensor.Concatenate(1, update.Loss.Expand(1), _task.TrueError(parameters).Expand(1), gamma);
        if (inputs.Length > used)
        {
            var (moved, nextMeta) = _outer.Update([raw], [inputs[used]], metaState);
            (raw, metaState) = (MetaParameters.Allowed(moved[0], _settings.Parameterisation), nextMeta);
        }

        return [metrics, raw, .. metaState.Tensors, .. updated, .. next.Tensors];
    }
}
