using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>What networks are commonly trained on. Shapes must be equal: one that broadcasts would hide a mistake.</summary>
public static class Losses
{
    /// <summary>The mean of squared differences.</summary>
    /// <param name="predictions">Any shape.</param>
    /// <param name="targets">The same shape.</param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor MeanSquaredError(Tensor predictions, Tensor targets)
        => predictions.Shape == targets.Shape
            ? (predictions - targets).Square().Mean()
            : throw Differ(nameof(MeanSquaredError), "predictions", predictions, "targets", targets);

    /// <summary>The mean negative log-probability of classes, softmax(logits) being their probabilities.</summary>
    /// <param name="logits">[..., classes].</param>
    /// <param name="labels">
    /// Int32 [...], from 0 to classes - 1: the classes; or [..., classes] of the logits' element type: probabilities of each.
    /// </param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit each other.</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels)
    {
        var logProbabilities = Categorical.LogProbabilities(logits);
        if (labels.Type == ElementType.Int32)
            return -Categorical.LogProbability(logProbabilities, labels).Mean();
        return labels.Shape == logits.Shape
            ? -(labels * Tensor.Where(labels == 0, 0, logProbabilities)).Sum(-1).Mean()
            : throw Differ(nameof(CrossEntropy), "logits", logits, "probabilities", labels, ", or Cast classes to Int32");
    }

    private static ArgumentException Differ(string loss, string left, Tensor a, string right, Tensor b, string or = "")
        => new($"{loss}: {left} {a.Shape} and {right} {b.Shape} must have one shape: use Reshape or Unsqueeze{or}.");
}
