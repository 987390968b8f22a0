using Engine.RL.Meta;
using Engine.RL.Statistics;
using Xunit;

namespace Engine.Tests.RL;

public class EstimatorStatisticsTests
{
    [Fact]
    public void StatisticsOfKnownSamplesAreKnown()
    {
        // Components 0 and 2 have means 2 and -3 and deviations 1 and 2; the oracle's means are 1 and 1; component 1 is not asked for.
        float[] samples = [1, 9, -5, 2, 9, -3, 3, 9, -1];
        float[] oracle = [0, 9, 1, 1, 9, 1, 2, 9, 1];
        var statistics = EstimatorStatistics.Of(samples, oracle, 3, [0, 2]);
        Assert.Equal(2.5, statistics.Bias.Value, 1e-12);
        Assert.Equal(Math.Sqrt(17), statistics.BiasNorm.Value, 1e-12);
        Assert.Equal(1.5, statistics.Deviation.Value, 1e-12);
        Assert.Equal((2 + 1.5) / 2, statistics.SignalToNoise.Value, 1e-12);
        Assert.Equal(-1 / Math.Sqrt(13 * 2), statistics.Cosine.Value, 1e-12);

        // Component 0 of estimator and oracle vary together, so that their difference is certain; component 2 errs by 2 / sqrt(3).
        Assert.Equal(2 / Math.Sqrt(3) / 2, statistics.Bias.Error, 1e-12);
        Assert.Equal(2 / Math.Sqrt(3) * 4 / Math.Sqrt(17), statistics.BiasNorm.Error, 1e-12);
    }

    [Fact]
    public void AnEstimatorJudgedByItselfHasNoBias()
    {
        float[] samples = Draw(new Random(1), 50).Samples;
        var statistics = EstimatorStatistics.Of(samples, samples, 3, [0, 1, 2]);
        Assert.Equal(new Estimate(0, 0), statistics.Bias);
        Assert.Equal(new Estimate(0, 0), statistics.BiasNorm);
        Assert.Equal(1, statistics.Cosine.Value, 1e-12);
        Assert.Equal(0, statistics.Cosine.Error, 1e-12);
    }

    [Fact]
    public void SignsDoNotMatterButToTheCosine()
    {
        var (samples, oracle) = Draw(new Random(2), 50);
        int[] all = [0, 1, 2];
        var plain = EstimatorStatistics.Of(samples, oracle, 3, all);
        var negative = EstimatorStatistics.Of(Negated(samples), Negated(oracle), 3, all);
        Assert.Equal(plain, negative);
        var opposite = EstimatorStatistics.Of(samples, Negated(oracle), 3, all);
        Assert.Equal(-plain.Cosine.Value, opposite.Cosine.Value);
        Assert.Equal(plain.Cosine.Error, opposite.Cosine.Error, 1e-12);

        static float[] Negated(float[] values) => [.. values.Select(value => -value)];
    }

    [Fact]
    public void ComponentsThatNeverVaryGiveNumbers()
    {
        float[] zero = new float[8], constant = [2, -1, 2, -1, 2, -1, 2, -1], varied = [1, 0, 2, 0, 3, 0, 4, 0];
        var nothing = EstimatorStatistics.Of(zero, zero, 2, [0, 1]);
        foreach (var estimate in (Estimate[])[nothing.Bias, nothing.BiasNorm, nothing.Deviation, nothing.SignalToNoise, nothing.Cosine])
            Assert.Equal(new Estimate(0, 0), estimate);

        var certain = EstimatorStatistics.Of(constant, constant, 2, [0, 1]);
        Assert.Equal(new Estimate(0, 0), certain.Deviation);
        Assert.Equal(double.PositiveInfinity, certain.SignalToNoise.Value);
        Assert.Equal(1, certain.Cosine.Value, 1e-15);
        Assert.Equal(0, certain.Cosine.Error);

        // One component is always zero, as where a clipped meta-parameter has gone beyond its bound.
        var half = EstimatorStatistics.Of(varied, zero, 2, [0, 1]);
        Assert.Equal(2.5 / Math.Sqrt(5 / 3.0) / 2, half.SignalToNoise.Value, 1e-12);
        Assert.Equal(1.25, half.Bias.Value, 1e-12);
        Assert.Equal(new Estimate(0, 0), half.Cosine);
        Assert.True(half.SignalToNoise.Error > 0);
    }

    [Fact]
    public void SamplesThatDoNotFitAreRefused()
    {
        Assert.Throws<ArgumentException>(() => EstimatorStatistics.Of(new float[3], new float[3], 3, [0]));
        Assert.Throws<ArgumentException>(() => EstimatorStatistics.Of(new float[7], new float[7], 3, [0]));
        Assert.Throws<ArgumentException>(() => EstimatorStatistics.Of(new float[6], new float[9], 3, [0]));
    }

