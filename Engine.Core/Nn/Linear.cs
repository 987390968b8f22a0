using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>A layer x w + b.</summary>
/// <param name="Weights">[inputs, outputs].</param>
/// <param name="Bias">[outputs].</param>
public sealed record Linear(Tensor Weights, Tensor Bias)
{
    /// <summary>A first layer: weights drawn by <see cref="Initialisers.TruncatedNormal"/>, biases zero.</summary>
    /// <param name="key">What to draw from: one key. Several networks come of a <see cref="Batch.Map"/>.</param>
    /// <param name="inputs">Numbers that go in.</param>
    /// <param name="outputs">Numbers that come out.</param>
    /// <param name="type">The element type.</param>
    public static Linear Initial(Key key, int inputs, int outputs, ElementType type = ElementType.Float32)
        => new(Initialisers.TruncatedNormal(key, [inputs, outputs], type), Tensor.Zeros([outputs], type, key.Device));

    /// <summary>Applies the layer.</summary>
    /// <param name="x">[..., inputs].</param>
    /// <param name="activation">What follows it; null for nothing.</param>
    /// <returns>[..., outputs].</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public Tensor Apply(Tensor x, Activation? activation = null)
    {
        if (Weights.Rank != 2)
            throw new ArgumentException($"Linear: weights are [inputs, outputs], not {Weights.Shape}.");
        Require(nameof(Linear), x, Weights.Shape[0]);
        bool rectifies = activation == Activation.Relu;
        var (rows, product) = (x.Rank == 1 ? x.Unsqueeze(0) : x, new MatMul(Rectifies: rectifies));
        var y = rows.MatMul(Weights, product, Bias);
        y = x.Rank == 1 ? y.ReshapeTo([Weights.Shape[1]]) : y;
        return activation is { } other && !rectifies ? other.Apply(y) : y;
    }

    /// <summary>Fails where a layer's input has not as many numbers in its last axis as the layer takes, with a remedy.</summary>
    internal static void Require(string layer, Tensor x, int inputs)
    {
        var shape = x.Shape;
        if (shape.Rank >= 1 && shape[-1] == inputs)
            return;
        string remedy = shape.Rank > 2 && shape[0] > 0 && x.Count == (long)shape[0] * inputs
            ? $"x.Reshape({shape[0]}, {inputs}) makes a row of each"
            : shape.Rank >= 2 && shape[-2] == inputs ? "x.Transpose() exchanges its last two axes"
            : $"make the layer for {(shape.Rank == 0 ? 1 : shape[-1])} numbers, or give it others";
        throw new ArgumentException($"{layer}: inputs are [..., {inputs}], not {shape}: {remedy}.", nameof(x));
    }
}
