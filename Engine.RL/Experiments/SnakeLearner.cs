using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>
/// An agent that learns Snake while the hyper-parameters of its learning are meta-learned: the state of both, and the step that
/// updates them.
/// </summary>
internal sealed class SnakeLearner : IDisposable
{
    /// <summary>What <see cref="Step"/> measures.</summary>
    public const int Episodes = 0, ReturnSum = 1, ReturnMaximum = 2, Values = 3, Losses = 7, MetricCount = 14;

    private readonly SnakeTask _task;
    private readonly MetaGradientMethod _method;
    private readonly double? _kappa;
    private readonly int _seed;
    private readonly int _environments;
    private readonly Device _device;
    private readonly TensorProgram<(Tensor Number, SnakeState State), (Tensor Metrics, SnakeState State)> _update;

    public SnakeLearner(SnakeTask task, SnakeSettings settings, MetaGradientMethod method, int seed, Device device)
    {
        (_task, _method, _kappa, _seed, _environments, _device) = (task, method, settings.Kappa, seed, settings.Envs, device);
        _update = new(Update, device);
        using var scope = new TensorScope();
        State = scope.Keep(SnakeState.Initial(_task, _environments, seed, device));
    }

    /// <summary>Updates made.</summary>
    public int Updates { get; private set; }

    /// <summary>Everything that an update changes.</summary>
    public SnakeState State { get; private set; }

    /// <summary>One update of the agent, on a fresh rollout, and of the meta-parameters.</summary>
    /// <returns>
    /// Of that rollout the number of episodes that ended, the sum of their returns and the largest (-1 if none ended); the
    /// meta-parameters that were used; the terms of the inner loss (actor, critic, entropy), the inner and outer loss, the norms of
    /// gradient and meta-gradient before they are clipped (outer loss and meta-gradient are NaN if the method looks no step ahead).
    /// </returns>
    public double[] Step()
    {
        var old = State;
        double[] metrics;
        using (var scope = new TensorScope())
        {
            var (measured, next) = _update.Run((Tensor.Scalar(Updates, ElementType.Int32, _device), old));
            metrics = measured.ToDoubles();
            State = scope.Keep(next);
        }

        Tree.Dispose(old);
        Updates++;
        return metrics;
    }

    /// <summary>Copies the state to the host.</summary>
    public Dictionary<string, StoredTensor> Capture() => State.Capture(_task.Network);

    /// <summary>Goes on from a captured state.</summary>
    public void Restore(IReadOnlyDictionary<string, StoredTensor> stored, int updates)
    {
        var old = State;
        using (var scope = new TensorScope())
            State = scope.Keep(old.Restore(stored, _task.Network, _device));
        Tree.Dispose(old);
        Updates = updates;
    }

    public void Dispose()
    {
        Tree.Dispose(State);
        _update.Dispose();
    }

    private (Tensor Metrics, SnakeState State) Update((Tensor Number, SnakeState State) given)
    {
        // The keys are made in the program: all that a run is given is the number of the update.
        var (number, state) = given;
        var key = SeedKeys.Updates(_seed, _device).Fold(number).Fold(0).Split(_environments);
        var problem = _task.Problem(state.Raw, state.Environments, key);
        var points = _task.Branch(problem, state.Parameters, state.Optimiser, _method);

        // Everything after the first inner update is discarded but for the meta-gradient.
        var kept = points[0];
        var nothing = Tensor.Full(double.NaN, [], ElementType.Float32, _device);
        var (raw, meta, outerLoss, metaNorm) = (state.Raw, state.Meta, nothing, nothing);
        if (_method.Steps > 0)
        {
            outerLoss = _method.Loss(points, _kappa);
            var learned = Tensor.From(_task.Learned, [_task.Learned.Length], ElementType.Float32, _device);
            var gradient = Gradient.Of(outerLoss, state.Raw) * learned;
            metaNorm = Norm([gradient]);
            (var moved, meta) = _task.MetaOptimiser.Update(state.Raw, gradient, state.Meta);
            raw = _task.Allowed(moved);
        }

        var (returns, next) = Returns(kept.Rollout, state.Returns);
        var ended = 1 - kept.Rollout.Live;
        var terms = problem.Terms(state.Parameters, kept.Rollout);
        var values = _task.Values(state.Raw);
        Tensor[] metrics =
        [
            ended.Sum(),
            (returns * ended).Sum(),
            Tensor.Where(ended, returns, Tensor.Full(-1, [], ElementType.Float32, _device)).Max(),
            values[0], values[1], values[2], values[3],
            terms.Actor, terms.Critic, terms.Entropy, kept.Update.Loss, outerLoss, Norm(kept.Update.Gradients), metaNorm,
        ];
        var after = new SnakeState(raw, meta, kept.Parameters, kept.State, kept.SamplingState, next);
        return (Tensor.Stack(0, metrics), after);
    }

    // Sums of rewards of the episodes under way after each step, [T, n], and what is left of them after the last.
    private static (Tensor Returns, Tensor Next) Returns(Experience rollout, Tensor before)
    {
        var live = Tensor.Concatenate(0, Tensor.Ones(before.Shape, before.Type, before.Device).Unsqueeze(0), rollout.Live);
        var returns = Tensor.ForwardScan(live, Tensor.Concatenate(0, before.Unsqueeze(0), rollout.Rewards))[1..];
        return (returns, returns[-1] * rollout.Live[-1]);
    }

    private static Tensor Norm(IEnumerable<Tensor> tensors) => tensors.Select(x => x.Square().Sum()).Aggregate((a, b) => a + b).Sqrt();
}
