namespace Engine.Core.Nn;

/// <summary>A layer x w + b. Weights may have leading axes, for a batch of networks with their own weights.</summary>
public static class Linear
{
    /// <summary>Applies the layer.</summary>
    /// <param name="x">[..., rows, fan in].</param>
    /// <param name="weight">[..., fan in, fan out].</param>
    /// <param name="bias">[..., 1, fan out].</param>
    /// <returns>[..., rows, fan out].</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias) => x.MatMul(weight, bias: bias);
}
