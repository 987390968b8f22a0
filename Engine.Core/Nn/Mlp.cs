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

/// <summary>A multilayer perceptron: a record of its layers, and so a tree of its parameters.</summary>
/// <param name="Layers">The layers, one or more.</param>
/// <param name="Activation">What follows each layer but the last.</param>
public sealed record Mlp(Linear[] Layers, Activation Activation = Activation.Relu)
{
    /// <summary>A first network, see <see cref="Linear.Initial"/>.</summary>
    /// <param name="key">What to draw from: one key. Several networks come of a <see cref="Batch.Map"/>.</param>
    /// <param name="sizes">Units of each layer, the input first: two layers or more, of one unit or more.</param>
    /// <param name="activation">What follows each layer but the last.</param>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentException">There are no such layers, or there is no such activation.</exception>
    public static Mlp Initial(
        Key key, IntegerList sizes, Activation activation = Activation.Relu, ElementType type = ElementType.Float32)
    {
        if (sizes.Count < 2 || sizes.Any(size => size < 1))
            throw new ArgumentException($"Mlp: sizes are of two layers or more, each of one unit or more, not {sizes}.", nameof(sizes));
        return new(
            [.. Enumerable.Range(0, sizes.Count - 1).Select(i => Linear.Initial(key.Fold(i), sizes[i], sizes[i + 1], type))], activation);
    }

    /// <summary>Applies the network.</summary>
    /// <param name="x">[..., inputs].</param>
    /// <returns>[..., outputs].</returns>
    /// <exception cref="ArgumentException">Shapes don't fit.</exception>
    public Tensor Apply(Tensor x)
    {
        for (int i = 0; i < Layers.Length; i++)
            x = Layers[i].Apply(x, i + 1 < Layers.Length ? Activation : null);
        return x;
    }
}

/// <summary>Activations as functions.</summary>
public static class Activations
{
    /// <summary>Applies an activation to each element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such activation.</exception>
    public static Tensor Apply(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => x.Relu(),
        Activation.Tanh => x.Tanh(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, $"There is no activation {activation}."),
    };
}
