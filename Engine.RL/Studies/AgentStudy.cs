using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.RL.Studies;

/// <summary>An agent along its training.</summary>
public sealed class AgentStudy : Study
{
    private const string ChosenTensor = "chosen";

    private readonly AgentRun _run;
    private readonly IReadOnlyList<Func<ExperimentSnapshot>> _points;
    private readonly int[] _chosen;
    private readonly Device _device;
    private readonly Update _update;
    private Learner _learners;
    private int _iteration;

    /// <summary>Prepares the agent.</summary>
    /// <param name="run">The agent, as it was trained.</param>
    /// <param name="points">Snapshots along its training; each is loaded when its turn comes.</param>
    /// <param name="chosen">How many of them to look at, evenly chosen; all if there are fewer.</param>
    /// <param name="device">Where.</param>
    /// <exception cref="ArgumentException">It learns no meta-parameter.</exception>
    public AgentStudy(AgentRun run, IReadOnlyList<Func<ExperimentSnapshot>> points, int chosen, Device device)
    {
        (_run, _points, _device) = (run, points, device);
        _chosen = AgentTraining.PointUpdates(points.Count, Math.Min(chosen, points.Count));
        _update = new(run.Settings, MetaGradientMethod.Parse(run.Method), run.Settings.CreateEnvironment());
        RequireLearned(run);
        using var scope = new TensorScope();

        // Nothing that is studied looks back beyond the point.
        _learners = scope.Keep(OfOne(_update.Initial(run.Seed, device) with { Behind = null }));
    }

    /// <summary>Throws if an agent has no meta-gradients.</summary>
    /// <exception cref="ArgumentException">It learns no meta-parameter.</exception>
    internal static void RequireLearned(AgentRun run)
    {
        if (run.Settings.Learn.Count == 0)
            throw new ArgumentException($"Agent {run.Name} learns no meta-parameter: there are no meta-gradients to judge.");
    }

    /// <inheritdoc/>
    public override string Name => _run.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Parameters => [.. _update.MetaParameters.All.Select(parameter => parameter.Name)];

    /// <inheritdoc/>
    public override IReadOnlyList<int> Learned
        => [.. _update.MetaParameters.All.Index().Where(each => each.Item.IsLearned).Select(each => each.Index)];

    /// <inheritdoc/>
    public override IReadOnlyList<int> Considered => Learned;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Seeds => [_run.Seed];

    /// <inheritdoc/>
    public override int Points => _chosen.Length;

    /// <inheritdoc/>
    public override bool OuterLossIsObjective => false;

    /// <summary>The agent.</summary>
    internal Learner Agent => Tree.Map(_learners, x => x[0]);

    /// <inheritdoc/>
    public override int Iteration => _iteration;

    /// <inheritdoc/>
    public override void GoTo(int point, Action pause)
    {
        pause();
        var snapshot = _points[_chosen[point]]();
        using var scope = new TensorScope();
        var next = scope.Keep(OfOne(SafeTensors.Restored(snapshot.Tensors, Tree.Map(_learners, x => x[0]))));
        Tree.Dispose(_learners);
        (_learners, _iteration) = (next, snapshot.Iteration);
    }

    /// <inheritdoc/>
    public override Key Keys(int first, int replicates)
    {
        using var scope = new TensorScope();
        var keys = _update.Replicates(_run.Seed, _iteration, first, replicates, _device);
        return scope.Keep(keys.Reshape([1, .. keys.Shape]));
    }

    /// <inheritdoc/>
    public override Optimiser Optimiser => _update.Point(Agent).Problem(Agent.Eta).Optimiser;

    /// <inheritdoc/>
    public override StudyProgram<TRow, TOut> Prepare<TRow, TOut>(IPointFunction<TRow, TOut> function)
        => StudyProgram<TRow, TOut>.Of(
            BlockedProgram.Map<Learner, TRow, TOut>((learner, row) => function.At(_update.Point(learner), row), _device), () => _learners);

    /// <summary>Which points are looked at: the agent itself is in its own files.</summary>
    public override IReadOnlyDictionary<string, StoredTensor> Capture()
        => new Dictionary<string, StoredTensor> { [ChosenTensor] = StoredTensor.Of<int>([_chosen.Length], _chosen) };

    /// <inheritdoc/>
    public override void Restore(IReadOnlyDictionary<string, StoredTensor> tensors, int iteration)
    {
        if (!tensors.TryGetValue(ChosenTensor, out var chosen) || !chosen.Elements<int>().SequenceEqual(_chosen))
            throw new InvalidDataException($"Agent {_run.Name} has other points of training now than before: begin anew.");
        _iteration = iteration;
    }

    /// <inheritdoc/>
    protected override int First(ExperimentSnapshot start)
        => start.Part > 0 || start.Rows.Count == 0
            ? start.Part
            : throw new InvalidDataException("The checkpoint is of an earlier version, which counted in another way: begin anew.");

    /// <inheritdoc/>
    public override void Dispose() => Tree.Dispose(_learners);

    // A group of one agent.
    private static Learner OfOne(Learner agent) => Tree.Map(agent, x => x.Unsqueeze(0));
}
