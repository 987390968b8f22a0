using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>
/// Agents that learn with one method, or with several of one inner loop, and step by step together: a single one as a program of its own,
/// several as one program with a batch of agents.
/// </summary>
/// <example><code>
/// using var trainer = Trainer.Of(new Corridor(), new LearningSettings { Frames = 100_000 }, "3-mix", seed: 7);
/// while (trainer.Updates &lt; trainer.Settings.Updates)
///     Console.WriteLine(trainer.Step()[0].ReturnSum[0]);
/// </code></example>
public sealed class Trainer : IDisposable
{
    private readonly MetaGradientMethod[] _methods;
    private TensorLoop<Learner, ValueTuple, Tensor> _loop;
    private UpdateMetrics<int>? _sizes;

    /// <summary>Makes agents that have learned nothing.</summary>
    /// <param name="environment">The environment, see <see cref="AnyEnvironment"/>.</param>
    /// <param name="settings">How agents learn.</param>
    /// <param name="method">How meta-gradients are taken.</param>
    /// <param name="seeds">The seed of each agent.</param>
    /// <param name="device">Where; the processor if null.</param>
    /// <param name="network">Makes a network from a key; null for <see cref="ActorCritic"/>.</param>
    public Trainer(
        IEnvironment<object> environment,
        LearningSettings settings,
        MetaGradientMethod method,
        IReadOnlyList<int> seeds,
        Device? device = null,
        Func<Key, IActorCritic>? network = null)
        : this(environment, settings, [.. seeds.Select(seed => (method, seed))], device, network)
    {
    }

    /// <summary>Makes agents that have learned nothing, each with a method of its own.</summary>
    /// <param name="environment">The environment, see <see cref="AnyEnvironment"/>.</param>
    /// <param name="settings">How agents learn.</param>
    /// <param name="agents">The method and the seed of each agent.</param>
    /// <param name="device">Where; the processor if null.</param>
    /// <param name="network">Makes a network from a key; null for <see cref="ActorCritic"/>.</param>
    /// <exception cref="ArgumentException">
    /// Methods have different inner loops, see <see cref="MetaGradientMethod.Loop"/>, or a setting would have no effect with one.
    /// </exception>
    public Trainer(
        IEnvironment<object> environment,
        LearningSettings settings,
        IReadOnlyList<(MetaGradientMethod Method, int Seed)> agents,
        Device? device = null,
        Func<Key, IActorCritic>? network = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(agents.Count, 1);
        _methods = [.. agents.Select(agent => agent.Method)];
        foreach (var method in _methods)
            settings.RequireEffect(nameof(method), method.Name);
        if (_methods.DistinctBy(method => method.Loop).ToArray() is [var one, var other, ..])
            throw new ArgumentException($"Methods '{one}' and '{other}' have different inner loops: they are no batch.", nameof(agents));
        Settings = settings;
        Device = device ?? Device.Cpu;
        Update = new Update(settings, _methods[0], environment, network);
        using var scope = new TensorScope();
        _loop = From(Joined([.. agents.Select(agent => Update.Initial(agent.Seed, Device))]));
    }

    /// <summary>How agents learn.</summary>
    public LearningSettings Settings { get; }

    /// <summary>What is done in each step.</summary>
    public Update Update { get; }

    /// <summary>Where.</summary>
    public Device Device { get; }

    /// <summary>
    /// Whether updates are checked: they run as they are written, which is slower, and one in which NaN or infinity comes up stops with a
    /// <see cref="NotFiniteNumberException"/> that names the operation.
    /// </summary>
    public bool CheckFinite { get; init; }

    /// <summary>Updates made.</summary>
    public int Updates { get; private set; }

    /// <summary>Commands of an update, once it is replayed; 0 before.</summary>
    public int CommandCount => _loop.CommandCount;

    /// <summary>Bytes that an update works in, once it is replayed; 0 before.</summary>
    public long WorkingBytes => _loop.WorkingBytes;

    /// <summary>The agent, or several along a first axis of everything; it lasts until the next step.</summary>
    public Learner State => _loop.State;

