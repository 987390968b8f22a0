using Engine.Core.Operations;

namespace Engine.Core.Nn;

/// <summary>
/// The distribution of a choice among finitely many, given by logits: finite numbers, or minus infinity for choices that can't be made,
/// though not for all of a row.
/// </summary>
/// <remarks>
/// A choice that can't be made has the log-probability minus infinity, and adds nothing to an entropy or to any derivative. In a checking
/// scope (see <see cref="TensorScope"/>) infinities are errors: exclude choices by -1e30 there, which comes to the same.
/// </remarks>
public static class Categorical
{
    /// <summary>
    /// Draws a choice for each row of logits, with probabilities softmax(logits): the largest of logits plus Gumbel numbers, which draws
    /// probabilities down to some 1e-9 as often as it should.
    /// </summary>
    /// <remarks>
    /// Nothing can be drawn where all logits are minus infinity, where one is plus infinity, or NaN: the first choice comes of the first,
    /// and such a logit's choice of the others. A checking scope stops there.
    /// </remarks>
    /// <param name="key">What choices follow from; several keys, [rows], choose for a row each.</param>
    /// <param name="logits">[axes of the keys, ..., choices].</param>
    /// <returns>Int32 [axes of the keys, ...], from 0 to choices - 1. It has no derivative.</returns>
    /// <exception cref="ArgumentException">Logits don't begin with the axes of the keys, or there is no choice.</exception>
    /// <exception cref="NotFiniteNumberException">In a checking scope: a row has no distribution.</exception>
    public static Tensor Sample(Key key, Tensor logits)
    {
        Choices(logits);
        var keys = key.Shape;
        if (logits.Rank <= keys.Rank || (Shape)logits.Shape.Sizes[..keys.Rank].ToArray() != keys)
        {
            throw new ArgumentException(
                $"Categorical.Sample: logits for keys {keys} are [axes of the keys, ..., choices], got {logits.Shape}.", nameof(logits));
        }

        if (TensorScope.IsChecking)
            RequireDistributions(logits.OfAllMembers());

        // Many numbers are drawn faster in vectors, few in one command. They are the same.
        const int Few = 64;
        Shape drawn = logits.Shape.Sizes[keys.Rank..].ToArray();
        return drawn.ElementCount <= Few
            ? new SampleChoices().Apply(logits, key.Words)
            : (logits + new DrawGumbel(drawn, logits.Type).Apply(key.Words)).ArgMax(-1);
    }

    /// <summary>The logarithm of each choice's probability: the logarithm of the softmax.</summary>
    /// <param name="logits">[..., choices], with one choice or more.</param>
    /// <returns>[..., choices].</returns>
    /// <exception cref="ArgumentException">Logits are integers, or there is no choice.</exception>
    public static Tensor LogProbabilities(Tensor logits)
    {
        Choices(logits);
        return logits.LogSoftmax();
    }

    /// <summary>The logarithm of the probability of choices made.</summary>
    /// <param name="logProbabilities">Those of all choices, [..., choices], see <see cref="LogProbabilities"/>.</param>
    /// <param name="choices">Int32 [...], from 0 to choices - 1; others give 0, and are an error in a checking scope.</param>
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

        if (TensorScope.IsChecking)
            Indices.Require("LogProbability", choices.OfAllMembers(), logProbabilities.Shape[axis]);
        var (type, device) = (logProbabilities.Type, logProbabilities.Device);
        var chosen = Tensor.Equal(choices.Unsqueeze(-1).Cast(type), Tensor.Range(logProbabilities.Shape[axis], type, device));
        return Tensor.Where(chosen, logProbabilities, Tensor.Zeros([], type, device)).Sum(-1);
    }

    /// <summary>The entropy, from 0 for a certain choice to log(choices).</summary>
    /// <param name="logProbabilities">[..., choices], see <see cref="LogProbabilities"/>.</param>
    /// <returns>[...].</returns>
    public static Tensor Entropy(Tensor logProbabilities)
    {
        // p log(p) is 0 for p = 0, and so is p log(p) with 0 for the logarithm; derivatives don't pass either.
        int axis = Choices(logProbabilities);
        var zero = Tensor.Zeros([], logProbabilities.Type, logProbabilities.Device);
        var finite = Tensor.Where(Tensor.Equal(logProbabilities, double.NegativeInfinity), zero, logProbabilities);
        return -(finite.Exp() * finite).Sum(axis);
    }

    /// <summary>The divergence of Kullback and Leibler: the mean of log p - log q over choices that are drawn from p.</summary>
    /// <param name="logProbabilities">Of p, [..., choices].</param>
    /// <param name="others">Of q, of the same shape.</param>
    /// <returns>[...].</returns>
    /// <exception cref="ArgumentException">Shapes differ, or there is no axis of choices.</exception>
    public static Tensor KlDivergence(Tensor logProbabilities, Tensor others)
    {
        if (logProbabilities.Shape != others.Shape)
            throw new ArgumentException($"Categorical: distributions {logProbabilities.Shape} and {others.Shape} differ in shape.");

        // What has no probability counts nothing, however little the other gives it.
        var probabilities = logProbabilities.Exp();
        return (probabilities * Tensor.Where(probabilities, logProbabilities - others, 0)).Sum(Choices(logProbabilities));
    }

    private static void RequireDistributions(Tensor logits)
    {
        int choices = logits.Shape[Choices(logits)], row = 0;
        foreach (double[] some in logits.ToDoubles().Chunk(choices))
        {
            int at = Array.FindIndex(some, logit => double.IsNaN(logit) || double.IsPositiveInfinity(logit));
            if (at >= 0)
            {
                throw new NotFiniteNumberException(
                    $"Categorical.Sample: logit {at} in row {row} of {logits.Shape} is {some[at]}.", some[at]);
            }

            if (Array.TrueForAll(some, double.IsNegativeInfinity))
            {
                throw new NotFiniteNumberException(
                    $"Categorical.Sample: all logits in row {row} of {logits.Shape} are {some[0]}: there is nothing to choose.", some[0]);
            }

            row++;
        }
    }

    private static int Choices(Tensor logits)
        => logits.Rank > 0 && logits.Shape[-1] > 0
            ? logits.Rank - 1
            : throw new ArgumentException($"Categorical: {logits.Shape} has no last axis of choices.");
}
