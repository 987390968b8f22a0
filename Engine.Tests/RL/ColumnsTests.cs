using Engine.RL;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class ColumnsTests
{
    [Fact]
    public void ColumnsAreThePropertiesInOrder()
    {
        Assert.Equal(["speed", "mean_return", "c_crit"], Columns<Some>.Names);
        Assert.Equal((0, 1, 2), (Columns<Some>.Of("speed"), Columns<Some>.Of("mean_return"), Columns<Some>.Of("c_crit")));
        Assert.Throws<InvalidOperationException>(() => Columns<Some>.Of("Speed"));
    }

    [Fact]
    public void RowsAndNumbersAreOfOneOrder()
    {
        Assert.Equal([1, 2, double.NaN], Columns<Some>.Values(new Some(1, 2, double.NaN)));
        Assert.Equal(new Some(4, 5, 6), Columns<Some>.Row([4, 5, 6]));
    }

    [Fact]
    public void TheColumnsOfTrainingAreThoseOfItsFiles()
    {
        string[] expected =
        [
            "frames", "episodes", "return_mean", "return_max", "gamma", "lambda", "c_crit", "c_entr", "learning_rate", "actor_loss",
            "critic_loss", "entropy", "inner_loss", "outer_loss", "grad_norm", "meta_grad_norm", "frames_per_second",
        ];
        Assert.Equal(expected, Columns<TrainingRow>.Names);
        double[] numbers = [.. Enumerable.Range(1, 17).Select(number => (double)number)];
        Assert.Equal(numbers, Columns<TrainingRow>.Values(Columns<TrainingRow>.Row(numbers)));
        Assert.Equal(9, Columns<TrainingRow>.Row(numbers).LearningRate);
    }

    private sealed record Some(double Speed, double MeanReturn, double CCrit)
    {
        // No parameter, and so no column.
        public double Twice => 2 * Speed;
    }
}
