using Engine.Core.Operations;

namespace Engine.Core.Nn;

/// <summary>The distribution of a choice among finitely many, given by logits, which are finite numbers.</summary>
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

    /// <summary>The logarithm of each choice's probability: the logarithm of the softmax.</summary>
    /// <param name="logits">[..., choices], with one choice or more.</param>
    /// <returns>[..., choices].</returns>
    /// <exception cref="ArgumentException">Logits are integers, or there is no choice.</exception>
    public static Tensor LogProbabilities(Tensor logits)
    {
        // Any constant may be subtracted; with the largest logit nothing overflows.
        var shifted = logits - new Max([Choices(logits)]).Apply(logits).StopGradient();
        return shifted - shifted.Exp().KeepSum(-1).Log();
    }

    /// <summary>The logarithm of the probability of choices made.</summary>
    /// <param name="logProbabilities">Those of all choices, [..., choices], see <see cref="LogProbabilities"/>.</param>
    /// <param name="choices">Int32 [...], from 0 to choices - 1; others give 0.</param>
    /// <returns>[...].</returns>
    /// <exception cref="ArgumentException">The choices are not integers, or of another shape.</exception>
    public static Tensor LogProbability(Tensor logProbabilities, Tensor choices)
    {
        int axis = Choices(logProbabilities);
        if (choices.Type != Kernels.ElementType.Int32 || choices.Shape != (Shape)logProbabilities.Shape.Sizes[..axis].ToArray())
        {
            throw new ArgumentException(
                $"LogProbability: choices among {logProbabilities.Shape} are Int32 of all axes but the last, "
                + $"got {choices.Type} {choices.Shape}.");
        }

        var (type, device) = (logProbabilities.Type, logProbabilities.Device);
        var chosen = Tensor.Equal(choices.Expand(-1).Cast(type), Tensor.Range(logProbabilities.Shape[axis], type, device));
        return Tensor.Where(chosen, logProbabilities, Tensor.Zeros([], type, device)).Sum(-1);
    }

    /// <summary>The entropy, from 0 for a certain choice to log(choices).</summary>
    /// <param name="logProbabilities">[..., choices], see <see cref="LogProbabilities"/>.</param>
    /// <returns>[...].</returns>
    public static Tensor Entropy(Tensor logProbabilities) => -(logProbabilities.Exp() * logProbabilities).Sum(Choices(logProbabilities));

    private static int Choices(Tensor logits)
        => logits.Rank > 0 && logits.Shape[-1] > 0
            ? logits.Rank - 1
            : throw new ArgumentException($"Categorical: {logits.Shape} has no last axis of choices.");
}
