using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>What lies between the layers of a network.</summary>
public enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
}

/// <summary>A multilayer perceptron: a function of its input and its parameters, for one network or a batch of them.</summary>
/// <param name="Sizes">Units of each layer, the input first: two layers or more, of one unit or more.</param>
/// <param name="Activation">What follows each layer but the last.</param>
public sealed record Mlp(IntegerList Sizes, Activation Activation = Activation.Relu)
{
    /// <summary>Units of each layer, the input first.</summary>
    public IntegerList Sizes { get; init => field = Layers(value); } = Layers(Sizes);

    /// <summary>What follows each layer but the last.</summary>
    public Activation Activation { get; init => field = Known(value); } = Known(Activation);

    /// <summary>First parameters: weights drawn from a truncated normal, biases zero.</summary>
    /// <param name="key">What to draw from; several keys, [networks], for a batch of networks.</param>
    /// <param name="type">The element type.</param>
    /// <returns>Weights [axes of the keys, fan in, fan out] and biases [axes of the keys, 1, fan out], layer by layer.</returns>
    public Parameters Initialise(Key key, ElementType type = ElementType.Float32)
    {
        var names = new List<string>();
        var tensors = new List<Tensor>();
        for (int layer = 0; layer + 1 < Sizes.Count; layer++)
        {
            names.AddRange([$"layer{layer}.weight", $"layer{layer}.bias"]);
            tensors.Add(Initialisers.TruncatedNormal(key.Fold(layer), [Sizes[layer], Sizes[layer + 1]], type));
            tensors.Add(Tensor.Zeros([.. key.Shape, 1, Sizes[layer + 1]], type, key.Device));
        }

        return new Parameters(names, tensors);
    }

    /// <summary>
    /// Parameters as one vector, [..., count], with the axes of a batch of networks: an optimiser then has one tensor to update.
    /// </summary>
    /// <param name="parameters">As <see cref="Initialise"/> makes them.</param>
    public Tensor Flatten(IReadOnlyList<Tensor> parameters)
        => Tensor.Concatenate(-1, [.. parameters.Select(p => p.ReshapeTo([.. p.Shape.Sizes[..^2], p.Shape[-2] * p.Shape[-1]]))]);

    /// <summary>Weights and biases from vectors that <see cref="Flatten"/> made.</summary>
    /// <param name="flat">[..., count].</param>
    /// <exception cref="ArgumentException">These are not as many numbers as the network has.</exception>
    public Tensor[] Split(Tensor flat)
    {
        int count = Enumerable.Range(0, Sizes.Count - 1).Sum(layer => (Sizes[layer] + 1) * Sizes[layer + 1]);
        if (flat.Rank == 0 || flat.Shape[-1] != count)
            throw new ArgumentException($"Mlp {Sizes} has parameters [..., {count}], but {flat.Shape} were given.", nameof(flat));
        var tensors = new List<Tensor>();
        int start = 0;
        for (int layer = 0; layer + 1 < Sizes.Count; layer++)
        {
            foreach (int rows in (int[])[Sizes[layer], 1])
            {
                var part = flat.Narrow(-1, start, rows * Sizes[layer + 1]);
                tensors.Add(part.ReshapeTo([.. flat.Shape.Sizes[..^1], rows, Sizes[layer + 1]]));
                start += rows * Sizes[layer + 1];
            }
        }

        return [.. tensors];
    }

    /// <summary>Applies the network.</summary>
    /// <param name="parameters">Weights and biases, layer by layer.</param>
    /// <param name="x">[..., rows, inputs].</param>
    /// <returns>[..., rows, outputs].</returns>
    /// <exception cref="ArgumentException">These are not as many parameters as the network has, or shapes don't fit.</exception>
    public Tensor Apply(IReadOnlyList<Tensor> parameters, Tensor x)
    {
        if (parameters.Count != 2 * (Sizes.Count - 1))
        {
            throw new ArgumentException(
                $"Mlp {Sizes} has {2 * (Sizes.Count - 1)} parameters, but {parameters.Count} were given.", nameof(parameters));
        }

        Linear.RequireRows($"Mlp {Sizes}", x, Sizes[0]);
        for (int layer = 0; layer < parameters.Count / 2; layer++)
        {
            x = Linear.Apply(x, parameters[2 * layer], parameters[(2 * layer) + 1]);
            if (layer + 1 < parameters.Count / 2)
                x = Activation == Activation.Relu ? x.Relu() : x.Tanh();
        }

        return x;
    }

    private static IntegerList Layers(IntegerList sizes)
        => sizes.Count >= 2 && sizes.All(size => size >= 1)
            ? sizes
            : throw new ArgumentException($"Mlp: sizes are of two layers or more, each of one unit or more, not {sizes}.", nameof(sizes));

    private static Activation Known(Activation activation)
        => Enum.IsDefined(activation)
            ? activation
            : throw new ArgumentOutOfRangeException(nameof(activation), activation, $"Mlp: there is no activation {activation}.");
}
