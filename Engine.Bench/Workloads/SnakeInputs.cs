using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.Bench.Workloads;

/// <summary>
/// Parameters of the Snake network and trajectories as they might be seen early in training, all from one seed: observations with a
/// tenth of ones, uniform actions, a reward in every tenth step, an episode's end in every fiftieth.
/// </summary>
internal sealed class SnakeInputs(Device device) : IDisposable
{
    /// <summary>Steps of a trajectory.</summary>
    public const int Steps = 20;

    /// <summary>Environments that act side by side.</summary>
    public const int Environments = 32;

    /// <summary>Rows and columns of an observation.</summary>
    public const int Side = 12;

    /// <summary>Planes of an observation.</summary>
    public const int Planes = 5;

    private static readonly Shape s_observation = [Side, Side, Planes];

    private readonly Random _random = new(0);
    private readonly List<Tensor> _made = [];

    /// <summary>The network.</summary>
    public static ActorCritic Network { get; } = new(s_observation, 4);

    /// <summary>Normal weights and biases of zero.</summary>
    public Tensor[] Parameters() =>
    [
        .. Network.Layers.SelectMany(layer =>
        {
            // Inputs of a convolution, outputs of a dense layer.
            int fan = layer.Weight.Rank == 4 ? layer.Weight.ElementCount / layer.Weight[-1] : layer.Weight[-1];
            return (Tensor[])[Normal(layer.Weight, 0.5 * Math.Sqrt(2.0 / fan)), Normal([layer.Weight[-1]], 0)];
        }),
    ];

    /// <summary>Standard normal tensors, one like each of some others.</summary>
    public Tensor[] Like(Tensor[] tensors) => [.. tensors.Select(tensor => Normal(tensor.Shape, 1))];

    /// <summary>Observations, [n, rows, columns, planes].</summary>
    public Tensor Observations(int count) => Ones([count, .. s_observation], 0.1);

    /// <summary>Trajectories.</summary>
    public Experience[] Experiences(int count) => [.. Enumerable.Range(0, count).Select(_ => Experience())];

    /// <summary>Numbers.</summary>
    public Tensor Vector(params float[] numbers) => Made(numbers, [numbers.Length]);

    public void Dispose()
    {
        foreach (var tensor in _made)
            tensor.Dispose();
    }

    private Experience Experience()
    {
        Shape moments = [Steps, Environments];
        var observations = Ones([Steps + 1, Environments, .. s_observation], 0.1);
        var actions = Fill(moments, () => _random.Next(4));
        Tensor rewards = Ones(moments, 0.1), live = Ones(moments, 0.98);
        return new Experience(observations, observations, actions, rewards, live, live);
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
        var tensor = Tensor.From(values, shape, device);
        _made.Add(tensor);
        return tensor;
    }
}
