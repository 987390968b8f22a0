using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.Bench.Workloads;

/// <summary>
/// A network and trajectories as they might be early in training on Snake, all from one seed: observations with a tenth of ones, uniform
/// actions, a reward in every tenth step, an episode's end in every fiftieth.
/// </summary>
internal sealed class SnakeInputs(Device device) : IDisposable
{
    /// <summary>Steps of a trajectory.</summary>
    public const int Steps = 20;

    /// <summary>Games that are played side by side.</summary>
    public const int Games = 32;

    /// <summary>Rows and columns of an observation.</summary>
    public const int Side = 12;

    /// <summary>Planes of an observation.</summary>
    public const int Planes = 5;

    private static readonly Shape s_observation = [Side, Side, Planes];

    private readonly Random _random = new(0);
    private readonly List<Tensor> _made = [];

    /// <summary>The shapes of the network's weights, layer by layer.</summary>
    public static IReadOnlyList<Shape> WeightShapes
    {
        get
        {
            using var device = Device.Open("cpu", 1);
            using var scope = new TensorScope();
            var network = ActorCritic.Initial(Key.Of(0, device), s_observation, 4);
            return [.. Tree.Leaves(network).Select(x => x.Shape).Where(shape => shape.Rank > 1)];
        }
    }

    /// <summary>A network with normal weights and biases of zero.</summary>
    public ActorCritic Network()
    {
        using var scope = new TensorScope();

        // Inputs of a convolution, outputs of a dense layer.
        return Tree.Map(
            ActorCritic.Initial(Key.Of(0, device), s_observation, 4),
            x => Normal(x.Shape, x.Rank == 1 ? 0 : 0.5 * Math.Sqrt(2.0 / (x.Rank == 4 ? x.Count / x.Shape[-1] : x.Shape[-1]))));
    }

    /// <summary>Standard normal tensors, one like each of a tree.</summary>
    public T Like<T>(T tree) => Tree.Map(tree, x => Normal(x.Shape, 1));

    /// <summary>Observations, [n, rows, columns, planes].</summary>
    public Tensor Observations(int count) => Ones([count, .. s_observation], 0.1);

    /// <summary>Trajectories of all games.</summary>
    public Trajectory[] Trajectories(int count) => [.. Enumerable.Range(0, count).Select(_ => Trajectory())];

    /// <summary>Numbers.</summary>
    public Tensor Vector(params float[] numbers) => Made(numbers, [numbers.Length]);

    public void Dispose()
    {
        foreach (var tensor in _made)
            tensor.Dispose();
    }

    private Trajectory Trajectory()
    {
        Shape steps = [Games, Steps];
        var observations = Ones([Games, Steps + 1, .. s_observation], 0.1);
        var actions = Fill(steps, () => _random.Next(4));
        Tensor rewards = Ones(steps, 0.1), terminated = Ones(steps, 0.02), truncated = Ones(steps, 0);
        return new Trajectory(observations, observations, actions, rewards, terminated, truncated);
    }

    private Tensor Ones(Shape shape, double probability) => Fill(shape, () => _random.NextDouble() < probability ? 1f : 0f);

    // After Box and Muller.
    private Tensor Normal(Shape shape, double deviation) => Fill(
        shape,
        () => (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble())));

    private Tensor Fill<T>(Shape shape, Func<T> draw)
        where T : unmanaged
        => Made([.. Enumerable.Range(0, shape.ElementCount).Select(_ => draw())], shape);

    private Tensor Made<T>(T[] values, Shape shape)
        where T : unmanaged
    {
        var tensor = Tree.Keep(Tensor.From(values, shape, device));
        _made.Add(tensor);
        return tensor;
    }
}
