using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;

namespace Engine.RL.Agents;

/// <summary>A trunk that turns an observation into features, and a head each for the policy and the values.</summary>
/// <param name="Trunk">From an observation to features.</param>
/// <param name="Policy">From features to logits.</param>
/// <param name="Value">From features to the value.</param>
/// <param name="OuterValue">From features to the value with the discount of the outer loss; null for none.</param>
public sealed record ActorCritic(ITrunk Trunk, Mlp Policy, Mlp Value, Mlp? OuterValue = null) : IActorCritic
{
    /// <summary>
    /// The network of the paper's appendix C.3 for images of 4 x 4 or more, with heads of 30 hidden units; for other observations two
    /// hidden layers of 64.
    /// </summary>
    /// <param name="key">What to draw from: one key.</param>
    /// <param name="observation">The shape of an observation.</param>
    /// <param name="actions">The number of actions.</param>
    /// <param name="outerValueHead">Whether there is a head for values with the discount of the outer loss.</param>
    /// <param name="width">How many times as many channels and units every hidden layer has.</param>
    /// <param name="type">The element type.</param>
    public static ActorCritic Initial(
        Key key,
        Shape observation,
        int actions,
        bool outerValueHead = false,
        int width = 1,
        ElementType type = ElementType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        bool isImage = ConvolutionalTrunk.Fits(observation);
        int channels = 32 * width, features = (isImage ? 40 : 64) * width;
        ITrunk trunk = isImage
            ? ConvolutionalTrunk.Initial(key.Fold(0), observation, channels, features, type)
            : MlpTrunk.Initial(key.Fold(0), [observation.ElementCount, features, features], type: type);
        int[] hidden = isImage ? [30 * width] : [];
        return Initial(key, trunk, features, hidden, actions, outerValueHead, type);
    }

    /// <summary>Heads on a trunk.</summary>
    /// <param name="key">What to draw from: one key, which the trunk may have drawn from folded with 0.</param>
    /// <param name="trunk">From an observation to features.</param>
    /// <param name="features">Their number.</param>
    /// <param name="hidden">Units of each hidden layer of a head.</param>
    /// <param name="actions">The number of actions.</param>
    /// <param name="outerValueHead">Whether there is a head for values with the discount of the outer loss.</param>
    /// <param name="type">The element type.</param>
    public static ActorCritic Initial(
        Key key,
        ITrunk trunk,
        int features,
        IntegerList hidden,
        int actions,
        bool outerValueHead = false,
        ElementType type = ElementType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(actions, 1);
        return new(trunk, Head(1, actions), Head(2, 1), outerValueHead ? Head(3, 1) : null);

        Mlp Head(int number, int outputs) => Mlp.Initial(key.Fold(number), [features, .. hidden, outputs], type: type);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The observation is not one of this network's.</exception>
    public ActorCriticOutput Apply(Tensor observation)
    {
        var features = Trunk.Apply(observation);
        return new(Policy.Apply(features), Value.Apply(features).Reshape(), OuterValue?.Apply(features).Reshape());
    }
}

/// <summary>The part of a network that its heads share: a record of its parameters.</summary>
public interface ITrunk
{
    /// <summary>The features of an observation, [features].</summary>
    Tensor Apply(Tensor observation);
}

/// <summary>For images: two blocks of a 3 x 3 convolution, ReLU and a 2 x 2 max-pool, and a dense layer with ReLU.</summary>
/// <param name="First">The first convolution.</param>
/// <param name="Second">The second convolution.</param>
/// <param name="Dense">The dense layer.</param>
public sealed record ConvolutionalTrunk(Conv2d First, Conv2d Second, Linear Dense) : ITrunk
{
    /// <summary>Rows and columns that an image must have at least: fewer would leave nothing after two pools.</summary>
    public const int SmallestImage = 4;

    /// <summary>Whether observations are images that are large enough.</summary>
    public static bool Fits(Shape observation)
        => observation.Rank == 3 && observation[0] >= SmallestImage && observation[1] >= SmallestImage;

    /// <summary>A first trunk.</summary>
    /// <param name="key">What to draw from: one key.</param>
    /// <param name="observation">[rows, columns, planes].</param>
    /// <param name="channels">Channels of each convolution.</param>
    /// <param name="features">Units of the dense layer.</param>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentException">Observations are no images, or too small.</exception>
    public static ConvolutionalTrunk Initial(
        Key key, Shape observation, int channels, int features, ElementType type = ElementType.Float32)
    {
        if (!Fits(observation))
        {
            throw new ArgumentException(
                $"ConvolutionalTrunk: observations are [rows, columns, planes], of {SmallestImage} x {SmallestImage} or more for two "
                + $"2 x 2 pools, not {observation}.",
                nameof(observation));
        }

        int pooled = observation[0] / 4 * (observation[1] / 4) * channels;
        return new(
            Conv2d.Initial(key.Fold(0), [3, 3, observation[2], channels], type: type),
            Conv2d.Initial(key.Fold(1), [3, 3, channels, channels], type: type),
            Linear.Initial(key.Fold(2), pooled, features, type));
    }

    /// <inheritdoc/>
    public Tensor Apply(Tensor observation) => Dense.Apply(Second.ReluPool(First.ReluPool(observation)).Reshape(-1), Activation.Relu);
}

/// <summary>For any observations: their numbers in a row, and dense layers with an activation after each.</summary>
/// <param name="Layers">The layers.</param>
/// <param name="Activation">What follows each.</param>
public sealed record MlpTrunk(Linear[] Layers, Activation Activation = Activation.Tanh) : ITrunk
{
    /// <summary>A first trunk.</summary>
    /// <param name="key">What to draw from: one key.</param>
    /// <param name="sizes">Numbers of an observation, and units of each layer.</param>
    /// <param name="activation">What follows each layer.</param>
    /// <param name="type">The element type.</param>
    public static MlpTrunk Initial(
        Key key, IntegerList sizes, Activation activation = Activation.Tanh, ElementType type = ElementType.Float32)
        => new(Mlp.Initial(key, sizes, activation, type).Layers, activation);

    /// <inheritdoc/>
    public Tensor Apply(Tensor observation)
        => Layers.Aggregate(observation.Reshape(-1), (x, layer) => layer.Apply(x, Activation));
}