    // Many experiments with known truth: what a statistic reports as its error is how much it varies from one to the next.
    [Fact]
    public void StandardErrorsAreTheSpreadOfRepeatedExperiments()
    {
        var random = new Random(3);
        var runs = Enumerable.Range(0, 3000).Select(_ =>
        {
            var (samples, oracle) = Draw(random, 300);
            return EstimatorStatistics.Of(samples, oracle, 3, [0, 1, 2]);
        }).ToArray();
        var expected = new Dictionary<string, (Func<EstimatorStatistics, Estimate> Of, double Truth)>
        {
            ["bias"] = (run => run.Bias, (0.7 + 0.8 + 0.5) / 3),
            ["norm"] = (run => run.BiasNorm, Math.Sqrt(0.49 + 0.64 + 0.25)),
            ["deviation"] = (run => run.Deviation, (Math.Sqrt(1.25) + Math.Sqrt(2.25) + Math.Sqrt(0.5)) / 3),
            ["snr"] = (run => run.SignalToNoise, ((1 / Math.Sqrt(1.25)) + (0.5 / Math.Sqrt(2.25)) + (0.8 / Math.Sqrt(0.5))) / 3),
            ["cosine"] = (run => run.Cosine, (0.3 - 0.15 + 0.24) / Math.Sqrt(1.89 * (0.09 + 0.09 + 0.09))),
        };
        foreach (var (name, (of, truth)) in expected)
        {
            double[] values = [.. runs.Select(run => of(run).Value)];
            double spread = Estimate.Deviation(values), reported = runs.Average(run => of(run).Error);
            Assert.True(Math.Abs(spread - reported) < 0.05 * reported, $"{name}: spread {spread:G4}, reported {reported:G4}");
            Assert.True(Math.Abs(values.Average() - truth) < 0.2 * reported, $"{name}: {values.Average():G4}, but {truth:G4} is true");
            int within = runs.Count(run => Math.Abs(of(run).Value - truth) < 1.96 * of(run).Error);
            Assert.True(within is > 2800 and < 2900, $"{name}: the truth is within 1.96 errors in {within} of 3000 runs");
        }
    }

    [Fact]
    public void EstimatesHaveTheErrorOfTheMean()
    {
        Assert.Equal(new Estimate(2, 1 / Math.Sqrt(3)), Estimate.Of([1, 2, 3]));
        Assert.Equal(1, Estimate.Deviation([1, 2, 3]));
        Assert.Equal(4, Estimate.Of([4]).Value);
        Assert.True(double.IsNaN(Estimate.Of([4]).Error));
        Assert.True(double.IsNaN(Estimate.Deviation([4])));
    }

    [Fact]
    public void TwoStandardErrorsAreClear()
    {
        Assert.True(new Estimate(3, 0.9).IsClearlyAbove(1));
        Assert.False(new Estimate(3, 1.1).IsClearlyAbove(1));
        Assert.True(new Estimate(-3, 0.9).IsClearlyBelow(-1));
        Assert.False(new Estimate(-3, 1.1).IsClearlyBelow(-1));
        Assert.False(new Estimate(3, 0.1).IsClearlyBelow(1));
        Assert.Null(new Estimate(1.01, double.NaN).IsClearlyAbove(1));
        Assert.Null(new Estimate(double.PositiveInfinity, 1).IsClearlyAbove(1));
        Assert.False(new Estimate(1, 0).IsClearlyAbove(1));
        Assert.Null(new Estimate(double.NaN, double.NaN).IsClearlyAbove(1));
        Assert.Null(new Estimate(double.NaN, double.NaN).IsClearlyBelow(1));
    }

    [Fact]
    public void WhatIsNoNumberStaysNone()
    {
        float[] samples = [1, float.NaN, 2, 3], oracle = [1, 2, 3, 4];
        var found = EstimatorStatistics.Of(samples, oracle, 2, [0, 1]);
        Estimate[] all = [found.Bias, found.BiasNorm, found.Deviation, found.SignalToNoise, found.Cosine];
        Assert.All(all, estimate => Assert.Equal(new(double.NaN, double.NaN), estimate));
        Assert.Equal(0.5, EstimatorStatistics.Of(samples, oracle, 2, [0]).Bias.Value);
    }

    // Estimator and oracle share half of their noise, and components some.
    private static (float[] Samples, float[] Oracle) Draw(Random random, int replicates)
    {
        float[] samples = new float[3 * replicates], oracle = new float[3 * replicates];
        for (int r = 0; r < replicates; r++)
        {
            double common = Normal();
            double[] shared = [Normal(), Normal(), Normal()];
            double[] mean = [1, -0.5, 0.8], target = [0.3, 0.3, 0.3], own = [1, 1.5, 0.5];
            for (int c = 0; c < 3; c++)
            {
                double noise = c == 1 ? own[c] * shared[c] : (0.5 * common) + (own[c] * shared[c]);
                samples[(3 * r) + c] = (float)(mean[c] + noise);
                oracle[(3 * r) + c] = (float)(target[c] + (0.3 * shared[c]) + (0.3 * Normal()));
            }
        }

        return (samples, oracle);

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
