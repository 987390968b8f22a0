using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Nn;
using Engine.RL.Agents;

namespace Engine.Bench.Exporting;

/// <summary>A step of a network, in the terms of ONNX.</summary>
/// <param name="Kind">The operator: Conv, Relu, MaxPool, Flatten, Gemm or Tanh.</param>
/// <param name="Weight">Its weights as PyTorch lays them out: [out, in, rows, columns] of Conv, [out, in] of Gemm; else null.</param>
/// <param name="Bias">Its biases, [out]; else null.</param>
internal sealed record PortableStep(string Kind, StoredTensor? Weight = null, StoredTensor? Bias = null);

/// <summary>
/// A network as others know it: channels first, and sequences of steps that PyTorch's nn.Sequential numbers as they are numbered here.
/// </summary>
/// <param name="Observation">The shape of an observation: [rows, columns, planes] of an image.</param>
/// <param name="Trunk">From an observation, planes first if it is an image, to features.</param>
/// <param name="Heads">From features to what each head says: policy to logits, value, and outer_value if there is one.</param>
internal sealed record PortableNetwork(
    IReadOnlyList<int> Observation,
    IReadOnlyList<PortableStep> Trunk,
    IReadOnlyList<(string Name, IReadOnlyList<PortableStep> Steps)> Heads)
{
    /// <summary>Whether observations are images, which come planes last and go into the trunk planes first.</summary>
    public bool IsImage => Trunk[0].Kind == "Conv";

    /// <summary>The number of actions.</summary>
    public int Actions => Heads[0].Steps[^1].Bias!.Shape[0];

    /// <summary>The tensors by the names that PyTorch has for them, such as trunk.0.weight.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors
        => Heads.Prepend((Name: "trunk", Steps: Trunk))
            .SelectMany(part => part.Steps.Select((step, i) => (Name: FormattableString.Invariant($"{part.Name}.{i}"), Step: step)))
            .Where(entry => entry.Step.Weight is not null)
            .SelectMany(entry => new[] { ($"{entry.Name}.weight", entry.Step.Weight!), ($"{entry.Name}.bias", entry.Step.Bias!) })
            .ToDictionary();

    /// <summary>Takes a network over.</summary>
    public static PortableNetwork Of(ActorCritic network, Shape observation)
    {
        using var scope = new TensorScope();
        int[] shape = [.. observation.Sizes];
        PortableStep[] trunk = network.Trunk switch
        {
            ConvolutionalTrunk images => [
                Convolution(images.First), new("Relu"), new("MaxPool"),
                Convolution(images.Second), new("Relu"), new("MaxPool"),
                new("Flatten"), Dense(images.Dense, shape[0] / 4, shape[1] / 4), new("Relu")],
            MlpTrunk mlp => [new("Flatten"), .. mlp.Layers.SelectMany(layer => (PortableStep[])[Dense(layer), Named(mlp.Activation)])],
            var other => throw new NotSupportedException($"A trunk of type {other.GetType().Name} can't be exported."),
        };
        var heads = new List<(string Name, IReadOnlyList<PortableStep> Steps)>
        {
            ("policy", Head(network.Policy)), ("value", Head(network.Value)),
        };
        if (network.OuterValue is { } outer)
            heads.Add(("outer_value", Head(outer)));
        return new(shape, trunk, heads);
    }

    private static PortableStep[] Head(Mlp mlp)
        => [.. mlp.Layers.SelectMany((layer, i) => i == 0 ? [Dense(layer)] : (PortableStep[])[Named(mlp.Activation), Dense(layer)])];

    private static PortableStep Convolution(Conv2d layer) => new("Conv", Stored(layer.Weights.Permute(3, 2, 0, 1)), Stored(layer.Bias));

    // Behind an image of so many rows and columns, inputs come in the order of planes, rows and columns.
    private static PortableStep Dense(Linear layer, int rows = 1, int columns = 1)
    {
        int inputs = layer.Weights.Shape[0], outputs = layer.Weights.Shape[1];
        var weights = layer.Weights.Reshape(rows, columns, inputs / (rows * columns), outputs).Permute(3, 2, 0, 1).Reshape(outputs, inputs);
        return new("Gemm", Stored(weights), Stored(layer.Bias));
    }

    private static PortableStep Named(Activation activation) => new(activation == Activation.Relu ? "Relu" : "Tanh");

    private static StoredTensor Stored(Tensor tensor) => StoredTensor.Of<float>([.. tensor.Shape.Sizes], tensor.ToArray<float>());
}
