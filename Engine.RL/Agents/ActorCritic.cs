using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;

namespace Engine.RL.Agents;

/// <summary>
/// The network of the paper's appendix C.3, for observations that are images: two blocks of a 3 x 3 convolution, ReLU and a 2 x 2
/// max-pool, a dense layer, and a head with one hidden layer each for the policy and the values.
/// </summary>
public sealed record ActorCritic : IActorCritic
{
    /// <summary>Rows and columns that an observation must have at least: fewer would leave nothing after two pools.</summary>
    public const int SmallestImage = 4;

    /// <summary>Describes a network.</summary>
    /// <param name="observation">The shape of an observation: [rows, columns, planes].</param>
    /// <param name="actions">The number of actions.</param>
    /// <param name="channels">Channels of each convolution.</param>
    /// <param name="units">Units of the dense layer that the heads share.</param>
    /// <param name="headUnits">Hidden units of a head.</param>
    /// <param name="outerValueHead">Whether there is a head for values with the discount of the outer loss.</param>
    /// <exception cref="ArgumentException">Observations are no images, or too small.</exception>
    public ActorCritic(
        Shape observation, int actions, int channels = 32, int units = 40, int headUnits = 30, bool outerValueHead = false)
    {
        if (observation.Rank != 3)
            throw new ArgumentException($"ActorCritic: observations {observation} are not [rows, columns, planes].", nameof(observation));
        if (observation[0] < SmallestImage || observation[1] < SmallestImage)
        {
            throw new ArgumentException(
                $"ActorCritic: images of {observation[0]}x{observation[1]} are too small for two 2 x 2 pools; the smallest are "
                + $"{SmallestImage}x{SmallestImage}.",
                nameof(observation));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(actions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(headUnits, 1);
        int features = observation[0] / 4 * (observation[1] / 4) * channels;
        Layer[] layers =
        [
            new("conv0", [3, 3, observation[2], channels]),
            new("conv1", [3, 3, channels, channels]),
            new("dense", [features, units]),
            .. Head("policy", actions),
            .. Head("value", 1),
        ];
        Layers = outerValueHead ? [.. layers, .. Head("outer", 1)] : layers;

        Layer[] Head(string name, int outputs) => [new(name + "0", [units, headUnits]), new(name + "1", [headUnits, outputs])];
    }

    /// <summary>The layers in the order of their parameters: each has a weight and a bias.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>The number of all parameters' elements.</summary>
    public int ParameterCount => ParameterShapes.Sum(parameter => parameter.Shape.ElementCount);

    /// <summary>Names and shapes of the parameters, in order.</summary>
    public IReadOnlyList<(string Name, Shape Shape)> ParameterShapes =>
    [
        .. Layers.SelectMany(
            layer => new (string, Shape)[] { (layer.Name + ".weight", layer.Weight), (layer.Name + ".bias", [layer.Weight[-1]]) }),
    ];

    /// <inheritdoc/>
    public Parameters Initialise(Key key, ElementType type = ElementType.Float32)
    {
        var tensors = new List<Tensor>();
        foreach (var (number, layer) in Layers.Index())
        {
            Shape rows = [layer.Weight.ElementCount / layer.Weight[-1], layer.Weight[-1]];
            tensors.Add(Initialisers.TruncatedNormal(key.Fold(number), rows, type).ReshapeTo(layer.Weight));
            tensors.Add(Tensor.Zeros([layer.Weight[-1]], type, key.Device));
        }

        return new Parameters([.. ParameterShapes.Select(parameter => parameter.Name)], tensors);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Observations or parameters are not those of this network.</exception>
    public ActorCriticOutput Apply(IReadOnlyList<Tensor> parameters, Tensor observations)
    {
        if (parameters.Count != 2 * Layers.Count)
        {
            throw new ArgumentException(
                $"ActorCritic: {parameters.Count} parameters were given; the network has {2 * Layers.Count}.", nameof(parameters));
        }

        var x = Conv2d.ReluPool(observations, parameters[0], parameters[1]);
        x = Conv2d.ReluPool(x, parameters[2], parameters[3]);
        x = Dense(x.Reshape(x.Shape[0], -1), 2).Relu();
        return new ActorCriticOutput(Head(3), Head(5).Reshape(-1), Layers.Count > 7 ? Head(7).Reshape(-1) : null);

        Tensor Head(int layer) => Dense(Dense(x, layer).Relu(), layer + 1);

        Tensor Dense(Tensor input, int layer) => Linear.Apply(input, parameters[2 * layer], parameters[(2 * layer) + 1].Unsqueeze(0));
    }

    /// <summary>A layer of the network.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Weight">The shape of its weight; the last axis is that of its bias too.</param>
    public sealed record Layer(string Name, Shape Weight);
}
