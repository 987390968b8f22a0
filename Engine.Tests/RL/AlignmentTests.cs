using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class AlignmentTests
{
    // Of two replicates each meets the other's oracle: (1, 0).(0, 1) and (0.6, 0.8).(2, 0), over the norm of the mean, (1, 0.5).
    [Fact]
    public void EachEstimateMeetsTheOracleOfTheOthers()
    {
        var (alignment, norm) = Alignment.Of([5, 0, 3, 4], [2, 0, 0, 1], 2, [0, 1]);
        Assert.Equal(Math.Sqrt(1.25), norm, 1e-12);
        Assert.Equal((0 + (0.6 * 2)) / 2 / norm, alignment.Value, 1e-7);

        // What each adds: (1, 0).(1, 0.5) + (0.8, 0.4).(2, 0) = 2.6 and (0.6, 0.8).(1, 0.5) + (0.8, 0.4).(0, 1) = 1.4, less what it adds to
        // the norm, of which the alignment is 0.6 / 1.25 parts: 0.48 (2, 0).(1, 0.5) = 0.96, and 0.48 (0, 1).(1, 0.5) = 0.24.
        Assert.Equal(0.48 / Math.Sqrt(2) / Math.Sqrt(2) / norm, alignment.Error, 1e-6);
    }

    [Fact]
    public void StepsAlongTheOracleAreWorthOne()
    {
        float[] oracle = [3, 4, 7, 3, 4, 7, 3, 4, 7];
        var (alignment, norm) = Alignment.Of([6, 8, 1, 0.3f, 0.4f, 9, 30, 40, 0], oracle, 3, [0, 1]);
        Assert.Equal(5, norm, 1e-6);
        Assert.Equal((1, 0), (Math.Round(alignment.Value, 6), Math.Round(alignment.Error, 6)));
        Assert.Equal(-1, Alignment.Of([-6, -8, 1, -3, -4, 9, -3, -4, 0], oracle, 3, [0, 1]).Alignment.Value, 1e-6);
    }

    // Consecutive ones are added up, and what is left over is left out.
    [Fact]
    public void MeansOfSeveralAreStepsToo()
    {
        float[] samples = [1, 2, 3, -1, 0, 5, 2, 2, 9, 9], oracle = [1, 0, 2, 2, 0, 1, 4, 1, 8, 8];
        var together = Alignment.Of(samples, oracle, 2, [0, 1], together: 2);
        var means = Alignment.Of([2, 0.5f, 1, 3.5f], [1.5f, 1, 2, 1], 2, [0, 1]);
        Assert.Equal(means.Alignment.Value, together.Alignment.Value, 1e-6);
        Assert.Equal(means.Alignment.Error, together.Alignment.Error, 1e-6);
        Assert.Equal(means.OracleNorm, together.OracleNorm, 1e-6);
    }

    // Its error is how much it varies from one set of replicates to the next.
    [Fact]
    public void TheErrorIsThatOfRepetitions()
    {
        var random = new Random(3);
        const int Sets = 400, Replicates = 40;
        double[] values = new double[Sets], errors = new double[Sets];
        for (int set = 0; set < Sets; set++)
        {
            float[] samples = new float[Replicates * 2], oracle = new float[Replicates * 2];
            for (int i = 0; i < samples.Length; i++)
            {
                double common = random.NextDouble() - 0.5;
                samples[i] = (float)(0.3 + common + random.NextDouble() - 0.5);
                oracle[i] = (float)(0.4 + common + random.NextDouble() - 0.5);
            }

            var alignment = Alignment.Of(samples, oracle, 2, [0, 1]).Alignment;
            (values[set], errors[set]) = (alignment.Value, alignment.Error);
        }

        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        Assert.InRange(errors.Average() / deviation, 0.8, 1.25);
    }

    // An estimate that always is the direction is worth one, however the oracle varies along it.
    [Fact]
    public void TheLengthOfTheOracleIsNoError()
    {
        var alignment = Alignment.Of([1, 0, 1, 0], [1, 0, 3, 0], 2, [0, 1]).Alignment;
        Assert.Equal((1, 0), (Math.Round(alignment.Value, 6), Math.Round(alignment.Error, 6)));
    }

    [Fact]
    public void WhatIsZeroLeadsNowhere()
    {
        Assert.Equal(0, Alignment.Of([0, 0, 0, 0], [1, 2, 3, 4], 2, [0, 1]).Alignment.Value);
        Assert.Equal((new(0, 0), 0), Alignment.Of([1, 2, 3, 4], [0, 0, 0, 0], 2, [0, 1]));
        Assert.True(double.IsNaN(Alignment.Of([float.NaN, 0, 1, 1], [1, 2, 3, 4], 2, [0, 1]).Alignment.Value));
    }

    [Theory]
    [InlineData(2, 2, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(4, 6, 1)]
    [InlineData(6, 6, 2)]
    public void WhatDoesNotFitIsRefused(int samples, int oracle, int together)
        => Assert.Throws<ArgumentException>(() => Alignment.Of(new float[samples], new float[oracle], 2, [0, 1], together));
}
