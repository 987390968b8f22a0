using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.Kernels.Memory;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>
/// Agents that learn with one method, one for each seed, and step by step together: a single one as a program of its own, several as one
/// program with a batch of agents.
/// </summary>
/// <example><code>
/// using var trainer = Trainer.Of(new Corridor(), new LearningSettings { Frames = 100_000 }, "3-mix", seed: 7);
/// while (trainer.Updates &lt; trainer.Settings.Updates)
///     Console.WriteLine(trainer.Step()[0].ReturnSum[0]);
/// </code></example>
public sealed class Trainer : IDisposable
{
    private readonly int _agents;
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
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds.Count, 1);
        Settings = settings;
        Device = device ?? Device.Cpu;
        Update = new Update(settings, method, environment, network);
        _agents = seeds.Count;
        using var scope = new TensorScope();
        _loop = From(Joined([.. seeds.Select(seed => Update.Initial(seed, Device))]));
    }

    /// <summary>How agents learn.</summary>
    public LearningSettings Settings { get; }

    /// <summary>What is done in each step.</summary>
    public Update Update { get; }

    /// <summary>Where.</summary>
    public Device Device { get; }

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

    /// <summary>What memory an update would take; none is made.</summary>
    public MemoryNeed Plan() => _loop.Plan(default);

    /// <summary>One update of each agent.</summary>
    /// <returns>What was measured of each.</returns>
    public UpdateMetrics<double[]>[] Step()
    {
        double[] metrics;
        using (new TensorScope())
            metrics = _loop.Run(default).ToDoubles();
        Updates++;
        int at = 0;
        return [.. Enumerable.Range(0, _agents).Select(_ => _sizes!.Map(size => metrics[at..(at += size)]))];
    }

    /// <summary>One of the agents; a copy, but for a single one.</summary>
    public Learner Agent(int agent) => _agents == 1 ? State : Tree.Map(State, x => x[agent]);

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
        if (stored.Count != _agents)
            throw new ArgumentException($"There are {_agents} agents, but {stored.Count} to go on from.", nameof(stored));
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
        => new((learners, _) => _agents == 1 ? Step(learners) : Batch.Map(Step, learners), start, Device);

    // All that is measured in one vector: a GPU has one thing to copy.
    private (Learner Next, Tensor Metrics) Step(Learner learner)
    {
        var (next, metrics) = Update.Apply(learner);
        _sizes = metrics.Map(x => x.Count);
        return (next, Tree.ToVector(metrics));
    }

    private static Learner Joined(Learner[] learners)
        => learners is [var one] ? one : Tree.Stack(learners);
}