    /// <summary>An agent that learns in an environment with any kind of state.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="settings">How it learns.</param>
    /// <param name="method">How meta-gradients are taken, see <see cref="MetaGradientMethod.Parse"/>.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="device">Where; the processor if null.</param>
    /// <param name="network">Makes a network from a key; null for <see cref="ActorCritic"/>.</param>
    public static Trainer Of<TState>(
        IEnvironment<TState> environment,
        LearningSettings settings,
        string method = "3-mix",
        int seed = 0,
        Device? device = null,
        Func<Key, IActorCritic>? network = null)
        where TState : notnull
        => new(AnyEnvironment.Of(environment), settings, MetaGradientMethod.Parse(method), [seed], device, network);

    /// <summary>The bytes that updates would work in; none is made.</summary>
    public long Plan() => _loop.Plan(default);

    /// <summary>One update of each agent.</summary>
    /// <returns>What was measured of each.</returns>
    /// <exception cref="NotFiniteNumberException">NaN or infinity came up, and that is checked.</exception>
    public UpdateMetrics<double[]>[] Step()
    {
        double[] metrics;
        try
        {
            using (new TensorScope(CheckFinite))
                metrics = _loop.Run(default).ToDoubles();
        }
        catch (NotFiniteNumberException e)
        {
            throw new NotFiniteNumberException(FormattableString.Invariant($"Update {Updates + 1}: {e.Message}"), e.OffendingNumber, e);
        }

        Updates++;
        int at = 0;
        return
        [
            .. _methods.Select(method =>
            {
                var measured = _sizes!.Map(size => metrics[at..(at += size)]);
                return method.Steps > 0 ? measured : measured with { OuterLoss = [double.NaN], MetaGradientNorm = [double.NaN] };
            }),
        ];
    }

    /// <summary>One of the agents; a copy, but for a single one.</summary>
    public Learner Agent(int agent) => _methods.Length == 1 ? State : Tree.Map(State, x => x[agent]);

    /// <summary>Copies an agent to the host.</summary>
    public OrderedDictionary<string, StoredTensor> Capture(int agent)
    {
        using var scope = new TensorScope();
        return SafeTensors.Stored(Agent(agent));
    }

    /// <summary>Goes on from captured agents.</summary>
    /// <param name="stored">Each agent.</param>
    /// <param name="updates">Updates that each of them has made.</param>
    /// <exception cref="ArgumentException">There are not as many as this trainer has.</exception>
    /// <exception cref="InvalidDataException">They are other agents, or have made another number of updates.</exception>
    public void Restore(IReadOnlyList<IReadOnlyDictionary<string, StoredTensor>> stored, int updates)
    {
        if (stored.Count != _methods.Length)
            throw new ArgumentException($"There are {_methods.Length} agents, but {stored.Count} to go on from.", nameof(stored));
        using var scope = new TensorScope();
        var old = _loop;
        Learner[] learners = [.. stored.Select((tensors, agent) => SafeTensors.Restored(tensors, Agent(agent)))];
        foreach (var learner in learners)
        {
            if (learner.Number.Item() is var made && made != updates)
                throw new InvalidDataException($"An agent has made {made} updates rather than {updates}.");
        }

        _loop = From(Joined(learners));
        old.Dispose();
        Updates = updates;
    }

    /// <inheritdoc/>
    public void Dispose() => _loop.Dispose();

    private TensorLoop<Learner, ValueTuple, Tensor> From(Learner start)
        => new(
            (learners, _) => _methods.Length == 1
                ? Step(learners)
                : Batch.Map(agent => Step(agent.Learner, agent.Weights), (Learner: learners, Weights: Weights())),
            start,
            Device);

    // For each point of the inner loop its weight for each agent, where these differ; else null, for what is the same is a constant.
    private Tensor[]? Weights()
    {
        if (_methods.Distinct().Count() == 1)
            return null;
        double[][] each = [.. _methods.Select(method => method.Weights(Settings.Kappa))];
        return
        [
            .. Enumerable.Range(0, _methods[0].Steps).Select(
                point => Tensor.From([.. each.Select(weights => weights[point])], [each.Length], ElementType.Float32, Device)),
        ];
    }

    // All that is measured in one vector: a GPU has one thing to copy.
    private (Learner Next, Tensor Metrics) Step(Learner learner, Tensor[]? weights = null)
    {
        var (next, metrics) = Update.Apply(learner, weights);
        _sizes = metrics.Map(x => x.Count);
        return (next, Tree.ToVector(metrics));
    }

    private static Learner Joined(Learner[] learners)
        => learners is [var one] ? one : Tree.Stack(learners);
}
