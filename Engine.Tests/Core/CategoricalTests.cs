using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public class CategoricalTests
{
    [Fact]
    public void ChoicesComeWithTheProbabilitiesOfTheSoftmax()
    {
        using var scope = new TensorScope();
        const int Rows = 40_000;
        double[] logits = [0.5, -1, 2, 0, -3];
        double total = logits.Sum(Math.Exp);
        var streams = Tensor.From([.. Enumerable.Range(0, Rows).SelectMany(row => (int[])[7, 1, row])], [Rows, 3]);
        var rows = Tensor.From(logits, [1, logits.Length]).Cast(ElementType.Float32).BroadcastTo([Rows, logits.Length]);
        int[] choices = Categorical.Sample(streams, rows).ToArray<int>();

        // Pearson's chi-square with 4 degrees of freedom exceeds 23.5 once in ten thousand.
        double square = Enumerable.Range(0, logits.Length).Sum(choice =>
        {
            double expected = Rows * Math.Exp(logits[choice]) / total;
            double difference = choices.Count(drawn => drawn == choice) - expected;
            return difference * difference / expected;
        });
        Assert.InRange(square, 0, 23.5);
    }

    [Fact]
    public void TheSameStreamGivesTheSameChoiceWhateverTheBatch()
    {
        using var scope = new TensorScope();
        var streams = Tensor.From([1, 2, 3, 1, 2, 4, 1, 2, 5], [3, 3]);
        var logits = Tensor.From([0.1f, 0.2f, 0.3f, 0.4f, 0f, 0f, 0f, 0f, 1f, -1f, 1f, -1f], [3, 4]);
        int[] together = Categorical.Sample(streams, logits, step: 9).ToArray<int>();
        for (int row = 0; row < 3; row++)
            Assert.Equal(together[row], Categorical.Sample(streams[row..(row + 1)], logits[row..(row + 1)], step: 9).ToArray<int>()[0]);
    }
}
