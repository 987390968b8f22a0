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
    private readonly Key _updates;
    private readonly TensorProgram<(Key Key, MrpState State, Tensor? MetaGradient), (Tensor Metrics, MrpState State)> _update;

    public MrpLearner(MrpSettings settings, Device device)
    {
        _settings = settings;
        _device = device;
        _task = settings.CreateTask();
        _inner = settings.CreateInnerOptimiser();
        _outer = new Adam(settings.MetaLearningRate);
        _update = new(Update, device);
        using var scope = new TensorScope();
        double raw = MetaParameters.Raw(settings.GammaStart, settings.Parameterisation);
        var start = Tensor.Full(raw, [settings.Seeds, MarkovRewardProcess.States], _task.Type, device);
        var parameters = _task.Initialise(SeedKeys.Several(settings.Seed, settings.Seeds, seed => SeedKeys.Weights(seed, device)));
        _updates = scope.Keep(SeedKeys.Several(settings.Seed, settings.Seeds, seed => SeedKeys.Updates(seed, device)));
        State = scope.Keep(new MrpState(start, _outer.Initial(start), parameters, _inner.Initial(parameters)));
    }

    /// <summary>Meta-updates made.</summary>
    public int Iteration { get; private set; }

    /// <summary>Everything that an iteration changes.</summary>
    public MrpState State { get; private set; }

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
        var old = State;
        Tensor metrics;
        using (var scope = new TensorScope())
        {
            (metrics, State) = scope.Keep(_update.Run((Keys().Fold(0), old, metaGradient)));
        }

        Tree.Dispose(old);
        Iteration++;
        return metrics;
    }

    /// <summary>The keys of the iteration to come, [seeds]; replicate 0 of each is what <see cref="Step"/> draws.</summary>
    public Key Keys() => _updates.Fold(Iteration);

    /// <summary>Copies the state to the host.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Capture()
        => Tree.Leaves(State).Select((tensor, i) => KeyValuePair.Create($"learner.{i:d2}", tensor.ToStored())).ToDictionary();

    /// <summary>Goes on from a captured state.</summary>
    public void Restore(IReadOnlyDictionary<string, StoredTensor> tensors, int iteration)
    {
        var old = State;
        int next = 0;
        State = Tree.Map(old, _ => Tensor.From(tensors[$"learner.{next++:d2}"], _device));
        Tree.Dispose(old);
        Iteration = iteration;
    }

    public void Dispose()
    {
        Tree.Dispose((State, _updates));
        _update.Dispose();
    }

    private (Tensor Metrics, MrpState State) Update((Key Key, MrpState State, Tensor? MetaGradient) given)
    {
        var (key, state, metaGradient) = given;
        var gamma = MetaParameters.Values(state.Raw, _settings.Parameterisation);
        var problem = _task.With(gamma, key);
        var (rollout, _) = problem.Sample(state.Parameters, problem.Start, 0, validation: false);
        var (updated, inner, update) = LookAhead.Update(problem, _inner, state.Parameters, state.Inner, rollout);
        var metrics = Tensor.Concatenate(1, update.Loss.Unsqueeze(1), _task.TrueError(state.Parameters).Unsqueeze(1), gamma);
        var next = state with { Parameters = updated, Inner = inner };
        if (metaGradient is not null)
        {
            var (moved, meta) = _outer.Update(state.Raw, metaGradient, state.Meta);
            next = next with { Raw = MetaParameters.Allowed(moved, _settings.Parameterisation), Meta = meta };
        }

        return (metrics, next);
    }
}

/// <summary>Everything that an iteration of a <see cref="MrpLearner"/> changes.</summary>
/// <param name="Raw">The numbers that stand for the discounts, [seeds, 10].</param>
/// <param name="Meta">The meta-optimiser's state.</param>
/// <param name="Parameters">Network parameters, [seeds, ...] each.</param>
/// <param name="Inner">The inner optimiser's state.</param>
internal sealed record MrpState(
    Tensor Raw, OptimiserState<Tensor> Meta, Tensor[] Parameters, OptimiserState<Tensor[]> Inner);
