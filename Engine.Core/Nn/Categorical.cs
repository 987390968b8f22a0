using Engine.Core.Operations;

namespace Engine.Core.Nn;

/// <summary>The distribution of a choice among finitely many, given by logits.</summary>
public static class Categorical
{
    /// <summary>
    /// Draws a choice for each row of logits, with probabilities softmax(logits): the largest of logits plus Gumbel numbers.
    /// </summary>
    /// <param name="streams">Int32 [rows, 3]: seed, iteration, replicate.</param>
    /// <param name="logits">[rows, ..., choices].</param>
    /// <param name="purpose">What is drawn, see <see cref="Purpose"/>.</param>
    /// <param name="step">A number within an iteration.</param>
    /// <returns>Int32 [rows, ...], from 0 to choices - 1. It has no derivative.</returns>
    public static Tensor Sample(Tensor streams, Tensor logits, uint purpose = Purpose.Action, int step = 0)
        => (logits + new DrawGumbel(purpose, step, logits.Shape, logits.Type).Apply(streams)).ArgMax(-1);
}
