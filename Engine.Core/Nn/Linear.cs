namespace Engine.Core.Nn;

/// <summary>A layer x w + b. Weights may have leading axes, for a batch of networks with their own weights.</summary>
public static class Linear
{
    /// <summary>Applies the layer.</summary>
    /// <param name="x">[..., rows, fan in].</param>
    /// <param name="weight">[..., fan in, fan out].</param>
    /// <param name="bias">[..., 1, fan out].</param>
    /// <returns>[..., rows, fan out].</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias)
    {
        if (weight.Rank < 2)
            throw new ArgumentException($"Linear: weights are [..., fan in, fan out], not {weight.Shape}.", nameof(weight));
        RequireRows(nameof(Linear), x, weight.Shape[-2]);
        return x.MatMul(weight, bias: bias);
    }

    /// <summary>Fails where a layer's input is no rows of as many numbers as it takes, with a remedy.</summary>
    internal static void RequireRows(string layer, Tensor x, int width)
    {
        var shape = x.Shape;
        if (shape.Rank >= 2 && shape[-1] == width)
            return;
        string remedy = shape.Rank == 1 && shape[0] == width ? "x.Unsqueeze(0) makes one row of it"
            : shape.Rank > 2 && shape[0] > 0 && x.Count == (long)shape[0] * width ? $"x.Reshape({shape[0]}, {width}) makes a row of each"
            : shape.Rank >= 2 && shape[-2] == width ? "x.Transpose() exchanges its last two axes"
            : $"make the layer for {(shape.Rank == 0 ? 1 : shape[-1])} numbers a row, or give it others";
        throw new ArgumentException($"{layer}: inputs are [..., rows, {width}], not {shape}: {remedy}.", nameof(x));
    }
}
